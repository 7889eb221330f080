import { type Refusal, refusalOf } from '$lib/backend';
import { shared } from '$lib/shared';

/** A value that is fetched again and again: the last one stays visible while the next is on its way. */
export class Loaded<T> {
  value = $state.raw<T | null>(null);
  error = $state.raw<Refusal | null>(null);
  loading = $state(false);
  #turn = 0;

  /** Takes the answer unless a later call was made meanwhile. */
  async load(fetching: () => Promise<T>): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.loading = true;
    try {
      const value = await fetching();
      if (turn !== this.#turn) return;
      this.value = shared(this.value, value);
      this.error = null;
    } catch (thrown) {
      if (turn === this.#turn) this.error = refusalOf(thrown);
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  /** Forgets the value, for another subject. */
  clear(): void {
    this.#turn += 1;
    this.value = null;
    this.error = null;
    this.loading = false;
  }
}
