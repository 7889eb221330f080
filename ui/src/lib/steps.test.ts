import { afterEach, describe, expect, it } from 'vitest';
import { speech } from './messages.svelte';
import { type Course, follow, furthest, isWorking, onlyWaits, stepAt, stepTimes, stepWords } from './steps';

afterEach(() => speech.use('en'));

describe('what is under way', () => {
  it('is said in the window’s language, never as the wire’s word', async () => {
    await speech.use('de');
    const said = ['renew', 'fire_drill', 'sync', 'test_delivery', 'pause'].map((kind) =>
      stepWords({ kind, step: kind === 'renew' ? 'overlapping' : 'asked' }),
    );
    expect(said).toEqual([
      'Erneuerung: überlappen',
      'Feuerübung: stoppen',
      'Abgleich läuft',
      'Zustelltest: öffnen',
      'Angefragt.',
    ]);
  });
});

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

describe('a delivery test', () => {
  const seen = (...states: [step: string, ms: number][]): Course =>
    states.reduce<Course>(
      (course, [step, ms]) =>
        follow(course, { id: 'one', kind: 'test_delivery', step, at: new Date(1_800_000_000_000 + ms).toISOString() }),
      [],
    );

  it('tells how long each step took, and nothing of one that is not over', () => {
    expect(stepTimes(seen(['opening', 0], ['opening', 50], ['proving', 120]))).toEqual([120, null]);
    expect(stepTimes(seen(['asked', 0], ['opening', 20], ['proving', 120], ['done', 246]))).toEqual([120, 126]);
  });
  it('invents no time for a step that went by unseen', () => {
    expect(stepTimes(seen(['opening', 0], ['done', 246]))).toEqual([null, null]);
  });
  it('ends at the step that failed', () => {
    const failed = seen(['opening', 0], ['proving', 300], ['failed', 5300]);
    expect(furthest(failed)).toBe(1);
    expect(stepTimes(failed)).toEqual([300, 5000]);
  });
  it('begins anew with another one', () => {
    const before = seen(['opening', 0], ['done', 10]);
    const next = { id: 'two', kind: 'test_delivery', step: 'opening', at: '2027-01-15T08:01:00Z' };
    expect(follow(before, next)).toEqual([next]);
  });
});
