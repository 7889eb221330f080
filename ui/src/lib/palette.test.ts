import { afterEach, describe, expect, it } from 'vitest';
import { speech, t } from './messages.svelte';
import { type Entry, find, grouped, MOST_SHOWN, remembered } from './palette';

const entry = (id: string, group: string, title: string, part: Partial<Entry> = {}): Entry => ({
  id,
  group,
  title,
  act: () => undefined,
  ...part,
});
const entries = [
  entry('latency', 'Go to', 'Latency'),
  entry('link 1', 'Calendars', 'Elm Veterinary · surgery', { note: 'front@elm.example' }),
  entry('renew 1', 'Actions', 'Renew Elm Veterinary · surgery'),
  entry('dark', 'Actions', 'Dark theme', { words: 'appearance night' }),
];

afterEach(() => speech.use('en'));

describe('the palette', () => {
  it('lists the recent ones first while nothing is typed', () => {
    expect(find(entries, '', ['dark']).map((one) => one.id)).toEqual(['dark', 'latency', 'link 1', 'renew 1']);
  });
  it('finds by any words in any order, the best fit first', () => {
    expect(find(entries, 'surg elm', []).map((one) => one.id)).toEqual(['link 1', 'renew 1']);
    expect(find(entries, 'elm', []).map((one) => one.id)).toEqual(['link 1', 'renew 1']);
    expect(find(entries, 'renew elm', []).map((one) => one.id)).toEqual(['renew 1']);
    expect(find(entries, 'night', []).map((one) => one.id)).toEqual(['dark']);
    expect(find(entries, 'nobody', [])).toEqual([]);
  });
  it('prefers what was used before among equals', () => {
    expect(find(entries, 'a', ['dark', 'link 1'])[0]?.id).toBe('dark');
  });
  it('shows a bounded list of a big fleet', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => entry(`link ${i}`, 'Calendars', `Clinic ${i}`));
    expect(find(many, 'clinic', [])).toHaveLength(MOST_SHOWN);
    expect(find(many, '', [])).toHaveLength(6);
  });
  it('lists every screen while nothing is typed, in every language', async () => {
    for (const language of ['en', 'de', 'es', 'fr'] as const) {
      await speech.use(language);
      const screens = Array.from({ length: 11 }, (_, i) => entry(`go ${i}`, t('palette.go'), `Screen ${i}`));
      expect(find(screens, '', [])).toHaveLength(11);
    }
  });
  it('keeps neighbours of one group together', () => {
    expect(grouped(find(entries, '', [])).map((one) => [one.name, one.entries.length])).toEqual([
      ['Go to', 1],
      ['Calendars', 1],
      ['Actions', 2],
    ]);
  });
  it('remembers the last few, each once', () => {
    expect(remembered(['a', 'b', 'c', 'd', 'e'], 'c')).toEqual(['c', 'a', 'b', 'd', 'e']);
    expect(remembered(['a', 'b', 'c', 'd', 'e'], 'f')).toEqual(['f', 'a', 'b', 'c', 'd']);
  });
});
