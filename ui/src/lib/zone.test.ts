import { afterEach, describe, expect, it } from 'vitest';
import { clockTime, dayTime, exact, fullDay, shortWhen } from './format';
import type { Clinic } from './wire';
import { closedTimes } from './closed';
import { civil, instantOf, localInput, midnights, readLocal, showZone, zonedInstant, zoneOf } from './zone.svelte';

const noon = Date.parse('2026-11-24T12:00:00Z');
afterEach(() => showZone(undefined));

describe('the zone shown', () => {
  it('moves every time of day and names itself', () => {
    showZone('America/Chicago');
    expect(clockTime(noon)).toBe('06:00');
    expect(fullDay(Date.parse('2026-11-24T03:30:00Z'))).toBe('Mon 23 Nov, 21:30');
    expect(exact(noon)).toMatch(/^Tue 24 Nov 2026, 06:00:00 (CST|GMT-6)$/);
    showZone('UTC');
    expect(dayTime(noon)).toBe('24 Nov 12:00');
  });
  it('says today by its own midnight', () => {
    showZone('Asia/Tokyo');
    expect(shortWhen(Date.parse('2026-11-24T16:00:00Z'), Date.parse('2026-11-25T01:00:00Z'))).toBe('01:00');
    showZone('UTC');
    expect(shortWhen(Date.parse('2026-11-24T16:00:00Z'), Date.parse('2026-11-25T01:00:00Z'))).toBe('24 Nov');
  });
  it('fills a field and reads it back', () => {
    showZone('America/Chicago');
    expect(localInput(noon)).toBe('2026-11-24 06:00');
    expect(readLocal('2026-11-24 06:00')).toBe(noon);
    expect(readLocal('2026-07-01 06:00')).toBe(Date.parse('2026-07-01T11:00:00Z'));
    expect(readLocal('')).toBeNull();
  });
  it('is apart from the zone a clinic keeps its hours in', () => {
    expect(zonedInstant('Asia/Tokyo', 2026, 10, 24, 9 * 60)).toBe(Date.parse('2026-11-24T00:00:00Z'));
    const berlin: Clinic = {
      id: 'c',
      name: 'Clinic',
      time_zone: 'Europe/Berlin',
      created_at: '2026-01-01T00:00:00Z',
      opening_hours: [{ weekday: 2, opens: '08:00', closes: '17:30' }],
    };
    const [from, to] = [Date.parse('2026-11-24T00:00:00Z'), Date.parse('2026-11-25T00:00:00Z')];
    expect(closedTimes([berlin], from, to)).toEqual([
      [from, Date.parse('2026-11-24T07:00:00Z')],
      [Date.parse('2026-11-24T16:30:00Z'), to],
    ]);
    expect(closedTimes([berlin, { ...berlin, opening_hours: [] }], from, to)).toEqual([]);
  });
  it('has days of 23 and 25 hours when clocks change', () => {
    showZone('Europe/Berlin');
    const spring = instantOf(2026, 2, 29);
    expect((instantOf(2026, 2, 30) - spring) / 3_600_000).toBe(23);
    const autumn = instantOf(2026, 9, 25);
    expect((instantOf(2026, 9, 26) - autumn) / 3_600_000).toBe(25);
    for (const at of midnights(spring - 1, spring + 3 * 86_400_000)) expect(civil(at).hour).toBe(0);
  });
  it('falls back to this computer for a name nobody knows', () => {
    showZone('Mars/Olympus');
    expect(civil(noon).year).toBe(2026);
  });
});

describe('the zone that a choice means', () => {
  const clinics = (...zones: string[]): Clinic[] => zones.map((time_zone) => ({ time_zone }) as Clinic);
  it('is the clinics’ where they share one, else this computer’s', () => {
    expect(zoneOf('clinic', clinics('Europe/London', 'Europe/London'))).toBe('Europe/London');
    expect(zoneOf('clinic', clinics('Europe/London', 'Asia/Tokyo'))).toBeUndefined();
    expect(zoneOf('clinic', [])).toBeUndefined();
    expect(zoneOf('mine', clinics('Europe/London'))).toBeUndefined();
    expect(zoneOf('utc', clinics('Europe/London'))).toBe('UTC');
  });
});
