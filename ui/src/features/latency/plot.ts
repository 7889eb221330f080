import uPlot from 'uplot';
import { clockTime, dayMonth, DAY } from '$lib/format';
import { shownZone } from '$lib/zone.svelte';
import { niceCeiling, runs } from '$lib/series';
import type { LagSeries } from '$lib/wire';

/** A point in time worth a line and words. */
export interface Marker {
  at: number;
  label: string;
}

interface Source {
  series: () => LagSeries;
  markers: () => readonly Marker[];
  hovered: (index: number | null) => void;
}

export function columns(series: LagSeries): uPlot.AlignedData {
  const middle = series.start_s.map((start) => start + series.bucket_s / 2);
  return [middle, series.p50_ms, series.p95_ms];
}

/** The axis ends above the data; a target far above it stays off the chart. */
export function topOf(series: LagSeries): number {
  const peak = Math.max(0, ...series.p95_ms.map((v) => v ?? 0), ...series.p50_ms.map((v) => v ?? 0));
  if (peak === 0) return niceCeiling(series.target_ms * 1.2);
  return peak < series.target_ms / 4
    ? niceCeiling(peak * 1.25)
    : niceCeiling(Math.max(peak * 1.1, series.target_ms * 1.15));
}

export function targetShown(series: LagSeries): boolean {
  return topOf(series) >= series.target_ms;
}

function tokens(host: HTMLElement): (name: string) => string {
  const style = getComputedStyle(host);
  return (name) => style.getPropertyValue(name).trim();
}

const BAND_ALPHA = 0.22;

function drawBand(u: uPlot, series: LagSeries, fill: string): void {
  const { ctx } = u;
  const x = (i: number): number => u.valToPos(u.data[0][i] ?? 0, 'x', true);
  const y = (v: number | null | undefined): number => u.valToPos(v ?? 0, 'y', true);
  ctx.save();
  ctx.fillStyle = fill;
  ctx.globalAlpha = BAND_ALPHA;
  for (const [from, to] of runs(series.p50_ms, series.p95_ms)) {
    ctx.beginPath();
    if (from === to) {
      const half = Math.max(
        2,
        (series.bucket_s / 2) * (u.bbox.width / ((u.scales.x?.max ?? 1) - (u.scales.x?.min ?? 0))),
      );
      ctx.rect(
        x(from) - half,
        y(series.p95_ms[from]),
        half * 2,
        Math.max(1, y(series.p50_ms[from]) - y(series.p95_ms[from])),
      );
    } else {
      for (let i = from; i <= to; i += 1) ctx.lineTo(x(i), y(series.p95_ms[i]));
      for (let i = to; i >= from; i -= 1) ctx.lineTo(x(i), y(series.p50_ms[i]));
    }
    ctx.fill();
  }
  ctx.restore();
}

/** Points that have no neighbour would be invisible as a line. */
function drawLonely(u: uPlot, series: LagSeries, stroke: string): void {
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = stroke;
  for (const [from, to] of runs(series.p50_ms, series.p50_ms)) {
    if (from !== to) continue;
    ctx.beginPath();
    ctx.arc(
      u.valToPos(u.data[0][from] ?? 0, 'x', true),
      u.valToPos(series.p50_ms[from] ?? 0, 'y', true),
      2.5 * devicePixelRatio,
      0,
      Math.PI * 2,
    );
    ctx.fill();
  }
  ctx.restore();
}

function drawTarget(u: uPlot, target: number, stroke: string): void {
  const y = Math.round(u.valToPos(target, 'y', true)) + 0.5;
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1.2 * devicePixelRatio;
  ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

function drawMarkers(u: uPlot, markers: readonly Marker[], token: (name: string) => string): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * ratio}px "Inter Variable", sans-serif`;
  ctx.textBaseline = 'middle';
  let free = bbox.left + bbox.width;
  for (const marker of [...markers].sort((a, b) => b.at - a.at)) {
    const x = Math.round(u.valToPos(marker.at / 1000, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = token('--ink-2');
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top + 6 * ratio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 2 * ratio;
    ctx.strokeStyle = token('--accent');
    ctx.fillStyle = token('--surface');
    ctx.beginPath();
    ctx.arc(x, bbox.top + 3 * ratio, 4 * ratio, 0, Math.PI * 2);
    ctx.fill();
    ctx.stroke();
    const width = ctx.measureText(marker.label).width;
    const right = x + 9 * ratio + width <= free;
    const left = x - 9 * ratio - width >= bbox.left;
    if (right || left) {
      ctx.fillStyle = token('--ink-2');
      ctx.textAlign = right ? 'left' : 'right';
      ctx.fillText(marker.label, x + (right ? 9 : -9) * ratio, bbox.top + 3 * ratio);
      free = right ? x - 9 * ratio : x - 18 * ratio - width;
    }
  }
  ctx.restore();
}

function axisWords(value: number, top: number): string {
  if (top < 1000) return `${value} ms`;
  return `${value / 1000} s`;
}

/** Builds the chart into `host`; the caller feeds and destroys it. */
export function build(host: HTMLElement, source: Source): uPlot {
  const token = tokens(host);
  const [ink, line, accent] = [token('--ink-2'), token('--line'), token('--accent')];
  const font = '11px "Inter Variable", sans-serif';
  const options: uPlot.Options = {
    width: Math.max(50, host.clientWidth),
    height: Math.max(50, host.clientHeight),
    padding: [12, 14, 0, 0],
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), shownZone()),
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, fill: token('--surface'), stroke: accent, width: 2 },
    },
    scales: { x: { time: true }, y: { range: () => [0, topOf(source.series())] } },
    axes: [
      {
        stroke: ink,
        font,
        size: 28,
        space: 74,
        grid: { show: false },
        ticks: { show: false },
        values: (_, splits, __, ___, increment) =>
          splits.map((s) => (increment * 1000 >= DAY ? dayMonth(s * 1000) : clockTime(s * 1000))),
      },
      {
        stroke: ink,
        font,
        size: (_, values) => (values?.some((value) => value.endsWith('ms')) ? 54 : 44),
        space: 38,
        gap: 8,
        grid: { stroke: line, width: 1 },
        ticks: { show: false },
        values: (u, splits) => splits.map((v) => axisWords(v, u.scales.y?.max ?? 0)),
      },
    ],
    series: [
      {},
      { stroke: accent, width: 2, points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
    ],
    hooks: {
      drawAxes: [(u) => drawBand(u, source.series(), accent)],
      draw: [
        (u) => {
          drawLonely(u, source.series(), accent);
          if (targetShown(source.series())) drawTarget(u, source.series().target_ms, token('--bad'));
          drawMarkers(u, source.markers(), token);
        },
      ],
      setCursor: [(u) => source.hovered(u.cursor.idx ?? null)],
    },
  };
  return new uPlot(options, columns(source.series()), host);
}
