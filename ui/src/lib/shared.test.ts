import { describe, expect, it } from 'vitest';
import { shared } from './shared';

describe('what was told again', () => {
  const before = {
    rev: 1,
    links: [
      { id: 'a', days: [1, 2] },
      { id: 'b', days: [] },
    ],
    none: null,
  };

  it('stays the very same where it says the same', () => {
    expect(shared(before, structuredClone(before))).toBe(before);
    const after = shared(before, { ...structuredClone(before), rev: 2 });
    expect(after).toEqual({ ...before, rev: 2 });
    expect(after.links).toBe(before.links);
  });

  it('is new as far up as something differs', () => {
    const told = structuredClone(before);
    told.links[0] = { id: 'a', days: [1, 3] };
    const after = shared(before, told);
    expect(after).toEqual(told);
    expect(after.links).not.toBe(before.links);
    expect(after.links[0]).not.toBe(before.links[0]);
    expect(after.links[1]).toBe(before.links[1]);
  });

  it('loses and gains what the new one lost and gained', () => {
    expect(shared<unknown>({ a: 1, b: 2 }, { a: 1 })).toEqual({ a: 1 });
    expect(shared<unknown>({ a: 1 }, { a: 1, b: undefined })).toEqual({ a: 1, b: undefined });
    expect(shared<unknown>([1, 2, 3], [1, 2])).toEqual([1, 2]);
    expect(shared<unknown>([], {})).toEqual({});
    expect(shared<unknown>(null, { a: 1 })).toEqual({ a: 1 });
    expect(shared<unknown>({ a: 1 }, null)).toBeNull();
  });
});
