import { refusalOf } from '$lib/backend';

export interface Note {
  cause: string;
  tone: 'ok' | 'bad' | 'plain';
  title: string;
  body: string;
}

const GOOD_STAYS_MS = 6000;

/** In-window messages: one live per cause, newer replaces older; bad ones stay until closed. */
class Notes {
  list = $state<Note[]>([]);
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  show(note: Note): void {
    this.close(note.cause);
    this.list = [...this.list, note];
    if (note.tone !== 'bad')
      this.#timers.set(
        note.cause,
        setTimeout(() => this.close(note.cause), GOOD_STAYS_MS),
      );
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
  }
}

export const notes = new Notes();
