import { describe, expect, it } from 'vitest';
import {
  ago,
  DAY,
  duration,
  HOUR,
  latency,
  MINUTE,
  percent,
  roughly,
  SECOND,
  shortened,
  shortWhen,
  target,
  together,
} from './format';
import { guardNavigatorLanguage, isLocale } from './locale';

describe('durations', () => {
  it('show the two greatest units', () => {
    expect(duration(6 * DAY + 19 * HOUR + 5 * MINUTE)).toBe('6 d 19 h');
    expect(duration(19 * HOUR + 12 * MINUTE)).toBe('19 h 12 min');
    expect(duration(12 * MINUTE + 5 * SECOND)).toBe('12 min 05 s');
    expect(duration(42 * SECOND)).toBe('42 s');
    expect(duration(2 * DAY)).toBe('2 d');
  });
  it('break between two units, never before one', () => {
    expect(together('Expires in 6 d 14 h, on 3 Dec')).toBe('Expires in 6\u00a0d 14\u00a0h, on 3 Dec');
    expect(together('2 days, 14 hours')).toBe('2 days, 14 hours');
  });
  it('never run below zero', () => {
    expect(duration(-5)).toBe('0 s');
  });
  it('are rough in running text', () => {
    expect(roughly(14 * MINUTE)).toBe('14 min');
    expect(roughly(100 * MINUTE)).toBe('2 h');
    expect(ago(1_000_000, 1_000_000 + 14 * MINUTE)).toBe('14 min ago');
    expect(ago(1_000_000 + HOUR, 1_000_000)).toBe('just now');
    expect(ago(null, 0)).toBe('never');
  });
});

describe('numbers', () => {
  it('a rate is never rounded up to all', () => {
    expect(percent(3411 / 3412)).toBe('99.97');
    expect(percent(0.999999)).toBe('99.99');
    expect(percent(1)).toBe('100');
    expect(percent(null)).toBe('—');
    expect(percent(Number.NaN)).toBe('—');
  });
  it('a latency takes the unit that reads best', () => {
    expect(latency(84.4)).toBe('84 ms');
    expect(latency(1340)).toBe('1.3 s');
    expect(latency(42_000)).toBe('42 s');
    expect(latency(150_000)).toBe('2.5 min');
    expect(latency(undefined)).toBe('—');
    expect(target(5000)).toBe('5 s');
  });
  it('a long id keeps both ends', () => {
    expect(shortened('clinic_e0c8aaaa-bbbb_0ac3abdf')).toBe('clinic_e0c8…_0ac3abdf');
    expect(shortened('short')).toBe('short');
  });
});

describe('instants', () => {
  it('show the time today and the day before that', () => {
    const now = new Date(2026, 10, 23, 16, 0).getTime();
    expect(shortWhen(new Date(2026, 10, 23, 15, 56).toISOString(), now)).toBe('15:56');
    expect(shortWhen(new Date(2026, 10, 18, 15, 56).toISOString(), now)).toBe('18 Nov');
    expect(shortWhen('nonsense', now)).toBe('—');
  });
});

describe('the locale', () => {
  it('refuses what Intl refuses', () => {
    expect(isLocale('C')).toBe(false);
    expect(isLocale('')).toBe(false);
    expect(isLocale('en-GB')).toBe(true);
  });
  it('replaces a language that would break the charts', () => {
    const broken = { language: 'C' } as Navigator;
    guardNavigatorLanguage(broken);
    expect(broken.language).toBe('en-GB');
    const fine = { language: 'de-DE' } as Navigator;
    guardNavigatorLanguage(fine);
    expect(fine.language).toBe('de-DE');
  });
});
