import { afterEach, describe, expect, it } from 'vitest';
import { speech } from './messages.svelte';
import { isWorking, onlyWaits, stepAt, stepWords } from './steps';

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
      'Zustellung wird getestet',
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
