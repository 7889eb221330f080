import type { Counts, Link, Rhythm } from '$lib/wire';
import { ago, clockTime, dayMonth, dayTime, duration, fullDay, millis, MINUTE, roughly } from './format';
import { speech, t } from './messages.svelte';
import { isLate } from './standing';
import { causeWords, codeWords, remedyWords } from './told';

/** A piece of a sentence; the strong ones are what a reader looks for. */
export interface Piece {
  text: string;
  strong?: boolean;
}

/** A message whose strong parts stand between double stars. */
export function pieces(text: string): Piece[] {
  const parts = text.split('**').map((part, i) => (i % 2 === 1 ? { text: part, strong: true } : { text: part }));
  return parts.filter((part) => part.text !== '');
}

/** Words up to the minute: a sentence need not tick. */
function left(ms: number): string {
  return ms < MINUTE ? t('standing.under_minute') : duration(ms).replace(/ min \d+ s$/, ' min');
}

function expiry(link: Link, now: number): Piece[] {
  const expires = millis(link.channel?.expires_at);
  if (expires === null || expires <= now) return [];
  const words = { span: left(expires - now), when: fullDay(expires) };
  const renews = millis(link.channel?.renews_at);
  const failing = link.reason?.code === 'renewal_failing';
  if (link.state === 'renewing' || renews === null || (failing && renews > now))
    return pieces(t('standing.expires', words));
  if (renews > now) return pieces(t('standing.expires_renews', { ...words, renews: left(renews - now) }));
  return pieces(
    isLate(link, now)
      ? t('standing.expires_late', { ...words, ago: ago(renews, now) })
      : t('standing.expires_soon', words),
  );
}

/** How it stands; shorter where the reason follows. */
function opening(link: Link): string {
  switch (link.state) {
    case 'live':
    case 'due':
    case 'renewing':
      return t(`opening.${link.state}`);
    default:
      return link.reason ? t(`opening.short_${link.state}`) : t(`opening.${link.state}`);
  }
}

/** How a link stands, why, and what happens by itself. */
export function standingSentence(link: Link, now: number): Piece[] {
  const told: Piece[] = [{ text: opening(link) }];
  if (link.reason) {
    const since = millis(link.reason.since_at);
    const sinceWords =
      since === null || now - since < MINUTE ? '' : t('standing.so_for', { span: roughly(now - since) });
    told.push({ text: ` ${causeWords(link.reason)}${sinceWords}${tried(link, now)} ${remedyWords(link.reason)}` });
  }
  if (link.held_cancellations > 0) {
    told.push({ text: t('standing.held', { n: link.held_cancellations }), strong: true });
  }
  told.push(...waiting(link, now), ...expiry(link, now));
  return told;
}

/** How often a channel was asked for in vain, and when it is tried again. */
function tried({ attempts }: Link, now: number): string {
  if (!attempts) return '';
  const next = millis(attempts.next_at);
  const n = attempts.failed;
  return next === null || next <= now
    ? t('standing.tried', { n })
    : t('standing.tried_next', { n, when: dayMonth(next) === dayMonth(now) ? clockTime(next) : dayTime(next) });
}

/** Edits that Google has not taken: how many, how long, what it answered, and what heals it. */
function waiting(link: Link, now: number): Piece[] {
  const { outbound, state } = link;
  if (!outbound) return [];
  const span = left(now - (millis(outbound.since_at) ?? now));
  const why = outbound.failure ? t('standing.unsent_why', { cause: codeWords(outbound.failure) }) : '';
  const retried = state === 'paused' ? 'standing.unsent_paused' : 'standing.unsent_retried';
  const remedy = t(outbound.refused ? 'standing.unsent_refused' : retried);
  return [{ text: t('standing.unsent', { n: outbound.edits, span }), strong: true }, { text: `${why}. ${remedy}` }];
}

/** What was last heard, in one line. */
export function lastHeard(link: Link, now: number): string {
  const proof = link.proof
    ? t('heard.proved', { by: t(`proof.${link.proof.by}`), ago: ago(link.proof.at, now) })
    : t('heard.not_proved');
  return link.synced_at ? t('heard.run', { proof, ago: ago(link.synced_at, now) }) : `${proof}.`;
}

function partOfDay(now: number, zone: string): string {
  const clock = new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone: zone });
  const hour = Number(clock.formatToParts(now).find((one) => one.type === 'hour')?.value ?? 0);
  const day = new Intl.DateTimeFormat(speech.locale, { weekday: 'long', timeZone: zone }).format(now);
  const part = hour < 6 ? 'night' : hour < 12 ? 'morning' : hour < 18 ? 'afternoon' : 'evening';
  return t(`rhythm.${part}`, { day });
}

/** What is usual for this calendar at this hour, and whether its silence is; nothing while too little is known. */
export function rhythmWords(rhythm: Rhythm | null, now: number, zone: string): string {
  if (!rhythm || rhythm.silence === 'unknown' || !rhythm.last_change_at) return '';
  const when = partOfDay(now, zone);
  const last = ago(rhythm.last_change_at, now);
  const usual = rhythm.usual_gap_ms
    ? t('rhythm.usual', { ago: last, span: roughly(rhythm.usual_gap_ms), when })
    : t('rhythm.hardly', { ago: last, when });
  return rhythm.silence === 'unusual' ? `${usual}${t('rhythm.unusual')}` : usual;
}

/** Which leg of the way makes most of the latency, in words. */
export function blame(
  deliveryMs: number | null,
  pickupMs: number | null,
  applyMs: number | null,
  targetMs: number,
): string {
  const legs: [string, number | null, string][] = [
    [t('blame.google'), deliveryMs, t('blame.google_hint')],
    [t('blame.pickup'), pickupMs, t('blame.pickup_hint')],
    [t('blame.apply'), applyMs, t('blame.apply_hint')],
  ];
  const known = legs.filter((leg): leg is [string, number, string] => leg[1] !== null);
  if (known.length === 0) return t('latency.none_here');
  const [name, ms, hint] = known.reduce((worst, leg) => (leg[1] > worst[1] ? leg : worst));
  const sum = known.reduce((all, leg) => all + leg[1], 0);
  const share = sum > 0 ? Math.round((ms / sum) * 100) : 0;
  return sum > targetMs ? t('blame.over', { name, share, hint }) : t('blame.within', { name, share });
}

/** "11 of 12 calendars are live."; `byDesign` of them are polled because Google has no push there. */
export function liveSentence(counts: Counts, byDesign: number): string {
  const { total } = counts;
  const live = counts.live + counts.due + counts.renewing;
  const well = live + byDesign;
  if (total === 0) return t('live.none');
  if (total === 1) return live === 1 ? t('live.one') : t(well === 1 ? 'live.one_by_design' : 'live.one_not');
  if (live === total) return t('live.all', { total });
  if (well < total) return t('live.some', { n: live, total });
  return t('live.rest_by_design', { n: live, total, rest: t('live.by_design', { n: byDesign }) });
}
