import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { logLine } from './log-line';
import { showZone } from './zone.svelte';

beforeEach(() => showZone('Europe/Berlin'));
afterEach(() => showZone(undefined));

describe('a line of the log', () => {
  it('is told as one reads it, by the clock that the window shows', () => {
    const line =
      '{"timestamp":"2026-11-27T07:54:21.2Z","level":"INFO","fields":{"message":"the receiver answers","tls":false,"n":3},"target":"x"}';
    expect(logLine(line)).toBe('08:54:21 INFO the receiver answers, tls false, n 3');
  });

  it.each(['thread main panicked', '{"half', '{}', '{"timestamp":1}', ''])('stays as it is: %s', (line) => {
    expect(logLine(line)).toBe(line);
  });
});
