import { ask, type Refusal } from '$lib/backend';
import { Loaded } from '$lib/state/loaded.svelte';
import { notes } from '$lib/state/notes.svelte';
import type { Activity, Page } from '$lib/wire';

const PAGE = 200;
/** Pages that are fetched by themselves while too little of them matches. */
const PAGES_BY_ITSELF = 8;

/** The biography of all calendars, newest first: the newest page follows what happens, older ones are added on demand. */
export class Feed {
  readonly #newest = new Loaded<Page<Activity>>();
  #shown = $state.raw<readonly Activity[] | null>(null);
  #older = $state.raw<readonly Activity[]>([]);
  #next = $state<string | null | undefined>(undefined);
  fetching = $state(false);
  /** New lines wait for a click, because a person is reading further down. */
  held = $state(false);

  readonly #first: readonly Activity[] = $derived(
    this.held && this.#shown ? this.#shown : (this.#newest.value?.items ?? []),
  );
  readonly items: readonly Activity[] = $derived.by(() => {
    const known = new Set(this.#first.map((item) => item.id));
    return [...this.#first, ...this.#older.filter((item) => !known.has(item.id))];
  });
  /** How many lines wait. */
  readonly waiting: number = $derived.by(() => {
    const newestShown = this.#first[0]?.seq;
    if (!this.held || newestShown === undefined) return 0;
    return (this.#newest.value?.items ?? []).filter((item) => item.seq > newestShown).length;
  });
  readonly cursor: string | null | undefined = $derived(
    this.#next === undefined ? this.#newest.value?.next : this.#next,
  );
  readonly loaded: boolean = $derived(this.#newest.value !== null);
  readonly error: Refusal | null = $derived(this.#newest.error);

  /** Looks for new lines. */
  async refresh(): Promise<void> {
    const before = this.#newest.value;
    await this.#newest.load(() => ask({ call: 'activity', limit: PAGE }));
    // What fell off the newest page stays in the list.
    if (before && this.#newest.value !== before) this.#older = joined(before.items, this.#older);
    if (this.#next === undefined && before) this.#next = before.next;
  }

  hold(reading: boolean): void {
    if (reading && !this.held) this.#shown = this.#newest.value?.items ?? null;
    this.held = reading;
  }

  /** One page further back. */
  async more(): Promise<void> {
    const cursor = this.cursor;
    if (!cursor || this.fetching) return;
    this.fetching = true;
    try {
      const page = await ask({ call: 'activity', after: cursor, limit: PAGE });
      this.#older = joined(this.#older, page.items);
      this.#next = page.next;
    } catch (thrown) {
      notes.fail('activity', thrown);
      this.#next = null;
    } finally {
      this.fetching = false;
    }
  }

  /** Goes on until `enough` holds, for a filter that hides most of a page. */
  async moreUntil(enough: () => boolean): Promise<void> {
    for (let pages = 0; pages < PAGES_BY_ITSELF && this.cursor && !enough(); pages += 1) await this.more();
  }
}

/** Both lists without doubles, newest first. */
function joined(newer: readonly Activity[], older: readonly Activity[]): Activity[] {
  const known = new Set(newer.map((item) => item.id));
  return [...newer, ...older.filter((item) => !known.has(item.id))];
}
