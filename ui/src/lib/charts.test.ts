import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from './format';
import { intersect, lanesOf } from './lanes';
import { markersOf, outagesOf, updatesOf } from './markers';
import { coverageWindow, perBucket, rangeFor, span } from './ranges';
import { rugOf } from './rug';
import { NOW } from './sample';
import { bucketWords, deliveryRates, knownUntil, median, niceCeiling, runs } from './series';
import type { Activity, CoverageSpan, LagSeries } from '$lib/wire';

const at = (ms: number): string => new Date(NOW + ms).toISOString();

describe('columns', () => {
  it('fall into runs; a gap stays a gap', () => {
    expect(runs([1, 2, null, 3], [1, 2, 3, 4])).toEqual([
      [0, 1],
      [3, 3],
    ]);
    expect(runs([null], [1])).toEqual([]);
  });
  it('get a round top', () => {
    expect([4.2, 6100, 0.3, 0].map(niceCeiling)).toEqual(
      [5, 8000, 0.3, 1].map((n, i) => (i === 2 ? niceCeiling(0.3) : n)),
    );
    expect(niceCeiling(5600)).toBe(6000);
  });
  it('know at least until their newest bucket began', () => {
    expect(knownUntil({ start_s: [0, 900, 1800] })).toBe(1_800_000);
    expect([knownUntil({ start_s: [] }), knownUntil(null)]).toEqual([null, null]);
  });
  it('know a rate only where something changed', () => {
    expect(deliveryRates([10, 0, 4], [1, 0, 0])).toEqual([0.9, null, 1]);
    expect(median([3, null, 1, 2])).toBe(2);
    expect(median([null])).toBeNull();
  });
});

describe('lanes', () => {
  const span = (
    watching: CoverageSpan['watching'],
    generation: number | null,
    from: number,
    until: number | null,
  ): CoverageSpan => ({
    link_id: 'a',
    watching,
    generation,
    from_at: at(from),
    until_at: until === null ? null : at(until),
    cause: null,
  });
  it('are one per generation, and an overlap is where two run beside each other', () => {
    const spans = [
      span('push', 12, -20 * DAY, -10 * DAY),
      span('overlap', 13, -10 * DAY, -9 * DAY),
      span('push', 13, -9 * DAY, -5 * DAY),
      span('polling', null, -5 * DAY, -4 * DAY),
      span('push', 15, -4 * DAY, null),
    ];
    const lanes = lanesOf(spans, NOW - 14 * DAY, NOW);
    expect(lanes.map((lane) => [lane.watching, lane.generation, lane.lane])).toEqual([
      ['push', 12, 0],
      ['push', 13, 1],
      ['polling', null, 0],
      ['push', 15, 0],
    ]);
    expect(lanes[0]).toMatchObject({ from: NOW - 14 * DAY, until: NOW - 9 * DAY });
    expect(lanes[1]).toMatchObject({ from: NOW - 10 * DAY, until: NOW - 5 * DAY });
    expect(lanes[3]).toMatchObject({ until: NOW, open: true });
    expect(intersect(lanes)).toEqual([{ from: NOW - 10 * DAY, until: NOW - 9 * DAY, lanes: [0, 1] }]);
  });
  it('know of a predecessor also when the window begins in the middle of a renewal', () => {
    const lanes = lanesOf(
      [span('overlap', 13, -15 * DAY, -13 * DAY), span('push', 13, -13 * DAY, null)],
      NOW - 14 * DAY,
      NOW,
    );
    expect(intersect(lanes)).toEqual([{ from: NOW - 14 * DAY, until: NOW - 13 * DAY, lanes: [0, 1] }]);
  });
  it('leave out what lies outside', () => {
    expect(lanesOf([span('push', 1, -30 * DAY, -20 * DAY)], NOW - 14 * DAY, NOW)).toEqual([]);
  });
});

describe('ranges', () => {
  it('fit a young link', () => {
    expect(rangeFor(10 * 60_000)).toBe('1h');
    expect(rangeFor(3 * DAY)).toBe('24h');
    expect(coverageWindow(30 * 60_000)).toBe(HOUR);
    expect(coverageWindow(40 * DAY)).toBe(14 * DAY);
  });
  it('end now', () => {
    expect(span('1h', NOW, 60)).toEqual({ from: at(-HOUR), to: at(0), buckets: 60 });
    expect(perBucket(1800)).toBe('per 30 min');
    expect(perBucket(3600)).toBe('per hour');
  });
});

describe('renewals', () => {
  it('are a tick per bucket, and buckets narrower than a point share one', () => {
    expect(rugOf([0, 3, 0, 1], 500)).toEqual([
      { at: 0.375, n: 3 },
      { at: 0.875, n: 1 },
    ]);
    expect(rugOf([1, 1, 0, 5], 2)).toEqual([
      { at: 0.25, n: 2 },
      { at: 0.75, n: 5 },
    ]);
    expect(rugOf([0, 0], 500)).toEqual([]);
    expect(rugOf([], 500)).toEqual([]);
  });
  it('are told with their bucket, and never of an older receiver', () => {
    const series = {
      start_s: [0, 900, 1800],
      bucket_s: 900,
      p50_ms: [1200, null, 640],
      p95_ms: [2000, null, 900],
      p99_ms: [null, null, null],
      samples: [12, 0, 1],
      renewals: [3, 1, 0],
    } as unknown as LagSeries;
    const told = (one: LagSeries) => [0, 1, 2].map((i) => bucketWords(one, i).replace(/^.*?\d\d:\d\d: /, ''));
    expect(told(series)).toEqual([
      'p50 1.2 s, p95 2.0 s, 12 changes, 3 renewals',
      'no change, 1 renewal',
      'p50 640 ms, p95 900 ms, 1 change',
    ]);
    expect(told({ ...series, renewals: [] })[0]).toBe('p50 1.2 s, p95 2.0 s, 12 changes');
  });
});

describe('markers', () => {
  const line = (kind: string, tone: Activity['tone'], ms: number): Activity => ({
    id: kind + ms,
    seq: 1,
    link_id: 'a',
    clinic_id: 'c',
    at: at(ms),
    kind,
    tone,
    text: kind,
    detail: null,
    operation_id: null,
  });
  it('are the turns, not the routine', () => {
    const markers = markersOf([
      line('changes_applied', 'good', 0),
      line('cursor_gone', 'bad', -HOUR),
      line('full_sync', 'good', -HOUR + 1000),
    ]);
    expect(markers.map((marker) => marker.label)).toEqual(['cursor_gone']);
  });
  it('are other versions of the receiver, the newest few', () => {
    const lines = [0, 1, 2, 3, 4].map((n) => line(`v${n}`, 'quiet', -n * HOUR));
    expect(updatesOf(lines)).toEqual([0, 1, 2, 3].map((n) => ({ at: NOW - n * HOUR, label: `v${n}` })));
  });
  it('are outages of the receiver and of Google, not what a person wanted', () => {
    const gap = (cause: string, from: number, until: number | null): CoverageSpan => ({
      link_id: 'a',
      watching: 'gap',
      generation: null,
      from_at: at(from),
      until_at: until === null ? null : at(until),
      cause,
    });
    const spans = [
      gap('receiver_asleep', -5 * HOUR, -3 * HOUR),
      gap('backendError', -HOUR / 3, null),
      gap('paused', -9 * HOUR, -8 * HOUR),
      gap('receiver_asleep', -2 * HOUR, -2 * HOUR + 5000),
    ];
    expect(outagesOf(spans, NOW)).toEqual([
      { at: NOW - HOUR / 3, label: 'Google not reached for 20 min' },
      { at: NOW - 5 * HOUR, label: 'Receiver away for 2 h' },
    ]);
  });
});
