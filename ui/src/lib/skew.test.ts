import { afterEach, describe, expect, it } from 'vitest';
import { speech } from './messages.svelte';
import { ownClock, receiverClock, skewWords } from './skew';

afterEach(() => speech.use('en'));

describe('clocks', () => {
  it('are not worth a word within two seconds, or unknown', () => {
    expect(skewWords(1999, -1999)).toBe('');
    expect(skewWords(null, null)).toBe('');
    expect(ownClock(-500)).toBe('as the receiver’s');
    expect(receiverClock(0)).toBe('as Google’s');
    expect(receiverClock(null)).toBe('—');
  });
  it('are named with the side on which each is off', async () => {
    expect(skewWords(3000, null)).toContain('This computer’s clock is 3 s ahead of the receiver’s');
    expect(skewWords(null, 7000)).toContain('The receiver’s clock is 7 s behind Google’s');
    expect(skewWords(null, -7000)).toContain('The receiver’s clock is 7 s ahead of Google’s');
    expect(ownClock(-3000)).toBe('3 s behind the receiver’s');
    expect(receiverClock(7000)).toBe('7 s behind Google’s');
    await speech.use('de');
    expect(receiverClock(7000)).toBe('7 s hinter der von Google');
  });
});
