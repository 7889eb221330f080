import { ask, troubleOf } from '$lib/backend';
import { t } from '$lib/messages.svelte';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';

/** What a person does with the receivers this computer is paired with. */
class Receivers {
  /** Shows this one on the pages of a single receiver. */
  async choose(address: string): Promise<void> {
    try {
      await ask({ call: 'choose_receiver', address });
      await fleet.refresh();
    } catch (thrown) {
      notes.fail('receivers', thrown);
    }
  }

  /** Answers with what went wrong; empty when nothing did. */
  async rename(address: string, name: string): Promise<string> {
    return this.#told(() => ask({ call: 'rename_receiver', address, name }));
  }

  /** Answers with what went wrong; empty when nothing did. */
  async forget(address: string, title: string): Promise<string> {
    const trouble = await this.#told(() => ask({ call: 'forget_receiver', address }));
    if (trouble === '') {
      const body = t('forget.done_about');
      notes.show({ cause: 'receivers', tone: 'ok', title: t('forget.done', { name: title }), body });
    }
    return trouble;
  }

  #told(order: () => Promise<unknown>): Promise<string> {
    return troubleOf(async () => {
      await order();
      await fleet.refresh();
    });
  }
}

export const receivers = new Receivers();
