/** Where a tick stands, from 0 to 1 along the axis, and how many renewals it is. */
export interface Tick {
  at: number;
  n: number;
}

/** One tick per bucket that has a renewal; buckets that share a column of points share a tick. */
export function rugOf(renewals: readonly number[], columns: number): Tick[] {
  const fine = Math.max(1, Math.min(columns, renewals.length));
  const ticks = new Map<number, number>();
  renewals.forEach((n, i) => {
    const column = Math.floor(((i + 0.5) / renewals.length) * fine);
    if (n > 0) ticks.set(column, (ticks.get(column) ?? 0) + n);
  });
  return [...ticks].map(([column, n]) => ({ at: (column + 0.5) / fine, n }));
}
