import { DAY, HOUR, MINUTE } from './format';
import { t } from './messages.svelte';

export type Range = '1h' | '6h' | '24h' | '7d' | '30d';

/** The ranges a chart offers, each with the buckets it is asked in. */
export const RANGES: Record<Range, { ms: number; buckets: number; bars: number }> = {
  '1h': { ms: HOUR, buckets: 60, bars: 60 },
  '6h': { ms: 6 * HOUR, buckets: 72, bars: 72 },
  '24h': { ms: DAY, buckets: 96, bars: 48 },
  '7d': { ms: 7 * DAY, buckets: 168, bars: 56 },
  '30d': { ms: 30 * DAY, buckets: 180, bars: 60 },
};

/** "24 h", "7 d", in the language's units. */
export function rangeLabel(range: Range): string {
  return range.endsWith('d') ? `${parseInt(range)} ${t('unit.day')}` : `${parseInt(range)} h`;
}

export const rangeOptions = (): { value: Range; label: string }[] =>
  (Object.keys(RANGES) as Range[]).map((value) => ({ value, label: rangeLabel(value) }));

/** The range after this one, and the first after the last. */
export function nextRange(range: Range): Range {
  const all = Object.keys(RANGES) as Range[];
  return all[(all.indexOf(range) + 1) % all.length] ?? range;
}

/** What a chart shows: the last so many hours, or a time that a person chose. */
export type Shown = Range | { from: number; to: number };

/** The edges of what is shown, in milliseconds since 1970. */
export function edges(shown: Shown, now: number): [number, number] {
  return typeof shown === 'string' ? [now - RANGES[shown].ms, now] : [shown.from, shown.to];
}

/** How many buckets a chart of so long a time is asked in: whole minutes, and no more than it has pixels for. */
export function bucketsFor(ms: number): number {
  const fits = Object.values(RANGES).find((one) => one.ms >= ms * 0.999);
  return fits && Math.abs(fits.ms - ms) < MINUTE ? fits.buckets : Math.min(180, Math.max(1, Math.floor(ms / MINUTE)));
}

/** The same time just before. */
export function before([from, to]: readonly [number, number]): [number, number] {
  return [from - (to - from), from];
}

/** The shortest time that a chart zooms into. */
export const SHORTEST_MS = 5 * MINUTE;

/** Half of what is shown around a place, or twice as much, never beyond now. */
export function zoomed([from, to]: readonly [number, number], at: number, by: 'in' | 'out', now: number): Shown {
  const length = Math.min(Math.max(SHORTEST_MS, (to - from) * (by === 'in' ? 0.5 : 2)), RANGES['30d'].ms);
  const start = Math.min(at - length / 2, now - length);
  return { from: start, to: start + length };
}

/** What a series request needs for a range that ends now. */
export function span(range: Range, now: number, buckets: number): { from: string; to: string; buckets: number } {
  return { from: new Date(now - RANGES[range].ms).toISOString(), to: new Date(now).toISOString(), buckets };
}

/** The range that shows most of a young link. */
export function rangeFor(age: number): Range {
  return age < 90 * MINUTE ? '1h' : age < 9 * HOUR ? '6h' : '24h';
}

/** How far back the coverage lanes look: enough for the link's life, 14 days at most. */
export function coverageWindow(age: number): number {
  for (const window of [HOUR, 6 * HOUR, DAY, 3 * DAY, 7 * DAY]) if (age <= window * 0.95) return window;
  return 14 * DAY;
}

/** "14 days", "6 hours". */
export function windowWords(ms: number): string {
  if (ms > DAY) return t('range.days', { n: ms / DAY });
  return ms > HOUR ? t('range.hours', { n: ms / HOUR }) : t('range.minutes', { n: ms / MINUTE });
}

/** "per 30 min", from a bucket's length in seconds. */
export function perBucket(bucketS: number): string {
  if (bucketS < 3600) return t('bucket.per_min', { n: Math.max(1, Math.round(bucketS / 60)) });
  const hours = bucketS / 3600;
  return hours < 1.5 ? t('bucket.per_hour') : t('bucket.per_hours', { n: Math.round(hours) });
}
