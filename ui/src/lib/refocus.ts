import { tick } from 'svelte';

/** Where what was pressed goes away, and the focus with it, the focus goes to `next`: nobody begins at the top again. */
export async function refocus(next: () => HTMLElement | null | undefined): Promise<void> {
  await tick();
  if (document.activeElement === document.body) next()?.focus();
}
