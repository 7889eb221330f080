// Asks the agent for everything while the rest of the page is still being read. Imported before it.
import { fleet } from './state/fleet.svelte';

/** The agent answers within milliseconds; one that does not is told of by the page itself. */
const WAITS_MS = 250;

/** Resolves when the first snapshot is there, or when waiting for it would be seen. */
export const known: Promise<unknown> = Promise.race([
  fleet.refresh(),
  new Promise((waited) => setTimeout(waited, WAITS_MS)),
]);
