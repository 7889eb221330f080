import { expect, it } from 'vitest';
import { grantsOf, GRANTS_MOST, stakeOf } from './stake';
import type { BlastRadius } from './wire';

const rests = (appointments_24h: number, appointments_7d: number) => ({
  rests_on_it: { appointments_24h, appointments_7d } as BlastRadius,
});

it('adds up what rests on the accounts of the calendars, each account once', () => {
  const grants = grantsOf([{ grant_id: 'a' }, { grant_id: 'b' }, { grant_id: 'a' }]);
  expect(grants).toEqual(['a', 'b']);
  expect(stakeOf([rests(3, 10), rests(0, 4)])).toEqual({ soon: 3, week: 14 });
});

it('asks none where there are too many, so that nothing is claimed', () => {
  expect(grantsOf(Array.from({ length: GRANTS_MOST + 1 }, (_, i) => ({ grant_id: `${i}` })))).toEqual([]);
});
