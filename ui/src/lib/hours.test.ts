import { describe, expect, it } from 'vitest';
import { hoursText, readHours } from './hours';

const TUESDAY = 2;
const morning = { weekday: TUESDAY, opens: '08:00', closes: '12:30' };
const afternoon = { weekday: TUESDAY, opens: '14:00', closes: '18:00' };

describe('opening hours', () => {
  it('are read as people write them, in the order of the day', () => {
    expect(readHours('14-18, 8:00–12.30', TUESDAY)).toEqual([morning, afternoon]);
    expect(readHours('  ', TUESDAY)).toEqual([]);
    expect(readHours('18:00 - 24:00', TUESDAY)).toEqual([{ weekday: TUESDAY, opens: '18:00', closes: '23:59' }]);
  });
  it('are refused where they mean nothing', () => {
    for (const text of [
      '8',
      'all day',
      '12:00–08:00',
      '08:00–08:00',
      '25-26',
      '08:61–09:00',
      '8-12, 11-15',
      '24:30-24:40',
    ]) {
      expect(readHours(text, TUESDAY), text).toBeNull();
    }
  });
  it('are written so that they can be read again', () => {
    const text = hoursText([afternoon, { ...morning, weekday: 3 }, morning], TUESDAY);
    expect(text).toBe('08:00–12:30, 14:00–18:00');
    expect(readHours(text, TUESDAY)).toEqual([morning, afternoon]);
    expect(hoursText([], TUESDAY)).toBe('');
  });
});
