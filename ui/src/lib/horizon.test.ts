import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE } from './format';
import { barsOf, HORIZON_MS, place, pollingWords, ticks } from './horizon';
import { channelOf, linkOf, NOW } from './sample';

describe('the axis', () => {
  it('runs from now to eight days ahead', () => {
    expect(place(NOW, NOW)).toBe(0);
    expect(place(NOW + HORIZON_MS / 2, NOW)).toBe(0.5);
    expect(place(NOW + 20 * DAY, NOW)).toBe(1);
    expect(place(NOW - DAY, NOW)).toBe(0);
  });
  it('marks local midnights in order', () => {
    const marks = ticks(NOW);
    expect(marks.length).toBeGreaterThanOrEqual(7);
    expect(marks.every((mark, i) => i === 0 || mark.x > (marks[i - 1]?.x ?? 0))).toBe(true);
    expect(marks.every((mark) => mark.x > 0 && mark.x < 1)).toBe(true);
  });
});

describe('the bars', () => {
  it('are solid to the planned renewal and pale to the expiry', () => {
    const [bar] = barsOf(linkOf('a', 'live', NOW + 6 * DAY), NOW);
    expect(bar).toMatchObject({ lane: 0, tone: 'ok', renews: 0.5, expires: 0.75, beyond: false });
  });
  it('have no solid part once renewal is due', () => {
    const [bar] = barsOf(linkOf('a', 'due', NOW + DAY), NOW);
    expect(bar).toMatchObject({ renews: 0, expires: 0.125, tone: 'warn' });
  });
  it('show old and new while both are open', () => {
    const old = channelOf(NOW + DAY, { id: 'old', state: 'superseded' });
    const fresh = channelOf(NOW + 7 * DAY, { id: 'new', generation: 2 });
    const bars = barsOf(linkOf('a', 'renewing', null, { channel: fresh, channels: [fresh, old] }), NOW);
    expect(bars.map((bar) => bar.lane)).toEqual([0, 1]);
    expect(bars[1]?.tone).toBe('plain');
  });
  it('leave out what is over', () => {
    expect(barsOf(linkOf('a', 'expired', NOW - HOUR), NOW)).toEqual([]);
    const stopped = channelOf(NOW + DAY, { state: 'stopped' });
    expect(barsOf(linkOf('a', 'paused', null, { channels: [stopped] }), NOW)).toEqual([]);
  });
  it('end at the edge when the expiry lies beyond', () => {
    expect(barsOf(linkOf('a', 'live', NOW + 30 * DAY), NOW)[0]).toMatchObject({ expires: 1, beyond: true });
  });
});

describe('polling', () => {
  it('says how often, by its own plan', () => {
    const link = linkOf('a', 'polling', null, {
      synced_at: new Date(NOW - 9 * MINUTE).toISOString(),
      next_run_at: new Date(NOW + 6 * MINUTE).toISOString(),
    });
    expect(pollingWords(link)).toBe('every 15 min');
    expect(pollingWords(linkOf('a', 'polling', null))).toBe('checked at an interval');
  });
});
