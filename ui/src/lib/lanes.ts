import type { CoverageSpan, Watching } from '$lib/wire';
import { millis } from './format';

/** One interval as drawn: cut to the window, on one of two lanes so that generations can overlap. */
export interface Lane {
  watching: Watching;
  generation: number | null;
  cause: string | null;
  from: number;
  until: number;
  /** It still lasts. */
  open: boolean;
  lane: 0 | 1;
}

/** Cuts the spans to the window; channels alternate between the lanes by generation. */
export function lanesOf(spans: readonly CoverageSpan[], from: number, to: number): Lane[] {
  const cut: Lane[] = [];
  for (const span of spans) {
    const begins = millis(span.from_at);
    const ends = millis(span.until_at) ?? to;
    if (begins === null || ends <= from || begins >= to) continue;
    cut.push({
      watching: span.watching,
      generation: span.generation,
      cause: span.cause,
      from: Math.max(from, begins),
      until: Math.min(to, ends),
      open: span.until_at === null,
      lane: span.generation !== null && span.generation % 2 === 1 ? 1 : 0,
    });
  }
  return cut.sort((a, b) => a.from - b.from);
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
