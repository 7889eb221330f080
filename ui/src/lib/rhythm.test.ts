import { expect, test } from 'vitest';
import { rhythmWords } from './sentence';
import { MINUTE } from './format';

const TUESDAY = Date.parse('2026-02-10T09:30:00Z');
const rhythm = {
  last_change_at: new Date(TUESDAY - 120 * MINUTE).toISOString(),
  usual_gap_ms: 25 * MINUTE,
  samples: 40,
  silence: 'unusual' as const,
};

test('says what is usual on the clinic’s clock', () => {
  const words = rhythmWords({ ...rhythm, silence: 'usual' }, TUESDAY, 'Europe/London');
  expect(words).toMatch(/^Last change 2 h.* ago; this calendar usually has one every 25 min on a Tuesday morning\.$/);
  expect(rhythmWords(rhythm, TUESDAY, 'Pacific/Auckland')).toContain('Tuesday evening');
});

test('says what to do about an unusual silence, and nothing while little is known', () => {
  expect(rhythmWords(rhythm, TUESDAY, 'Europe/London')).toContain('Test delivery');
  expect(rhythmWords({ ...rhythm, silence: 'unknown' }, TUESDAY, 'Europe/London')).toBe('');
  expect(rhythmWords(null, TUESDAY, 'Europe/London')).toBe('');
  const never = rhythmWords({ ...rhythm, usual_gap_ms: null, silence: 'usual' }, TUESDAY, 'Europe/London');
  expect(never).toContain('hardly any on a Tuesday morning');
});
