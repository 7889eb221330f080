import { untrack } from 'svelte';
import { changedRows, type Chip, keepOrder, passes, worstFirst } from '$lib/order';
import { isDue } from '$lib/standing';
import { clock } from '$lib/state/clock.svelte';
import { fleet } from '$lib/state/fleet.svelte';
import type { Link } from '$lib/wire';

/** The rows of the channel table: what is shown, in an order that changes only when a person asks. */
export class Roster {
  chip = $state<Chip>('all');
  words = $state('');
  /** The address of the receiver whose calendars are shown; empty: all. */
  receiver = $state('');
  /** The row that the keys work on. */
  cursor = $state(0);
  /** The calendars that a bulk action works on. */
  picked = $state.raw<ReadonlySet<string>>(new Set());
  #anchor: string | null = null;
  /** Fixed from the start where calendars are known; set later, it would have every row looked at twice before it is seen. */
  #order = $state.raw<string[]>(untrack(() => worstFirst(fleet.links, clock.now)));

  /** A receiver that was forgotten meanwhile hides nothing. */
  readonly #wantedReceiver = $derived(
    fleet.several && fleet.receivers.some((known) => known.entry.address === this.receiver) ? this.receiver : '',
  );
  readonly #wanted = $derived(worstFirst(fleet.links, clock.minute));
  readonly order = $derived(keepOrder(this.#order, this.#wanted));
  /** How many rows would move; they wait for a click. */
  readonly moved = $derived(this.#order.length === 0 ? 0 : changedRows(this.order, this.#wanted));
  readonly rows: Link[] = $derived(
    (this.#order.length === 0 ? this.#wanted : this.order)
      .map((id) => fleet.byId.get(id))
      .filter((link) => link !== undefined)
      .filter(
        (link) => this.#wantedReceiver === '' || fleet.owners.get(link.id)?.entry.address === this.#wantedReceiver,
      )
      .filter((link) => passes(link, this.chip, this.words, clock.minute, fleet.pollingIsNormal)),
  );
  readonly due = $derived(fleet.links.filter(isDue).length);

  /** Takes the worst-first order as it is now. */
  settle(): void {
    this.#order = worstFirst(fleet.links, clock.now);
    this.cursor = 0;
  }

  /** Fixes the order once the first rows are here. */
  hold(): void {
    if (this.#order.length === 0 && fleet.links.length > 0) this.#order = worstFirst(fleet.links, clock.now);
  }

  /** Rows that are picked and still shown. */
  readonly chosen: Link[] = $derived(
    this.picked.size === 0 ? [] : this.rows.filter((link) => this.picked.has(link.id)),
  );

  /** Picks a row or lets it go; with `range` all rows from the last one picked. */
  pick(id: string, range = false): void {
    const next = new Set(this.picked);
    const ids = this.rows.map((link) => link.id);
    const [from, to] = [ids.indexOf(this.#anchor ?? id), ids.indexOf(id)];
    if (range && from >= 0) for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(one);
    else if (!next.delete(id)) next.add(id);
    this.#anchor = id;
    this.picked = next;
  }

  /** Picks every row shown, or none when all are. */
  pickAll(): void {
    const all = this.chosen.length === this.rows.length;
    this.picked = all ? new Set() : new Set(this.rows.map((link) => link.id));
  }

  unpick(): void {
    this.picked = new Set();
  }

  step(by: number): void {
    this.cursor = Math.min(Math.max(0, this.cursor + by), Math.max(0, this.rows.length - 1));
  }
}
