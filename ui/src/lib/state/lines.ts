import { ask } from '$lib/backend';
import { millis } from '$lib/format';
import type { Activity } from '$lib/wire';
import { fleet } from './fleet.svelte';

const PAGE = 1000;
const MOST_PAGES = 20;

/** Lines of the biography since an instant, newest first, and whether that is all of them. */
export interface Lines {
  items: readonly Activity[];
  whole: boolean;
}

/** Reads the biography back to `from`, page by page, up to a bound; of the chosen receiver unless its address is told. */
export async function linesSince(from: number, receiver?: string): Promise<Lines> {
  const items: Activity[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { items: more, next } = await ask({
      call: 'activity',
      limit: PAGE,
      ...(receiver ? { receiver } : {}),
      ...(after ? { after } : {}),
    });
    items.push(...more.filter((line) => (millis(line.at) ?? 0) >= from));
    const oldest = millis(more.at(-1)?.at);
    if (!next || oldest === null || oldest < from) return { items, whole: true };
    after = next;
  }
  return { items, whole: false };
}

/** The biography of every receiver back to `from`: one that is silent tells what it told before. */
export function everyLineSince(from: number): Promise<Lines[]> {
  const addresses = fleet.several ? fleet.receivers.map((receiver) => receiver.entry.address) : [undefined];
  return Promise.all(addresses.map((address) => linesSince(from, address)));
}
