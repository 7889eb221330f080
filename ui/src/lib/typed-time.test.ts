import { afterEach, describe, expect, it } from 'vitest';
import { readMoment, readTime, tidied } from './typed-time';
import { showZone } from './zone.svelte';

afterEach(() => showZone(undefined));

describe('a time of day', () => {
  it('is read as people write it', () => {
    for (const text of ['14:30', '14.30', '1430', '14h30', '14 h 30', '14:30 Uhr', '2:30 pm', '2.30PM', '2:30 p. m.'])
      expect(readTime(text), text).toBe('14:30');
    for (const text of ['7', '07', '7:00', ' 7 h ', '7 Uhr', '7 am', '7 a.m.'])
      expect(readTime(text), text).toBe('07:00');
    expect(readTime('12 am')).toBe('00:00');
    expect(readTime('12 pm')).toBe('12:00');
    expect(readTime('0930PM')).toBe('21:30');
  });
  it('is refused where it is half written or means nothing', () => {
    for (const text of ['', '14:', '14:3', '24:00', '12:60', '13 pm', '0 am', '140', 'noon', '-1', '14:00-15:00'])
      expect(readTime(text), text).toBeNull();
  });
});

describe('a day and time', () => {
  const at = Date.parse('2026-11-27T13:00:00Z');
  it('is read in the zone shown, the year or the day first', () => {
    showZone('Europe/Berlin');
    for (const text of [
      '2026-11-27 14:00',
      '2026-11-27T14:00',
      '2026-11-27, 2 pm',
      '27.11.2026 14 Uhr',
      '27. 11. 2026 14.00',
    ])
      expect(readMoment(text, 'from'), text).toBe(at);
    expect(tidied('27.11.2026 14.00', 'from')).toBe('2026-11-27 14:00');
  });
  it('covers the whole day where only days are written', () => {
    showZone('UTC');
    expect(tidied('2026-11-30', 'from')).toBe('2026-11-30 00:00');
    expect(tidied('2026-11-30', 'to')).toBe('2026-12-01 00:00');
  });
  it('is refused where it is half written, means nothing, or could be two days', () => {
    for (const text of ['', '2026-11', '2026-11-27 14:', '2026-02-30', '2026-13-01', '1/2/2026', '14:00']) {
      expect(readMoment(text, 'to'), text).toBeNull();
      expect(tidied(text, 'to')).toBe(text);
    }
  });
});
