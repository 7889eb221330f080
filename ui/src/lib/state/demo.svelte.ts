import { ask, refusalOf } from '$lib/backend';
import { fleet } from './fleet.svelte';
import { router } from './router.svelte';

/** Going into the demo and out of it again. */
class DemoDoor {
  busy = $state(false);
  trouble = $state('');

  /** Starts the demo that ships with the app and shows its overview. */
  begin(): Promise<void> {
    return this.#pass('begin_demo');
  }

  /** Ends it; nothing of it is kept. */
  leave(): Promise<void> {
    return this.#pass('leave_demo');
  }

  async #pass(call: 'begin_demo' | 'leave_demo'): Promise<void> {
    this.busy = true;
    this.trouble = '';
    try {
      await ask({ call });
      await fleet.refresh();
      router.go('#/overview');
    } catch (thrown) {
      const refusal = refusalOf(thrown);
      this.trouble = `${refusal.message} ${refusal.action}`;
    } finally {
      this.busy = false;
    }
  }
}

export const demo = new DemoDoor();
