import type { Link, LinkState } from '$lib/wire';
import { HOUR, millis } from './format';

export type Tone = 'ok' | 'warn' | 'bad' | 'plain';
export type ShapeName = 'dot' | 'half' | 'arrow' | 'triangle' | 'dashed' | 'square' | 'ring' | 'question';

/** How a link stands, as a person sees it: a word, a shape, a colour, and how bad it is (0 is worst). */
export interface Standing {
  word: string;
  shape: ShapeName;
  tone: Tone;
  rank: number;
}

const standings: Record<LinkState, Standing> = {
  expired: { word: 'Expired', shape: 'square', tone: 'bad', rank: 0 },
  reconnect_needed: { word: 'Reconnect', shape: 'square', tone: 'bad', rank: 1 },
  unproved: { word: 'Unproved', shape: 'triangle', tone: 'warn', rank: 2 },
  polling: { word: 'Polling', shape: 'dashed', tone: 'plain', rank: 4 },
  renewing: { word: 'Renewing', shape: 'arrow', tone: 'ok', rank: 5 },
  due: { word: 'Due', shape: 'half', tone: 'warn', rank: 5 },
  live: { word: 'Live', shape: 'dot', tone: 'ok', rank: 6 },
  paused: { word: 'Paused', shape: 'ring', tone: 'plain', rank: 7 },
};
const held: Standing = { word: 'Held', shape: 'triangle', tone: 'warn', rank: 2 };
const late: Standing = { word: 'Late', shape: 'triangle', tone: 'warn', rank: 3 };

/** A renewal this long past its plan is late; the receiver retries at least hourly. */
export const LATE_AFTER_MS = HOUR;

/** Whether renewal should have happened by now, or its time has come and it is failing. */
export function isLate(link: Link, now: number): boolean {
  const planned = millis(link.channel?.renews_at);
  const past = now - (planned ?? now);
  return link.state === 'due' && (past > LATE_AFTER_MS || (past > 0 && link.reason?.code === 'renewal_failing'));
}

export function standingOf(link: Link, now: number): Standing {
  const own = isLate(link, now) ? late : standings[link.state];
  return link.held_cancellations > 0 && own.rank > held.rank ? held : own;
}

/** Whether a person should look; polling is normal on a receiver that Google can't reach, and for what has no push. */
export function needsAttention(link: Link, now: number, pollingIsNormal: boolean): boolean {
  if (link.held_cancellations > 0) return true;
  if (link.state === 'polling') return !pollingIsNormal && link.reason?.code !== 'push_not_supported';
  return standingOf(link, now).rank < 4;
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
