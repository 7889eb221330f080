import { describe, expect, it } from 'vitest';
import { placed } from './labels';

const edges = [0, 400] as const;

describe('words beside points', () => {
  it('stand right, and left where the edge is too near', () => {
    expect(placed([{ x: 100, width: 60 }], edges, 10)).toEqual([[110, 170]]);
    expect(placed([{ x: 380, width: 60 }], edges, 10)).toEqual([[310, 370]]);
  });
  it('of two points at one moment stand on either side of it', () => {
    const both = [
      { x: 200, width: 60 },
      { x: 200, width: 80 },
    ];
    expect(placed(both, edges, 10)).toEqual([
      [210, 270],
      [110, 190],
    ]);
  });
  it('are left out rather than written over others, at the edge as well', () => {
    const both = [
      { x: 380, width: 60 },
      { x: 380, width: 80 },
      { x: 340, width: 20 },
    ];
    expect(placed(both.slice(0, 2), edges, 10)).toEqual([[310, 370], null]);
    expect(placed(both.slice(1), edges, 10)).toEqual([null, [350, 370]]);
  });
  it('do not cross another point', () => {
    const near = [
      { x: 150, width: 60 },
      { x: 120, width: 60 },
    ];
    expect(placed(near, edges, 10)).toEqual([
      [160, 220],
      [50, 110],
    ]);
  });
});
