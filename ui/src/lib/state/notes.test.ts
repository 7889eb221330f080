import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Note, notes } from './notes.svelte';

// The agent, which needs a window, is not asked for what is tested here.
vi.mock('$lib/backend', () => ({}));

const good: Note = { cause: 'good', tone: 'ok', title: 'Renewed', body: '' };
const causes = () => notes.list.map((note) => note.cause);

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  for (const cause of causes()) notes.close(cause);
  vi.useRealTimers();
});

describe('a message', () => {
  it('goes by itself when it is good, and stays when it is bad', () => {
    notes.show(good);
    notes.show({ ...good, cause: 'bad', tone: 'bad' });
    vi.advanceTimersByTime(60_000);
    expect(causes()).toEqual(['bad']);
  });

  it('stays longer when it offers something to do', () => {
    notes.show({ ...good, offer: { label: 'Undo', act: () => undefined } });
    vi.advanceTimersByTime(15_000);
    expect(causes()).toEqual(['good']);
    vi.advanceTimersByTime(15_000);
    expect(causes()).toEqual([]);
  });

  it('stays while somebody reads it, and for its time after that', () => {
    notes.show(good);
    vi.advanceTimersByTime(5_000);
    notes.reads(true);
    notes.show({ ...good, cause: 'newer' });
    vi.advanceTimersByTime(60_000);
    expect(causes()).toEqual(['good', 'newer']);
    notes.reads(false);
    vi.advanceTimersByTime(5_000);
    expect(causes()).toEqual(['good', 'newer']);
    vi.advanceTimersByTime(5_000);
    expect(causes()).toEqual([]);
  });

  it('goes again after one that was read was closed by hand', () => {
    notes.show(good);
    notes.reads(true);
    notes.close('good');
    notes.show(good);
    vi.advanceTimersByTime(60_000);
    expect(causes()).toEqual([]);
  });
});
