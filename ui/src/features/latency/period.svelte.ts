import { ask } from '$lib/backend';
import { t } from '$lib/messages.svelte';
import { csv } from '$lib/csv';
import { before, bucketsFor, edges, type Range, type Shown, zoomed } from '$lib/ranges';
import { Loaded } from '$lib/state/loaded.svelte';
import type { LagSeries } from '$lib/wire';

export type Sight = 'band' | 'heat' | 'table';

const iso = (ms: number): string => new Date(ms).toISOString();
const lagOf = ([from, to]: readonly [number, number], spread: boolean): Promise<LagSeries> =>
  ask({ call: 'lag', from: iso(from), to: iso(to), buckets: bucketsFor(to - from), ...(spread ? { spread } : {}) });

/** The latency of all calendars in the time that a person chose, and of the time before it. */
export class LagPeriod {
  readonly lag = new Loaded<LagSeries>();
  readonly earlier = new Loaded<LagSeries>();
  sight = $state<Sight>('band');
  compared = $state(false);
  #chosen = $state.raw<Shown | null>(null);
  /** The range that a zoom came from. */
  #range = $state<Range | null>(null);

  shown(usual: Range): Shown {
    return this.#chosen ?? usual;
  }

  range(usual: Range): Range {
    return this.#range ?? usual;
  }

  show(shown: Shown): void {
    this.#chosen = shown;
    if (typeof shown === 'string') this.#range = shown;
  }

  /** A dragged time, or one step in or out around a place. */
  zoom(usual: Range, to: { from: number; to: number } | { at: number; by: 'in' | 'out' }): void {
    const now = Date.now();
    this.show('at' in to ? zoomed(edges(this.shown(usual), now), to.at, to.by, now) : to);
  }

  async load(shown: Shown): Promise<void> {
    const window = edges(shown, Date.now());
    const heat = this.sight === 'heat';
    const loads = [this.lag.load(() => lagOf(window, heat))];
    if (this.compared) loads.push(this.earlier.load(() => lagOf(before(window), false)));
    else this.earlier.clear();
    await Promise.all(loads);
  }
}

/** What the chart shows as a table for a spreadsheet. */
export function lagCsv(series: LagSeries): string {
  const head = [
    t('column.from'),
    t('fact.changes'),
    'p50 ms',
    'p95 ms',
    'p99 ms',
    t('column.google_leg'),
    t('column.pickup_leg'),
    t('column.apply_leg'),
    t('legend.renewals'),
  ];
  const whole = (ms: number | null | undefined): number | null => (ms == null ? null : Math.round(ms));
  return csv(
    head,
    series.start_s.map((start, i) => [
      iso(start * 1000),
      series.samples[i] ?? 0,
      whole(series.p50_ms[i]),
      whole(series.p95_ms[i]),
      whole(series.p99_ms[i]),
      whole(series.delivery_p50_ms[i]),
      whole(series.pickup_p50_ms[i]),
      whole(series.apply_p50_ms[i]),
      series.renewals[i],
    ]),
  );
}
