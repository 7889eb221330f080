import type { GrantEnding, Link } from '$lib/wire';
import { fullDay, millis, MINUTE, roughly } from './format';
import { t } from './messages.svelte';
import { type Piece, pieces } from './sentence';
import { isLate, isUnsent, needsAttention } from './standing';

const nameOf = (link: Link): string => `${link.clinic_name} · ${link.calendar_name}`;

/** What a person must do now about a calendar; nothing while it heals by itself. */
function hand(link: Link, now: number): string | null {
  if (link.state === 'reconnect_needed') return t('needed.reconnect', { clinic: link.clinic_name });
  if (link.held_cancellations > 0) return t('needed.decide', { name: nameOf(link) });
  if (link.outbound?.refused && isUnsent(link, now)) return t('needed.unsent', { name: nameOf(link) });
  if (link.state === 'paused' && isUnsent(link, now)) return t('needed.resume', { name: nameOf(link) });
  return null;
}

/** When a person is next needed, in words, and what happens by itself until then. */
export function nextNeeded(links: readonly Link[], endings: readonly GrantEnding[], now: number): Piece[] {
  const lost = (link: Link): number => Number(link.state === 'reconnect_needed');
  const worst = links.toSorted((a, b) => lost(b) - lost(a));
  const hands = [...new Set(worst.map((link) => hand(link, now)).filter((one) => one !== null))];
  const [first, ...others] = hands;
  if (first) {
    const more = others.length > 0 ? t('needed.more', { n: others.length }) : '';
    return pieces(t('needed.now', { what: first, more }));
  }
  const deadline = [...lateOnes(links, now), ...ends(links, endings)].sort((a, b) => a.at - b.at)[0];
  if (deadline) return pieces(deadline.words);
  const ailing = links.filter((link) => needsAttention(link, now, true)).length;
  return pieces(ailing > 0 ? t('needed.healing', { n: ailing }) : expectation(links, now));
}

interface Deadline {
  at: number;
  words: string;
}

/** Renewals that keep failing, each until its channel expires. */
function lateOnes(links: readonly Link[], now: number): Deadline[] {
  return links
    .filter((link) => isLate(link, now))
    .map((link) => {
      const at = millis(link.channel?.expires_at) ?? now;
      return { at, words: t('needed.late', { when: fullDay(at), name: nameOf(link) }) };
    });
}

/** Consents whose end is foretold. */
function ends(links: readonly Link[], endings: readonly GrantEnding[]): Deadline[] {
  return endings.flatMap((ending) => {
    const clinic = links.find((link) => link.grant_id === ending.grant_id)?.clinic_name;
    const at = millis(ending.ends_at);
    return clinic && at !== null ? [{ at, words: t('needed.ends', { when: fullDay(at), clinic }) }] : [];
  });
}

/** The next thing that happens by itself. */
function expectation(links: readonly Link[], now: number): string {
  const next = links
    .map((link) => ({ link, at: millis(link.channel?.renews_at) }))
    .filter(
      (one): one is { link: Link; at: number } => one.at !== null && one.at > now && one.link.state !== 'renewing',
    )
    .sort((a, b) => a.at - b.at)[0];
  if (!next) return t('needed.none');
  const name = nameOf(next.link);
  return next.at - now < MINUTE
    ? t('needed.none_soon', { name })
    : t('needed.none_next', { name, span: roughly(next.at - now) });
}
