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
