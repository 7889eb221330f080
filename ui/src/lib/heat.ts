import type { LagSpread } from '$lib/wire';

/** How warm each cell is, 0 to 1: rows from the highest latency down, columns as time goes. */
export interface Heat {
  columns: number;
  rows: number;
  cells: Float32Array;
  /** The latencies at the lower and the upper edge of the picture, in milliseconds. */
  low: number;
  high: number;
}

/** A spread as a picture; the square root keeps single changes visible beside hundreds. */
export function heatOf(spread: LagSpread): Heat {
  const [first = 1, second = 1] = spread.edges_ms;
  const step = second / first;
  const rows = spread.edges_ms.length + 1;
  const columns = spread.counts.length;
  const most = Math.max(1, ...spread.counts.map((row) => Math.max(0, ...row)));
  const cells = new Float32Array(rows * columns);
  spread.counts.forEach((row, column) =>
    row.forEach((n, place) => {
      cells[(rows - 1 - place) * columns + column] = Math.sqrt(n / most);
    }),
  );
  return { columns, rows, cells, low: first / step, high: (spread.edges_ms.at(-1) ?? first) * step };
}

/** The edges of the rows that hold a sample; nothing when none does. */
export function warmRange(spread: LagSpread): [number, number] | null {
  const places = spread.counts.flatMap((row) => row.flatMap((n, place) => (n > 0 ? [place] : [])));
  if (places.length === 0) return null;
  const edges = spread.edges_ms;
  const [low, high] = [Math.min(...places), Math.max(...places)];
  return [edges[Math.max(0, low - 1)] ?? 1, edges[Math.min(edges.length - 1, high)] ?? 1];
}
