import { describe, expect, it } from 'vitest';
import { part, type Reach } from './left-out';
import { linkOf } from './sample';

/** North answers, South is silent, at West this computer is a viewer; a link's clinic is its receiver. */
const reach: Reach = {
  silent: (link) => link.clinic_name === 'South',
  mayOperate: (link) => link.clinic_name !== 'West',
  name: (link) => link.clinic_name,
};
const at = (id: string, clinic_name: string) => linkOf(id, 'live', null, { clinic_name });

describe('many at once', () => {
  it('asks only of those whose receiver answers, and says who does not', () => {
    const parted = part([at('a', 'North'), at('b', 'South'), at('c', 'South')], reach);
    expect(parted.able.map((link) => link.id)).toEqual(['a']);
    expect(parted).toMatchObject({ silent: 2, names: ['South'], viewed: 0 });
  });
  it('leaves out what this computer may only look at', () => {
    const parted = part([at('a', 'West'), at('b', 'North')], reach);
    expect(parted.able.map((link) => link.id)).toEqual(['b']);
    expect(parted).toMatchObject({ silent: 0, names: [], viewed: 1 });
  });
  it('names nobody where there is only one receiver', () => {
    const parted = part([at('a', 'South')], { ...reach, name: () => undefined });
    expect(parted).toMatchObject({ able: [], silent: 1, names: [] });
  });
});
