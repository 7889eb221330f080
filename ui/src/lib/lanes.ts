import type { CoverageSpan, Watching } from '$lib/wire';
import { millis } from './format';

/** One bar as drawn: cut to the window, on one of two lanes so that generations can overlap. */
export interface Lane {
  watching: Exclude<Watching, 'overlap'>;
  generation: number | null;
  cause: string | null;
  from: number;
  until: number;
  /** It still lasts. */
  open: boolean;
  lane: 0 | 1;
}

const other = (lane: 0 | 1): 0 | 1 => (lane === 0 ? 1 : 0);

/** Bars of the spans: each generation is one, so that an overlap is a time in which two of them run beside each other. */
export function lanesOf(spans: readonly CoverageSpan[], from: number, to: number): Lane[] {
  const bars: Lane[] = [];
  let charge: Lane | null = null;
  const inOrder = [...spans].sort((a, b) => (millis(a.from_at) ?? 0) - (millis(b.from_at) ?? 0));
  for (const span of inOrder) {
    const begins = millis(span.from_at);
    const ends = millis(span.until_at) ?? to;
    if (begins === null || ends <= from || begins >= to) continue;
    const cut = { from: Math.max(from, begins), until: Math.min(to, ends), open: span.until_at === null };
    const { generation, cause } = span;
    if (span.watching === 'polling' || span.watching === 'gap') {
      bars.push({ ...cut, watching: span.watching, generation: null, cause, lane: 0 });
      continue;
    }
    const goesOn: boolean = charge?.generation === generation && charge.until === cut.from;
    if (charge && goesOn) {
      Object.assign(charge, { until: cut.until, open: cut.open });
      continue;
    }
    if (span.watching === 'overlap') {
      if (charge?.until === cut.from) Object.assign(charge, { until: cut.until, open: cut.open });
      else {
        // The window begins in the middle of a renewal.
        charge = { ...cut, watching: 'push', generation: null, cause, lane: other(lane(generation)) };
        bars.push(charge);
      }
    }
    charge = { ...cut, watching: 'push', generation, cause, lane: charge ? other(charge.lane) : lane(generation) };
    bars.push(charge);
  }
  return bars.sort((a, b) => a.from - b.from);
}

function lane(generation: number | null): 0 | 1 {
  return (generation ?? 0) % 2 === 1 ? 1 : 0;
}

/** Where two channels were open at once. */
export function intersect(lanes: readonly Lane[]): { from: number; until: number; lanes: number[] }[] {
  const push = lanes.filter((lane) => lane.watching === 'push');
  const found: { from: number; until: number; lanes: number[] }[] = [];
  push.forEach((a, i) => {
    for (const b of push.slice(i + 1)) {
      const [from, until] = [Math.max(a.from, b.from), Math.min(a.until, b.until)];
      if (from < until && a.lane !== b.lane) found.push({ from, until, lanes: [a.lane, b.lane] });
    }
  });
  return found;
}
