import { ask, type Refusal, refusalOf } from '$lib/backend';
import type { Ask } from '$lib/backend/backend';
import { counted } from '$lib/format';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';

export type LinkAction = 'renew' | 'sync' | 'test_delivery' | 'fire_drill' | 'pause' | 'resume' | 'approve' | 'reject';
/** Orders under way at once when many calendars are asked. */
const AT_ONCE = 4;
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

  /** Asks the same of many calendars, a few at a time, and tells how many the receiver took. */
  async runMany(action: LinkAction, ids: readonly string[], doing: string): Promise<void> {
    const left = ids.filter((id) => !this.asked[id]);
    const refused: Refusal[] = [];
    const worker = async (): Promise<void> => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        this.asked[id] = action;
        const one = id;
        try {
          await ask({ call: action, link_id: one } as Ask<LinkAction>);
          setTimeout(() => this.#forget(one), FORGET_AFTER_MS);
        } catch (thrown) {
          refused.push(refusalOf(thrown));
          this.#forget(one);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await fleet.refresh();
    const taken = ids.length - refused.length;
    const [first] = refused;
    if (first) {
      const title = `${refused.length} of ${counted(ids.length, 'calendar')} could not be asked: ${first.message}`;
      notes.show({ cause: `many ${action}`, tone: 'bad', title, body: first.action });
    } else {
      const body = 'Each row shows its steps.';
      notes.show({ cause: `many ${action}`, tone: 'ok', title: `${doing} ${counted(taken, 'calendar')}.`, body });
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
