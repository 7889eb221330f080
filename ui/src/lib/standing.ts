import type { Link, LinkState } from '$lib/wire';
import { HOUR, millis } from './format';
import { t } from './messages.svelte';
import { unsentAfter } from './patience.svelte';

export type Tone = 'ok' | 'warn' | 'bad' | 'plain';
export type ShapeName = 'dot' | 'half' | 'arrow' | 'triangle' | 'dashed' | 'square' | 'ring' | 'question';

/** How a link stands, as a person sees it: a word, a shape, a colour, and how bad it is (0 is worst). */
export interface Standing {
  word: string;
  shape: ShapeName;
  tone: Tone;
  rank: number;
}

type Drawn = Omit<Standing, 'word'>;

const standings: Record<LinkState, Drawn> = {
  expired: { shape: 'square', tone: 'bad', rank: 0 },
  reconnect_needed: { shape: 'square', tone: 'bad', rank: 1 },
  unproved: { shape: 'triangle', tone: 'warn', rank: 2 },
  polling: { shape: 'dashed', tone: 'plain', rank: 4 },
  renewing: { shape: 'arrow', tone: 'ok', rank: 5 },
  due: { shape: 'half', tone: 'warn', rank: 5 },
  live: { shape: 'dot', tone: 'ok', rank: 6 },
  paused: { shape: 'ring', tone: 'plain', rank: 7 },
};
const held: Drawn = { shape: 'triangle', tone: 'warn', rank: 2 };
const late: Drawn = { shape: 'triangle', tone: 'warn', rank: 3 };
const unsent: Drawn = { shape: 'triangle', tone: 'warn', rank: 3 };
const unread: Drawn = { shape: 'triangle', tone: 'warn', rank: 3 };

/** A renewal this long past its plan is late; the receiver retries at least hourly. */
export const LATE_AFTER_MS = HOUR;

/** Whether renewal should have happened by now, or its time has come and it is failing. */
export function isLate(link: Link, now: number): boolean {
  const planned = millis(link.channel?.renews_at);
  const past = now - (planned ?? now);
  return link.state === 'due' && (past > LATE_AFTER_MS || (past > 0 && link.reason?.code === 'renewal_failing'));
}

/** When the first channel of these runs out. */
export function firstExpiry(links: readonly Link[], now: number): string | null {
  const ahead = links
    .map((link) => link.channel?.expires_at ?? null)
    .filter((at) => at !== null && (millis(at) ?? 0) > now);
  return ahead.sort()[0] ?? null;
}

/** Whether its changes can't be read, though Google may well tell of them. */
const isUnread = (link: Link): boolean => link.reason?.code === 'sync_failing';

/** Whether edits of the clinic's system have long waited for Google. */
export function isUnsent(link: Link, now: number): boolean {
  const since = millis(link.outbound?.since_at);
  return since !== null && now - since >= unsentAfter();
}

export function standingOf(link: Link, now: number): Standing {
  return { word: t(`state.${wordOf(link, now)}`), ...drawnOf(link, now) };
}

/** How it is drawn and how bad it is, without words. */
export function drawnOf(link: Link, now: number): Drawn {
  const own = isLate(link, now) ? late : standings[link.state];
  if (link.held_cancellations > 0 && own.rank > held.rank) return held;
  if (isUnread(link) && own.rank > unread.rank) return unread;
  return isUnsent(link, now) && own.rank > unsent.rank ? unsent : own;
}

function wordOf(link: Link, now: number): LinkState | 'held' | 'late' | 'unread' | 'unsent' {
  const drawn = drawnOf(link, now);
  if (drawn === held) return 'held';
  if (drawn === late) return 'late';
  if (drawn === unread) return 'unread';
  return drawn === unsent ? 'unsent' : link.state;
}

/** Whether a person should look; polling is normal on a receiver that Google can't reach, and for what has no push. */
export function needsAttention(link: Link, now: number, pollingIsNormal: boolean): boolean {
  if (link.held_cancellations > 0 || isUnsent(link, now)) return true;
  if (link.state === 'polling') return !pollingIsNormal && link.reason?.code !== 'push_not_supported';
  return drawnOf(link, now).rank < 4;
}

export function isDue(link: Link): boolean {
  return link.state === 'due' || link.state === 'renewing';
}

/** What the row's button offers. */
export type RowAction = 'renew' | 'retry' | 'reconnect' | 'resume';

export function rowAction(link: Link): RowAction {
  if (link.state === 'polling') return 'retry';
  if (link.state === 'reconnect_needed') return 'reconnect';
  return link.state === 'paused' ? 'resume' : 'renew';
}
