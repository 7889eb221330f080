import type { Link } from '$lib/wire';
import { millis } from './format';
import { drawnOf, isDue, needsAttention, standingOf } from './standing';

export type Chip = 'all' | 'due' | 'attention';

function expiry(link: Link): number {
  return millis(link.channel?.expires_at) ?? Number.POSITIVE_INFINITY;
}

const byName = new Intl.Collator('en').compare;

/** Worst first; among equals the one that expires first, then by name. */
export function worstFirst(links: readonly Link[], now: number): string[] {
  const keyed = links.map((link) => ({ link, rank: drawnOf(link, now).rank, expires: expiry(link) }));
  keyed.sort(
    (a, b) =>
      a.rank - b.rank ||
      (a.expires === b.expires ? 0 : a.expires - b.expires) ||
      byName(a.link.clinic_name, b.link.clinic_name) ||
      byName(a.link.calendar_name, b.link.calendar_name) ||
      (a.link.id < b.link.id ? -1 : 1),
  );
  return keyed.map((entry) => entry.link.id);
}

/** The order on screen once rows came and went: nothing that stays moves, newcomers go to the end. */
export function keepOrder(shown: readonly string[], wanted: readonly string[]): string[] {
  const present = new Set(wanted);
  const kept = shown.filter((id) => present.has(id));
  const known = new Set(kept);
  return [...kept, ...wanted.filter((id) => !known.has(id))];
}

/** How many rows stand elsewhere than they should. */
export function changedRows(shown: readonly string[], wanted: readonly string[]): number {
  return wanted.reduce((sum, id, index) => sum + (shown[index] === id ? 0 : 1), 0);
}

/** Whether a row passes the chip and the words typed. */
export function passes(link: Link, chip: Chip, words: string, now: number, pollingIsNormal: boolean): boolean {
  if (chip === 'due' && !isDue(link)) return false;
  if (chip === 'attention' && !needsAttention(link, now, pollingIsNormal)) return false;
  return matches(words, [link.clinic_name, link.calendar_name, link.account, standingOf(link, now).word]);
}

/** Whether every word typed occurs somewhere in the texts. */
export function matches(words: string, texts: readonly string[]): boolean {
  if (words.trim() === '') return true;
  const haystack = texts.join('\n').toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => haystack.includes(word));
}
