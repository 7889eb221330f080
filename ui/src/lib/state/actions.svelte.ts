import { ask } from '$lib/backend';
import type { Ask } from '$lib/backend/backend';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';

export type LinkAction = 'renew' | 'sync' | 'test_delivery' | 'pause' | 'resume';
/** How long "asked" shows when no operation of it appears. */
const FORGET_AFTER_MS = 8000;

/** What a person asked for and the receiver has not yet taken up. */
class Actions {
  asked = $state<Record<string, LinkAction>>({});
  renewingDue = $state(false);

  async run(action: LinkAction, linkId: string): Promise<boolean> {
    if (this.asked[linkId]) return false;
    this.asked[linkId] = action;
    try {
      await ask({ call: action, link_id: linkId } as Ask<LinkAction>);
      notes.close(`link ${linkId}`);
      setTimeout(() => this.#forget(linkId), FORGET_AFTER_MS);
      await fleet.refresh();
      return true;
    } catch (thrown) {
      notes.fail(`link ${linkId}`, thrown);
      this.#forget(linkId);
      return false;
    }
  }

  async renewDue(due: number): Promise<void> {
    this.renewingDue = true;
    try {
      await ask({ call: 'renew_due' });
      const body = 'Each row shows its steps; the old channel stays in charge until the new one has proved itself.';
      notes.show({
        cause: 'renew due',
        tone: 'ok',
        title: due === 1 ? 'Renewing 1 calendar.' : `Renewing ${due} calendars.`,
        body,
      });
      await fleet.refresh();
    } catch (thrown) {
      notes.fail('renew due', thrown);
    } finally {
      this.renewingDue = false;
    }
  }

  /** Whether a request of this link waits for its first step. */
  waits(linkId: string): LinkAction | null {
    const operation = fleet.operations.get(linkId);
    if (operation && !operation.finished) return null;
    return this.asked[linkId] ?? null;
  }

  /** The link's operation goes on: what was asked is being done. */
  taken(linkId: string): void {
    this.#forget(linkId);
  }

  #forget(linkId: string): void {
    if (this.asked[linkId]) delete this.asked[linkId];
  }
}

export const actions = new Actions();
