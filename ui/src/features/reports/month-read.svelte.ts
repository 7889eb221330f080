import { ask } from '$lib/backend';
import { MINUTE, millis } from '$lib/format';
import { type Lines, linesSince } from '$lib/state/lines';
import { Loaded } from '$lib/state/loaded.svelte';
import type { CoverageSeries, CoverageSpan, DeliverySeries, LagSeries } from '$lib/wire';

/** What a receiver tells about a month. */
export interface MonthFound {
  /** Until when it tells: the month's end, or the moment it was asked, or when it last answered. */
  to: number;
  coverage: CoverageSeries;
  delivery: DeliverySeries;
  lag: LagSeries;
  lines: Lines;
}

/** The end of the newest span: one that still went on was closed when it was told. */
const watchedUntil = (spans: readonly CoverageSpan[]): number =>
  spans.length === 0 ? Infinity : Math.max(...spans.map((span) => millis(span.until_at) ?? Infinity));

/** Reads everything a monthly report is made of. */
export class MonthRead {
  readonly found = new Loaded<MonthFound>();

  /** `silent`: what is told now is what was told before. */
  load(from: number, end: number, silent: boolean): Promise<void> {
    const to = Math.max(Math.min(end, Date.now()), from + MINUTE);
    const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), buckets: 30 };
    return this.found.load(async () => {
      const [coverage, delivery, lag, lines] = await Promise.all([
        ask({ call: 'coverage', ...span, buckets: 1 }),
        ask({ call: 'delivery', ...span }),
        ask({ call: 'lag', ...span }),
        linesSince(from),
      ]);
      const known = silent ? Math.min(to, watchedUntil(coverage.spans)) : to;
      return { to: known, coverage, delivery, lag, lines };
    });
  }
}
