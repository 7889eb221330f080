import { ask } from '$lib/backend';
import { MINUTE } from '$lib/format';
import { type Lines, linesSince } from '$lib/state/lines';
import { Loaded } from '$lib/state/loaded.svelte';
import type { CoverageSeries, DeliverySeries, LagSeries } from '$lib/wire';

/** What a receiver tells about a month. */
export interface MonthFound {
  /** Until when it tells: the month's end, or the moment it was asked. */
  to: number;
  coverage: CoverageSeries;
  delivery: DeliverySeries;
  lag: LagSeries;
  lines: Lines;
}

/** Reads everything a monthly report is made of. */
export class MonthRead {
  readonly found = new Loaded<MonthFound>();

  load(from: number, end: number): Promise<void> {
    const to = Math.max(Math.min(end, Date.now()), from + MINUTE);
    const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString(), buckets: 30 };
    return this.found.load(async () => {
      const [coverage, delivery, lag, lines] = await Promise.all([
        ask({ call: 'coverage', ...span, buckets: 1 }),
        ask({ call: 'delivery', ...span }),
        ask({ call: 'lag', ...span }),
        linesSince(from),
      ]);
      return { to, coverage, delivery, lag, lines };
    });
  }
}
