import { beforeEach, expect, it, vi } from 'vitest';
import { fleet } from '$lib/state/fleet.svelte';
import { router } from '$lib/state/router.svelte';
import type { Alert, AlertAction, Link, Snapshot } from '$lib/wire';
import { act, blocked, heal, wordsOf } from './acts';

const asked = vi.hoisted(() => vi.fn((request: { call: string; link_id?: string }) => request.call));
vi.mock('$lib/backend', () => ({
  ask: (request: { call: string }) => {
    asked(request);
    return Promise.resolve(request.call === 'snapshot' ? fleet.snapshot : { operation: 'one' });
  },
}));
vi.mock('$lib/state/router.svelte', () => ({ router: { go: vi.fn() } }));
vi.mock('$lib/state/outcome', () => ({ followRenewals: vi.fn() }));

const renew: AlertAction = { kind: 'renew', label: 'Renew now', link_id: 'a', clinic_id: null };
const about = (link_ids: string[], actions: AlertAction[]): Alert => ({ id: 'it', link_ids, actions }) as Alert;
const renewed = () => asked.mock.calls.flatMap(([one]) => (one.call === 'renew' ? [one.link_id] : [])).sort();

beforeEach(() => {
  asked.mockClear();
  const link = (id: string, state: Link['state']) => ({ id, state, clinic_id: 'c' }) as Link;
  const links = [link('a', 'due'), link('b', 'expired'), link('c', 'paused')];
  const connection = { status: 'connected', role: 'admin' };
  fleet.snapshot = { rev: 1, links, connection, receivers: [], operations: [] } as unknown as Snapshot;
});

it('renews every calendar of the alert that can be renewed, and says of how many', () => {
  const alert = about(['a', 'b', 'c'], [renew]);
  expect(wordsOf(alert, renew)).toBe('Renew 2');
  act(alert, renew);
  expect(renewed()).toEqual(['a', 'b']);
});

it('keeps the alert’s own words for one, and is not offered where nothing can be renewed', () => {
  expect(wordsOf(about(['a', 'c'], [renew]), renew)).toBe('Renew now');
  expect(blocked(about(['c'], [renew]), renew)).toBe(true);
});

it('answers the key as the first button does: it connects again, or tells that there is nothing to heal', () => {
  const reconnect: AlertAction = { kind: 'reconnect', label: 'Reconnect', link_id: null, clinic_id: 'c' };
  expect(heal(about(['b'], [reconnect, renew]))).toBe(true);
  expect(vi.mocked(router).go).toHaveBeenCalledWith('#/clinics?connect=c');
  const open: AlertAction = { kind: 'open', label: 'Open', link_id: 'a', clinic_id: null };
  expect(heal(about(['a'], [open]))).toBe(false);
  expect(renewed()).toEqual([]);
});
