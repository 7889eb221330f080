import { describe, expect, it } from 'vitest';
import { isWorking, onlyWaits, stepAt } from './steps';

describe('a renewal', () => {
  it('is at its third step while both channels live, and nothing needs to turn meanwhile', () => {
    const renewal = (step: string, finished = false) => ({ kind: 'renew', step, finished });
    expect(stepAt(renewal('overlapping'))).toBe(2);
    expect(onlyWaits(renewal('overlapping'))).toBe(true);
    expect(onlyWaits(renewal('proving'))).toBe(false);
    expect(onlyWaits(renewal('overlapping', true))).toBe(false);
    expect(onlyWaits(undefined)).toBe(false);
  });
  it('leaves the other actions free while both channels live', () => {
    expect(isWorking({ step: 'opening', finished: false })).toBe(true);
    expect(isWorking({ step: 'overlapping', finished: false })).toBe(false);
    expect(isWorking({ step: 'done', finished: true })).toBe(false);
  });
});
