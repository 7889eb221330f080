import './sharp';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { drawBand, drawHeat, drawLonely, drawMarkers, drawRug, drawShades, drawTarget, RUG_PX } from './draw';
import { clockTime, DAY, dayMonth } from '$lib/format';
import { heatOf, warmRange } from '$lib/heat';
import { logName, logRange, logTicks } from '$lib/log-axis';
import type { Marker } from '$lib/markers';
import { niceCeiling } from '$lib/series';
import type { LagSeries } from '$lib/wire';
import { shownZone } from '$lib/zone.svelte';

/** What the chart shows; asked anew at each drawing. */
export interface Source {
  series: () => LagSeries;
  /** The time just before, of the same length; drawn as a dashed median. */
  earlier: () => LagSeries | null;
  markers: () => readonly Marker[];
  shades: () => readonly (readonly [number, number])[];
  /** Renewals per bucket, drawn as a row of ticks under the plot; null for none. */
  rug: readonly number[] | null;
  hovered: (index: number | null) => void;
  /** A person dragged from here to there, in milliseconds since 1970. */
  chosen: ((from: number, to: number) => void) | null;
}

/** How it is drawn: the channel's chart is linear, the fleet's goes by decades. */
export type Face = 'linear' | 'log' | 'heat';

export function columns(source: Source): uPlot.AlignedData {
  const series = source.series();
  const middle = series.start_s.map((start) => start + series.bucket_s / 2);
  const earlier = source.earlier()?.p50_ms ?? [];
  const aligned = middle.map((_, i) => earlier[i] ?? null);
  return [middle, series.p50_ms, series.p95_ms, series.p99_ms, aligned];
}

/** The axis ends above the data; a target far above it stays off the chart. */
export function topOf(series: LagSeries): number {
  const peak = Math.max(0, ...series.p95_ms.map((v) => v ?? 0), ...series.p50_ms.map((v) => v ?? 0));
  if (peak === 0) return niceCeiling(series.target_ms * 1.2);
  return peak < series.target_ms / 4
    ? niceCeiling(peak * 1.25)
    : niceCeiling(Math.max(peak * 1.1, series.target_ms * 1.15));
}

export function targetShown(series: LagSeries, face: Face = 'linear'): boolean {
  return face !== 'linear' || topOf(series) >= series.target_ms;
}

function bounds(source: Source, face: Face): [number, number] {
  const series = source.series();
  if (face === 'linear') return [0, topOf(series)];
  if (face === 'log')
    return logRange(
      [...series.p50_ms, ...series.p95_ms, ...series.p99_ms, ...(source.earlier()?.p50_ms ?? [])],
      series.target_ms,
    );
  return logRange((series.spread && warmRange(series.spread)) ?? [], series.target_ms);
}

function tokens(host: HTMLElement): (name: string) => string {
  const style = getComputedStyle(host);
  return (name) => style.getPropertyValue(name).trim();
}

function axisWords(value: number, top: number): string {
  if (top < 1000) return `${value} ms`;
  return `${value / 1000} s`;
}

const FONT = '11px "Inter Variable", sans-serif';

function axes(token: (name: string) => string, face: Face, rugged: boolean): uPlot.Axis[] {
  const [ink, line] = [token('--ink-2'), token('--line')];
  const plain = { stroke: ink, font: FONT, ticks: { show: false } };
  const time: uPlot.Axis = {
    ...plain,
    size: rugged ? 28 + RUG_PX : 28,
    gap: rugged ? 5 + RUG_PX : 5,
    space: 74,
    grid: { show: false },
    values: (_, splits, __, ___, increment) =>
      splits.map((s) => (increment * 1000 >= DAY ? dayMonth(s * 1000) : clockTime(s * 1000))),
  };
  const named: Partial<uPlot.Axis> = {
    splits: (u) => logTicks(u.scales.y?.min ?? 1, u.scales.y?.max ?? 1),
    filter: (_, splits) => splits,
    values: (_, splits) => splits.map((at) => logName(at, splits.length)),
    size: 54,
  };
  const even: Partial<uPlot.Axis> = {
    space: 38,
    values: (u, splits) => splits.map((v) => axisWords(v, u.scales.y?.max ?? 0)),
    size: (_, values) => (values?.some((value) => value.endsWith('ms')) ? 54 : 44),
  };
  return [time, { ...plain, gap: 8, grid: { stroke: line, width: 1 }, ...(face === 'linear' ? even : named) }];
}

function lines(token: (name: string) => string, face: Face): uPlot.Series[] {
  const [accent, ink] = [token('--accent'), token('--ink-2')];
  const bare = { points: { show: false } };
  const hidden = { ...bare, stroke: 'transparent' };
  if (face === 'heat') return [{}, { ...hidden }, { ...hidden }, { ...hidden }, { ...hidden }];
  const thin = face === 'log' ? { ...bare, stroke: accent, width: 0.9, alpha: 0.75 } : hidden;
  return [{}, { ...bare, stroke: accent, width: 2 }, hidden, thin, { ...bare, stroke: ink, width: 1.4, dash: [3, 4] }];
}

/** Builds the chart into `host`; the caller feeds and destroys it. */
export function build(host: HTMLElement, source: Source, face: Face): uPlot {
  const token = tokens(host);
  const accent = token('--accent');
  const { chosen } = source;
  const options: uPlot.Options = {
    width: Math.max(50, host.clientWidth),
    height: Math.max(50, host.clientHeight),
    padding: [12, 14, 0, 0],
    tzDate: (s) => uPlot.tzDate(new Date(s * 1000), shownZone()),
    legend: { show: false },
    cursor: {
      y: false,
      drag: { x: chosen !== null, y: false, setScale: false },
      points: face === 'heat' ? { show: false } : { size: 7, fill: token('--surface'), stroke: accent, width: 2 },
    },
    scales: {
      x: {
        time: true,
        range: () => {
          const { start_s, bucket_s } = source.series();
          return [start_s[0] ?? 0, (start_s.at(-1) ?? 0) + bucket_s];
        },
      },
      y: { distr: face === 'linear' ? 1 : 3, range: () => bounds(source, face) },
    },
    axes: axes(token, face, source.rug !== null),
    series: lines(token, face),
    hooks: {
      drawClear: [(u) => drawShades(u, source.shades(), token('--sunken'))],
      drawAxes: [
        (u) => {
          const { spread } = source.series();
          if (face === 'heat' && spread) drawHeat(u, heatOf(spread), accent);
          if (face !== 'heat') drawBand(u, source.series(), accent);
        },
      ],
      draw: [
        (u) => {
          if (face !== 'heat') drawLonely(u, source.series(), accent);
          if (targetShown(source.series(), face)) drawTarget(u, source.series().target_ms, token('--bad'));
          if (source.rug) drawRug(u, source.rug, token('--ink-2'));
          drawMarkers(u, source.markers(), token);
        },
      ],
      setCursor: [(u) => source.hovered(u.cursor.idx ?? null)],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 4 || !chosen) return;
          const at = (x: number): number => u.posToVal(x, 'x') * 1000;
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          chosen(at(left), at(left + width));
        },
      ],
    },
  };
  return new uPlot(options, columns(source), host);
}
