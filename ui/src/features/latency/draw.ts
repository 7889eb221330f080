import type uPlot from 'uplot';
import type { Heat } from '$lib/heat';
import { placed } from '$lib/labels';
import type { Marker } from '$lib/markers';
import { rugOf } from '$lib/rug';
import { runs } from '$lib/series';
import type { LagSeries } from '$lib/wire';

const BAND_ALPHA = 0.22;
const px = (): number => devicePixelRatio;

/** The band from p50 to p95: one filled shape per run of neighbours. */
export function drawBand(u: uPlot, series: LagSeries, fill: string): void {
  const { ctx } = u;
  const x = (i: number): number => u.valToPos(u.data[0][i] ?? 0, 'x', true);
  const y = (v: number | null | undefined): number => u.valToPos(Math.max(v ?? 0, u.scales.y?.min ?? 0), 'y', true);
  ctx.save();
  ctx.fillStyle = fill;
  ctx.globalAlpha = BAND_ALPHA;
  for (const [from, to] of runs(series.p50_ms, series.p95_ms)) {
    ctx.beginPath();
    if (from === to) {
      const wide = u.bbox.width / ((u.scales.x?.max ?? 1) - (u.scales.x?.min ?? 0));
      const half = Math.max(2, (series.bucket_s / 2) * wide);
      const [top, bottom] = [y(series.p95_ms[from]), y(series.p50_ms[from])];
      ctx.rect(x(from) - half, top, half * 2, Math.max(1, bottom - top));
    } else {
      for (let i = from; i <= to; i += 1) ctx.lineTo(x(i), y(series.p95_ms[i]));
      for (let i = to; i >= from; i -= 1) ctx.lineTo(x(i), y(series.p50_ms[i]));
    }
    ctx.fill();
  }
  ctx.restore();
}

/** Points that have no neighbour would be invisible as a line. */
export function drawLonely(u: uPlot, series: LagSeries, stroke: string): void {
  const { ctx } = u;
  ctx.save();
  ctx.fillStyle = stroke;
  for (const [from, to] of runs(series.p50_ms, series.p50_ms)) {
    if (from !== to) continue;
    const [x, y] = [u.valToPos(u.data[0][from] ?? 0, 'x', true), u.valToPos(series.p50_ms[from] ?? 0, 'y', true)];
    ctx.beginPath();
    ctx.arc(x, y, 2.5 * px(), 0, Math.PI * 2);
    ctx.fill();
  }
  ctx.restore();
}

/** The heatmap: a small picture of a point per cell, stretched over the plot. */
export function drawHeat(u: uPlot, heat: Heat, colour: string): void {
  if (heat.columns === 0) return;
  const picture = document.createElement('canvas');
  [picture.width, picture.height] = [heat.columns, heat.rows];
  const inner = picture.getContext('2d');
  if (!inner) return;
  inner.fillStyle = colour;
  inner.fillRect(0, 0, 1, 1);
  const [r = 0, g = 0, b = 0] = inner.getImageData(0, 0, 1, 1).data;
  const image = inner.createImageData(heat.columns, heat.rows);
  heat.cells.forEach((warm, i) => image.data.set([r, g, b, warm === 0 ? 0 : Math.round(30 + warm * 225)], i * 4));
  inner.putImageData(image, 0, 0);
  const { ctx, bbox } = u;
  const [top, bottom] = [u.valToPos(heat.high, 'y', true), u.valToPos(heat.low, 'y', true)];
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(picture, bbox.left, top, bbox.width, bottom - top);
  ctx.restore();
}

export function drawTarget(u: uPlot, target: number, stroke: string): void {
  const y = Math.round(u.valToPos(target, 'y', true)) + 0.5;
  const { ctx, bbox } = u;
  ctx.save();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = 1.2 * px();
  ctx.setLineDash([5 * px(), 4 * px()]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.restore();
}

/** Hours in which every clinic shown is closed. */
export function drawShades(u: uPlot, shades: readonly (readonly [number, number])[], fill: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = fill;
  for (const [from, to] of shades) {
    const left = Math.max(bbox.left, u.valToPos(from / 1000, 'x', true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(to / 1000, 'x', true));
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}

export function drawMarkers(u: uPlot, markers: readonly Marker[], token: (name: string) => string): void {
  const { ctx, bbox } = u;
  const ratio = px();
  ctx.save();
  ctx.font = `${11 * ratio}px "Inter Variable", sans-serif`;
  ctx.textBaseline = 'middle';
  const gap = 9 * ratio;
  // Over the plot: a line of its grid would strike the words through.
  const over = bbox.top - 6 * ratio;
  const points = [...markers]
    .sort((a, b) => b.at - a.at)
    .map((marker) => ({
      label: marker.label,
      x: Math.round(u.valToPos(marker.at / 1000, 'x', true)) + 0.5,
      width: ctx.measureText(marker.label).width,
    }))
    .filter(({ x }) => x >= bbox.left && x <= bbox.left + bbox.width);
  const labels = placed(points, [bbox.left, bbox.left + bbox.width], gap);
  points.forEach(({ x, label }, i) => {
    ctx.strokeStyle = token('--ink-2');
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, over + 5 * ratio);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.lineWidth = 2 * ratio;
    ctx.strokeStyle = token('--accent');
    ctx.fillStyle = token('--surface');
    ctx.beginPath();
    ctx.arc(x, over, 4 * ratio, 0, Math.PI * 2);
    ctx.fill();
    ctx.stroke();
    const span = labels[i];
    if (!span) return;
    ctx.fillStyle = token('--ink-2');
    ctx.textAlign = 'left';
    ctx.fillText(label, span[0], over);
  });
  ctx.restore();
}

/** Room between the plot and the words of its axis. */
export const RUG_PX = 9;
const [LEAST_PX, WIDE_PX] = [4, 2];
/** The faintest still stands out from both grounds by 3:1. */
const FAINTEST = 0.72;

/** The ticks under the plot: the more renewals, the longer and stronger. */
export function drawRug(u: uPlot, renewals: readonly number[], colour: string): void {
  const { ctx, bbox } = u;
  const ratio = px();
  const ticks = rugOf(renewals, Math.floor(bbox.width / ratio));
  const most = Math.log(Math.max(2, ...ticks.map(({ n }) => n)));
  ctx.save();
  ctx.fillStyle = colour;
  for (const { at, n } of ticks) {
    const strength = Math.log(n) / most;
    ctx.globalAlpha = FAINTEST + (1 - FAINTEST) * strength;
    const left = Math.round(bbox.left + at * bbox.width - (WIDE_PX * ratio) / 2);
    const high = LEAST_PX + (RUG_PX - 1 - LEAST_PX) * strength;
    ctx.fillRect(left, bbox.top + bbox.height + 2 * ratio, WIDE_PX * ratio, high * ratio);
  }
  ctx.restore();
}
