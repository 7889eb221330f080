import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { OperationState, Snapshot } from '$lib/wire';
import { actions } from './actions.svelte';
import { fleet } from './fleet.svelte';

const orders = vi.hoisted(() => [] as string[]);
vi.mock('$lib/backend', () => ({
  ask: ({ call }: { call: string }) =>
    call === 'snapshot'
      ? Promise.resolve(fleet.snapshot)
      : Promise.resolve({ operation: `${call} ${orders.push(call)}` }),
}));

/** What the agent tells of operations. */
function told(...operations: Partial<OperationState>[]): void {
  const list = operations.map((one) => ({ link_id: 'a', kind: 'test_delivery', at: '', finished: false, ...one }));
  fleet.snapshot = { rev: 1, operations: list } as unknown as Snapshot;
}

beforeEach(() => {
  vi.useFakeTimers();
  orders.length = 0;
  told();
});
afterEach(() => {
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
});

it('waits from the press until the operation is seen, and takes no second press meanwhile', async () => {
  const first = actions.run('test_delivery', 'a');
  expect(actions.waits('a')).toBe('test_delivery');
  expect(await first).toBe(true);
  expect(actions.waits('a')).toBe('test_delivery');
  expect(await actions.run('test_delivery', 'a')).toBe(false);
  told({ id: 'test_delivery 1' });
  expect(actions.waits('a')).toBeNull();
});

it('is free as soon as the outcome is known, however quick, and the end of an earlier wait ends no later one', async () => {
  await actions.run('test_delivery', 'a');
  vi.advanceTimersByTime(7000);
  told({ id: 'test_delivery 1', finished: true });
  expect(actions.waits('a')).toBeNull();
  expect(await actions.run('test_delivery', 'a')).toBe(true);
  vi.advanceTimersByTime(2000);
  expect(actions.waits('a')).toBe('test_delivery');
});

it('does not take what finished before for the outcome, and gives up waiting for what never shows', async () => {
  told({ id: 'an earlier one', finished: true });
  await actions.run('test_delivery', 'a');
  expect(actions.waits('a')).toBe('test_delivery');
  vi.advanceTimersByTime(8000);
  expect(actions.waits('a')).toBeNull();
});
