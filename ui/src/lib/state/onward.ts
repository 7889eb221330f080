import { connectHref } from '$lib/route';
import { fleet } from './fleet.svelte';
import { router } from './router.svelte';

const LOOK_EVERY_MS = 250;
/** A receiver that has not told its calendars by then is looked at by hand. */
const LOOK_MOST_MS = 10_000;

/** Where the first calendar comes from: a clinic is made, or the only one without an account is connected to Google. */
export function firstStep(): string {
  if (!fleet.mayAdminister) return '#/clinics';
  if (fleet.clinics.length === 0) return '#/clinics?new';
  const grants = fleet.snapshot?.grants ?? [];
  const [only, ...others] = fleet.clinics.filter((clinic) => !grants.some((grant) => grant.clinic_id === clinic.id));
  return only && others.length === 0 ? connectHref(only.id) : '#/clinics';
}

/** Leads on from a receiver just found: to the overview, and further when it is the only one and watches nothing yet. */
export async function goOn(): Promise<void> {
  router.go('#/overview');
  const until = Date.now() + LOOK_MOST_MS;
  while (Date.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    // Whoever went elsewhere meanwhile is left there.
    if (router.screen.name !== 'overview') return;
    const counts = fleet.status === 'connected' ? fleet.snapshot?.overview?.counts : undefined;
    if (!counts) continue;
    if (counts.total === 0 && !fleet.several && fleet.mayAdminister) router.go(firstStep());
    return;
  }
}
