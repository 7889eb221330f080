import type { Counts, Link, Rhythm } from '$lib/wire';
import { ago, counted, duration, fullDay, millis, MINUTE, roughly } from './format';
import { t } from './messages.svelte';
import { isLate } from './standing';

/** A piece of a sentence; the strong ones are what a reader looks for. */
export interface Piece {
  text: string;
  strong?: boolean;
}

/** Words up to the minute: a sentence need not tick. */
function left(ms: number): string {
  return ms < MINUTE ? 'under a minute' : duration(ms).replace(/ min \d+ s$/, ' min');
}

function expiry(link: Link, now: number): Piece[] {
  const expires = millis(link.channel?.expires_at);
  if (expires === null || expires <= now) return [];
  const pieces: Piece[] = [
    { text: ' Expires in ' },
    { text: left(expires - now), strong: true },
    { text: ` (${fullDay(expires)})` },
  ];
  const renews = millis(link.channel?.renews_at);
  if (link.state === 'renewing' || renews === null) pieces.push({ text: '.' });
  else if (renews > now)
    pieces.push({ text: ' and renews by itself ' }, { text: `in ${left(renews - now)}`, strong: true }, { text: '.' });
  else if (isLate(link, now))
    pieces.push(
      { text: '; renewal was planned ' },
      { text: ago(renews, now), strong: true },
      { text: ' and is tried again by itself.' },
    );
  else pieces.push({ text: ' and renews by itself ' }, { text: 'any moment', strong: true }, { text: '.' });
  return pieces;
}

const openings: Record<Link['state'], string> = {
  live: 'Live.',
  due: 'Live, due for renewal.',
  renewing: 'Renewing: the old channel stays in charge until the new one has proved itself.',
  unproved: 'Unproved: the channel is open, but no handshake has come.',
  polling: 'On polling: changes arrive with the next check.',
  expired: 'Expired: no channel watches this calendar.',
  reconnect_needed: 'Not watched: Google wants to be connected again.',
  paused: 'Paused: nobody is watching this calendar.',
};

/** Shorter where the reason follows. */
const withReason: Record<Link['state'], string> = {
  ...openings,
  unproved: 'Unproved.',
  polling: 'On polling.',
  expired: 'Expired.',
  reconnect_needed: 'Not watched.',
  paused: 'Paused.',
};

/** How a link stands, why, and what happens by itself. */
export function standingSentence(link: Link, now: number): Piece[] {
  const pieces: Piece[] = [{ text: link.reason ? withReason[link.state] : openings[link.state] }];
  if (link.reason) {
    const since = millis(link.reason.since_at);
    const sinceWords = since === null || now - since < MINUTE ? '' : ` So for ${roughly(now - since)}.`;
    pieces.push({ text: ` ${link.reason.message}${sinceWords} ${link.reason.action}` });
  }
  if (link.held_cancellations > 0) {
    pieces.push({
      text: ` ${counted(link.held_cancellations, 'cancellation')} held for approval, nothing was deleted.`,
      strong: true,
    });
  }
  pieces.push(...expiry(link, now));
  return pieces;
}

/** What was last heard, in one line. */
export function lastHeard(link: Link, now: number): string {
  const by = { handshake: 'a handshake', change: 'a change', canary: 'a delivery test' } as const;
  const proof = link.proof
    ? `Push last proved by ${by[link.proof.by]} ${ago(link.proof.at, now)}`
    : 'Push not proved yet';
  return link.synced_at ? `${proof}; last run ${ago(link.synced_at, now)}.` : `${proof}.`;
}

function partOfDay(now: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en', { weekday: 'long', hour: 'numeric', hourCycle: 'h23', timeZone: zone });
  const part = (type: string): string => parts.formatToParts(now).find((one) => one.type === type)?.value ?? '';
  const hour = Number(part('hour'));
  const words = hour < 6 ? 'night' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening';
  return `${part('weekday')} ${words}`;
}

/** What is usual for this calendar at this hour, and whether its silence is; nothing while too little is known. */
export function rhythmWords(rhythm: Rhythm | null, now: number, zone: string): string {
  if (!rhythm || rhythm.silence === 'unknown' || !rhythm.last_change_at) return '';
  const when = partOfDay(now, zone);
  const usual = rhythm.usual_gap_ms
    ? `this calendar usually has one every ${roughly(rhythm.usual_gap_ms)} on a ${when}`
    : `this calendar has hardly any on a ${when}`;
  const verdict =
    rhythm.silence === 'unusual'
      ? ' Such a long silence is unusual: press Test delivery to see whether Google still reaches the receiver.'
      : '';
  return `Last change ${ago(rhythm.last_change_at, now)}; ${usual}.${verdict}`;
}

/** Which leg of the way makes most of the latency, in words. */
export function blame(
  deliveryMs: number | null,
  pickupMs: number | null,
  applyMs: number | null,
  targetMs: number,
): string {
  const legs: [string, number | null, string][] = [
    ['Google’s own leg', deliveryMs, 'nothing to do here'],
    ['waiting for a run', pickupMs, 'the receiver is busy or a run was under way'],
    ['fetching and applying', applyMs, 'Google’s answers or the store are slow'],
  ];
  const known = legs.filter((leg): leg is [string, number, string] => leg[1] !== null);
  if (known.length === 0) return 'No change was measured in this time.';
  const [name, ms, hint] = known.reduce((worst, leg) => (leg[1] > worst[1] ? leg : worst));
  const sum = known.reduce((all, leg) => all + leg[1], 0);
  const share = sum > 0 ? Math.round((ms / sum) * 100) : 0;
  const start = `${name.charAt(0).toUpperCase()}${name.slice(1)} makes ${share} % of the median`;
  return sum > targetMs ? `${start}: ${hint}.` : `${start}; the median is within the target.`;
}

/** "11 of 12 calendars are live."; `byDesign` of them are polled because Google has no push there. */
export function liveSentence(counts: Counts, byDesign: number): string {
  const { total } = counts;
  const live = counts.live + counts.due + counts.renewing;
  const well = live + byDesign;
  if (total === 0) return t('live.none');
  if (total === 1) return live === 1 ? t('live.one') : t(well === 1 ? 'live.one_by_design' : 'live.one_not');
  if (live === total) return t('live.all', { total });
  return t(well === total ? 'live.rest_by_design' : 'live.some', { n: live, total });
}
