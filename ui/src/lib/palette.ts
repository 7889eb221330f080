import { t } from './messages.svelte';

/** Something that the palette goes to or does. */
export interface Entry {
  /** Stable, so that it is known again as a recent one. */
  id: string;
  group: string;
  title: string;
  /** What stands beside the title: an account, a state. */
  note?: string;
  /** The keys that do the same. */
  keys?: string;
  /** Further words under which it is found. */
  words?: string;
  act: () => void;
}

/** Entries shown at once. */
export const MOST_SHOWN = 40;
/** Of a group, while nothing is typed. */
const MOST_IN_GROUP = 6;

/** How well a title answers the words: 0 is best; null when a word is missing. */
function fit(entry: Entry, words: readonly string[]): number | null {
  const title = entry.title.toLowerCase();
  const all = `${title}\n${(entry.note ?? '').toLowerCase()}\n${(entry.words ?? '').toLowerCase()}`;
  if (!words.every((word) => all.includes(word))) return null;
  const [first = ''] = words;
  if (title.startsWith(first)) return 0;
  if (title.split(/[\s·]+/).some((part) => part.startsWith(first))) return 1;
  return title.includes(first) ? 2 : 3;
}

/** What the palette lists: the recent ones first while nothing is typed, then what fits the words best. */
export function find(entries: readonly Entry[], typed: string, recent: readonly string[]): Entry[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const order = (id: string): number => (recent.includes(id) ? recent.indexOf(id) : recent.length);
  if (words.length === 0) {
    const known = new Map(entries.map((entry) => [entry.id, entry]));
    const again = recent.map((id) => known.get(id)).filter((entry) => entry !== undefined);
    const taken = new Set(again.map((entry) => entry.id));
    const count = new Map<string, number>();
    const screens = t('palette.go');
    const rest = entries.filter((entry) => {
      const n = count.get(entry.group) ?? 0;
      count.set(entry.group, n + 1);
      return !taken.has(entry.id) && (entry.group === screens || n < MOST_IN_GROUP);
    });
    return [...again.map((entry) => ({ ...entry, group: t('palette.recent') })), ...rest].slice(0, MOST_SHOWN);
  }
  return entries
    .map((entry, place) => ({ entry, place, fit: fit(entry, words) }))
    .filter((one): one is { entry: Entry; place: number; fit: number } => one.fit !== null)
    .sort((a, b) => a.fit - b.fit || order(a.entry.id) - order(b.entry.id) || a.place - b.place)
    .slice(0, MOST_SHOWN)
    .map((one) => one.entry);
}

/** Neighbours of one group under its name; a group may come again further down. */
export function grouped(entries: readonly Entry[]): { name: string; entries: Entry[] }[] {
  const groups: { name: string; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last?.name === entry.group) last.entries.push(entry);
    else groups.push({ name: entry.group, entries: [entry] });
  }
  return groups;
}

/** The list of recent ones after `id` was chosen. */
export function remembered(recent: readonly string[], id: string, most = 5): string[] {
  return [id, ...recent.filter((one) => one !== id)].slice(0, most);
}
