import { ask, type Refusal, refusalOf } from '$lib/backend';
import type { Ask } from '$lib/backend/backend';
import { t } from '$lib/messages.svelte';
import type { Link } from '$lib/wire';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';
import { followRenewals } from './outcome';

export type LinkAction = 'renew' | 'sync' | 'test_delivery' | 'fire_drill' | 'pause' | 'resume' | 'approve' | 'reject';
/** What is asked of many calendars at once. */
export type BulkAction = Extract<LinkAction, 'renew' | 'sync' | 'pause' | 'resume'>;
/** Orders under way at once when many calendars are asked. */
const AT_ONCE = 4;
/** How long "asked" shows when no operation of it appears. */
const FORGET_AFTER_MS = 8000;

/** What was asked of a link; the operation's id is known once the receiver took it. */
interface Asked {
  action: LinkAction;
  operation: string | null;
}

/** What a person asked for and the receiver has not yet taken up. */
class Actions {
  #asked = $state<Record<string, Asked>>({});
  renewingDue = $state(false);

  async run(action: LinkAction, linkId: string): Promise<boolean> {
    if (this.#isAsked(linkId)) return false;
    try {
      await this.#order(action, linkId);
      notes.close(`link ${linkId}`);
      await fleet.refresh();
      return true;
    } catch (thrown) {
      notes.fail(`link ${linkId}`, thrown);
      return false;
    }
  }

  /** Asks the same of many calendars, a few at a time, and tells how many the receiver took; answers with those, or none when it refused any. */
  async runMany(action: BulkAction, ids: readonly string[]): Promise<string[]> {
    const left = ids.filter((id) => !this.#isAsked(id));
    const refused: Refusal[] = [];
    const begun: { operation: string; link: string }[] = [];
    const worker = async (): Promise<void> => {
      for (let id = left.pop(); id !== undefined; id = left.pop()) {
        try {
          begun.push({ operation: await this.#order(action, id), link: id });
        } catch (thrown) {
          refused.push(refusalOf(thrown));
        }
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await fleet.refresh();
    const cause = `many ${action}`;
    const [first] = refused;
    if (first) {
      const title = t('bulk.refused', { refused: refused.length, n: ids.length, why: first.message });
      notes.show({ cause, tone: 'bad', title, body: first.action });
      return [];
    }
    if (begun.length === 0) return [];
    const title = t(`bulk.doing.${action}`, { n: begun.length });
    notes.show({ cause, tone: 'ok', title, body: t(action === 'renew' ? 'bulk.old_stays' : 'bulk.steps') });
    if (action === 'renew') followRenewals(begun, cause);
    return begun.map((one) => one.link);
  }

  /** Pauses them, and offers to take it back. */
  async pause(links: readonly Link[]): Promise<void> {
    const ids = await this.runMany(
      'pause',
      links.map((link) => link.id),
    );
    if (ids.length === 0) return;
    const only = ids.length === 1 ? links.find((link) => link.id === ids[0]) : undefined;
    const what = only ? `${only.clinic_name} · ${only.calendar_name}` : t('n.calendars', { n: ids.length });
    const offer = { label: t('pause.undo'), act: () => this.#undoPause(ids) };
    notes.show({ cause: 'many pause', tone: 'ok', title: t('pause.paused', { what }), body: '', offer });
  }

  /** The pause was taken, so nothing of it is waited for any more. */
  #undoPause(ids: readonly string[]): void {
    for (const id of ids) delete this.#asked[id];
    void this.runMany('resume', ids);
  }

  async renewDue(due: number): Promise<void> {
    this.renewingDue = true;
    try {
      await ask({ call: 'renew_due' });
      const title = t('bulk.doing.renew', { n: due });
      notes.show({ cause: 'renew due', tone: 'ok', title, body: t('bulk.steps_renewal') });
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
    return this.#isAsked(linkId) ? (this.#asked[linkId]?.action ?? null) : null;
  }

  /** Asks the receiver; its operation's id. */
  async #order(action: LinkAction, linkId: string): Promise<string> {
    this.#asked[linkId] = { action, operation: null };
    try {
      const { operation } = await ask({ call: action, link_id: linkId } as Ask<LinkAction>);
      this.#asked[linkId] = { action, operation };
      setTimeout(() => {
        if (this.#asked[linkId]?.operation === operation) delete this.#asked[linkId];
      }, FORGET_AFTER_MS);
      return operation;
    } catch (thrown) {
      delete this.#asked[linkId];
      throw thrown;
    }
  }

  /** Until the operation is seen: from then on its own state says what is so. */
  #isAsked(linkId: string): boolean {
    const asked = this.#asked[linkId];
    if (!asked) return false;
    return !fleet.snapshot?.operations.some((one) => one.id === asked.operation);
  }
}

export const actions = new Actions();
