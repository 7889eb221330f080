import { clockTime, dayTime, latency } from './format';
import { t } from './messages.svelte';
import type { LagSeries } from './wire';

/** Runs of neighbouring indices where both columns have a value; a gap ends a run. */
export function runs(a: readonly (number | null)[], b: readonly (number | null)[]): [number, number][] {
  const found: [number, number][] = [];
  let from = -1;
  for (let i = 0; i <= a.length; i += 1) {
    const there = i < a.length && a[i] !== null && a[i] !== undefined && b[i] !== null && b[i] !== undefined;
    if (there && from < 0) from = i;
    if (!there && from >= 0) {
      found.push([from, i - 1]);
      from = -1;
    }
  }
  return found;
}

/** Until when at least a series knows: its newest bucket had begun when it was told. */
export function knownUntil(series: { start_s: readonly number[] } | null): number | null {
  const newest = series?.start_s.at(-1);
  return newest === undefined ? null : newest * 1000;
}

/** A round number at or above the value: 1, 2, 5 times a power of ten. */
export function niceCeiling(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 2, 3, 4, 5, 6, 8, 10]) if (step * power >= value) return step * power;
  return 10 * power;
}

/** Share of changes that were announced, per bucket; null where nothing changed. */
export function deliveryRates(changes: readonly number[], missed: readonly number[]): (number | null)[] {
  return changes.map((n, i) => (n > 0 ? 1 - Math.min(1, (missed[i] ?? 0) / n) : null));
}

/** The middle of the known values; null when there is none. */
export function median(values: readonly (number | null)[]): number | null {
  const known = values.filter((v): v is number => v !== null).sort((a, b) => a - b);
  return known.length === 0 ? null : (known[Math.floor((known.length - 1) / 2)] ?? null);
}

/** The sum of all buckets. */
export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Fewer samples say nothing of a p99. */
export const P99_FROM = 20;

/** Whether a channel was renewed within the range; never so from an older receiver. */
export const hasRenewals = (series: LagSeries): boolean => series.renewals.some((n) => n > 0);

/** One bucket of a chart in a sentence, for those who read it point by point. */
export function bucketWords(series: LagSeries, index: number, earlier: LagSeries | null = null): string {
  const start = series.start_s[index];
  if (start === undefined) return '';
  const when = series.bucket_s >= 3600 ? dayTime(start * 1000) : clockTime(start * 1000);
  const n = series.samples[index] ?? 0;
  const p50 = series.p50_ms[index];
  const renewed = series.renewals[index] ?? 0;
  const renewals = renewed > 0 ? `, ${t('away.renewals', { n: renewed })}` : '';
  if (n === 0) return t('bucket.none', { when, renewals });
  const p99 = n >= P99_FROM ? `, p99 ${latency(series.p99_ms[index])}` : '';
  const then = earlier?.p50_ms[index];
  const past = then == null ? '' : t('bucket.past', { latency: latency(then) });
  const p95 = latency(series.p95_ms[index]);
  return t('bucket.told', { when, p50: latency(p50), p95, p99, changes: t('n.changes', { n }), renewals, past });
}

/** What a whole range came to; from an older receiver the middle of its buckets, which is less exact. */
export function wholeOf(series: LagSeries): {
  samples: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  delivery: number | null;
  pickup: number | null;
  apply: number | null;
} {
  const { whole } = series;
  if (whole.samples > 0)
    return {
      samples: whole.samples,
      p50: whole.p50_ms,
      p95: whole.p95_ms,
      p99: whole.p99_ms,
      delivery: whole.delivery_p50_ms,
      pickup: whole.pickup_p50_ms,
      apply: whole.apply_p50_ms,
    };
  return {
    samples: total(series.samples),
    p50: median(series.p50_ms),
    p95: null,
    p99: null,
    delivery: median(series.delivery_p50_ms),
    pickup: median(series.pickup_p50_ms),
    apply: median(series.apply_p50_ms),
  };
}
