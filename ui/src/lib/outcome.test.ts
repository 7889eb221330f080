import { describe, expect, it } from 'vitest';
import { outcomeOf } from './outcome';
import type { OperationState } from './wire';

const operation = (id: string, step: string): OperationState => ({
  id,
  link_id: id,
  kind: 'renew',
  step,
  message: '',
  finished: step === 'done' || step === 'failed',
  failed: step === 'failed',
  at: '2026-11-27T10:00:00Z',
});

describe('what came of a renewal of several', () => {
  it('is open while a channel proves itself, or nothing is heard of it yet', () => {
    expect(outcomeOf(['a', 'b', 'c'], [operation('a', 'proving'), operation('b', 'done')])).toMatchObject({
      done: 1,
      open: 2,
    });
  });
  it('counts a new channel that stands beside the old one, and names what failed', () => {
    const operations = [operation('a', 'overlapping'), operation('b', 'failed'), operation('other', 'failed')];
    const { done, failed, open } = outcomeOf(['a', 'b'], operations);
    expect([done, failed.map((one) => one.id), open]).toEqual([1, ['b'], 0]);
  });
});
