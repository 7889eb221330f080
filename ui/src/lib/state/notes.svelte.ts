import { refusalOf } from '$lib/backend';
import { t } from '$lib/messages.svelte';

export interface Note {
  cause: string;
  tone: 'ok' | 'bad' | 'plain';
  title: string;
  body: string;
  /** What undoes it, or leads to more about it. */
  offer?: Offer;
}

export type Offer = { label: string; href: string } | { label: string; act: () => void };

const GOOD_STAYS_MS = 6000;
/** What offers something is reached by keyboard as well before it goes. */
const OFFER_STAYS_MS = 20_000;

/** The way to the audit entry of what was just done. */
export const toTrail = (): Offer => ({ label: t('note.trail'), href: '#/activity?trail' });

/** In-window messages: one live per cause, newer replaces older; bad ones stay until closed. */
class Notes {
  list = $state<Note[]>([]);
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();
  /** Somebody reads: the pointer or the focus is on a message. */
  #read = false;

  show(note: Note): void {
    this.close(note.cause);
    this.list = [...this.list, note];
    this.#count(note);
  }

  /** Whether a person is at the messages now; none goes by itself until they leave. */
  reads(read: boolean): void {
    if (read === this.#read) return;
    this.#read = read;
    for (const note of this.list) this.#count(note);
  }

  /** Shows a failure as what is wrong and what heals it. */
  fail(cause: string, thrown: unknown): void {
    const refusal = refusalOf(thrown);
    this.show({ cause, tone: 'bad', title: refusal.message, body: refusal.action });
  }

  close(cause: string): void {
    clearTimeout(this.#timers.get(cause));
    this.#timers.delete(cause);
    if (this.list.some((note) => note.cause === cause)) this.list = this.list.filter((note) => note.cause !== cause);
    if (this.list.length === 0) this.#read = false;
  }

  /** Counts a good message's time from now on, or not at all while it is read. */
  #count({ cause, tone, offer }: Note): void {
    clearTimeout(this.#timers.get(cause));
    this.#timers.delete(cause);
    if (tone === 'bad' || this.#read) return;
    this.#timers.set(
      cause,
      setTimeout(() => this.close(cause), offer ? OFFER_STAYS_MS : GOOD_STAYS_MS),
    );
  }
}

export const notes = new Notes();
