/** A point on a line that wants words beside it, and how wide they are. */
export interface Wanted {
  x: number;
  width: number;
}

/** Where words stand: from here to there. */
type Span = readonly [from: number, to: number];

/**
 * Where the words of each point stand: right of it, else left of it, never over other words, another point or the edge;
 * null where there is no room. Those that come first choose first. `gap` is between a point and its words.
 */
export function placed(points: readonly Wanted[], [low, high]: Span, gap: number): (Span | null)[] {
  const taken: Span[] = [];
  return points.map(({ x, width }) => {
    const right: Span = [x + gap, x + gap + width];
    const left: Span = [x - gap - width, x - gap];
    const free = ([from, to]: Span): boolean =>
      from >= low &&
      to <= high &&
      taken.every((other) => to + gap <= other[0] || other[1] + gap <= from) &&
      points.every((other) => other.x === x || other.x + gap / 2 < from || to < other.x - gap / 2);
    const found = [right, left].find(free) ?? null;
    if (found) taken.push(found);
    return found;
  });
}
