// Asks the agent for everything while the rest of the page is still being read. Imported before it.
import { fullDay } from '$lib/format';
import { speech, systemLanguage } from '$lib/messages.svelte';
import { fleet } from '$lib/state/fleet.svelte';
import { preferences } from '$lib/state/preferences.svelte';
import { router } from '$lib/state/router.svelte';
import { screens } from './views/screens.svelte';

/** The agent answers within milliseconds; one that does not is told of by the page itself. */
const WAITS_MS = 250;

async function look(): Promise<void> {
  const words = speech.use(systemLanguage());
  const asked = fleet.refresh();
  // What `Intl` needs at its first use takes as long as the agent's answer: both at once.
  setTimeout(() => fullDay(Date.now()));
  await asked;
  const { snapshot } = fleet;
  if (snapshot) preferences.take(snapshot.settings);
  const elsewhere = fleet.unpaired || router.screen.name !== 'overview';
  await Promise.all([snapshot ? speech.use(snapshot.language) : words, elsewhere ? screens.load() : undefined]);
}

/** Resolves when what is shown first is there, or when waiting for it would be seen; what fails is told by the page. */
export const known: Promise<unknown> = Promise.race([
  look().catch(() => undefined),
  new Promise((waited) => setTimeout(waited, WAITS_MS)),
]);
