import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { spanCause } from './causes';
import { speech, t } from './messages.svelte';

/** The words that the engine gives a calendar without push, and a gap. */
function written(): string[] {
  const source = readFileSync(new URL('../../../crates/engine/src/link/watch.rs', import.meta.url), 'utf8');
  const constants = [...source.matchAll(/const [A-Z_]+: &str = "([a-z_]+)"/g)];
  const without = source.slice(source.indexOf('fn without_push'), source.indexOf('fn ran_out'));
  return [...constants, ...without.matchAll(/"([a-z_]+)"/g)].map(([, word]) => word ?? '');
}

afterEach(() => speech.use('en'));

describe('the cause of a gap or of polling', () => {
  it('has words in each language, whatever the engine calls it', async () => {
    const codes = written();
    expect(codes).toEqual(expect.arrayContaining(['grant_lost', 'opening', 'receiver_asleep', 'watch_refused']));
    const said: Record<string, Set<string>> = {};
    for (const language of ['en', 'de', 'es', 'fr'] as const) {
      await speech.use(language);
      for (const code of codes) {
        expect(spanCause(code)).not.toBe(t('told.cause.said', { word: code }));
        (said[code] ??= new Set()).add(spanCause(code));
      }
    }
    for (const code of codes) expect(said[code]?.size, code).toBe(4);
  });

  it('is Google’s own word where it is one', () => {
    expect(spanCause('rateLimitExceeded')).toBe('rate limit');
    expect(spanCause('somethingNew')).toBe('Google said somethingNew');
  });
});
