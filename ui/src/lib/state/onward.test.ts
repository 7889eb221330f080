import { expect, it, vi } from 'vitest';
import type { Snapshot } from '$lib/wire';
import { fleet } from './fleet.svelte';
import { goOn } from './onward';
import { router } from './router.svelte';

vi.mock('$lib/backend', () => ({}));
vi.mock('./router.svelte', () => ({ router: { go: vi.fn(), screen: { name: 'overview' } } }));

const went = () => vi.mocked(router.go).mock.calls.map(([hash]) => hash);

/** What the agent knows of a receiver, before and after it has told its calendars. */
function known(total: number | null, clinics: string[], role = 'admin'): void {
  fleet.snapshot = {
    connection: { status: total === null ? 'connecting' : 'connected', role },
    overview: total === null ? null : { counts: { total } },
    clinics: clinics.map((id) => ({ id })),
    grants: [{ clinic_id: 'connected' }],
    receivers: [{}],
  } as unknown as Snapshot;
}

async function led(): Promise<string[]> {
  vi.useFakeTimers();
  vi.mocked(router.go).mockClear();
  const going = goOn();
  await vi.advanceTimersByTimeAsync(1000);
  known(...told);
  await vi.advanceTimersByTimeAsync(1000);
  await going;
  vi.useRealTimers();
  return went();
}
let told: Parameters<typeof known>;

it('leads on to a first clinic, but not before the receiver has said that it watches nothing', async () => {
  known(null, []);
  told = [0, []];
  expect(await led()).toEqual(['#/overview', '#/clinics?new']);
});

it('goes on with the clinic that has no account yet', async () => {
  known(null, []);
  told = [0, ['connected', 'bare']];
  expect(await led()).toEqual(['#/overview', '#/clinics?connect=bare']);
});

it('stays on the overview where calendars are watched, and with whom may only look', async () => {
  known(null, []);
  told = [3, ['connected']];
  expect(await led()).toEqual(['#/overview']);
  known(null, []);
  told = [0, [], 'viewer'];
  expect(await led()).toEqual(['#/overview']);
});
