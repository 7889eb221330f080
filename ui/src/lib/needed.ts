import type { GrantEnding, Link } from '$lib/wire';
import { counted, fullDay, millis, MINUTE, roughly } from './format';
import type { Piece } from './sentence';
import { isLate } from './standing';

const nameOf = (link: Link): string => `${link.clinic_name} · ${link.calendar_name}`;

/** What a person must do now about a calendar; nothing while it heals by itself. */
function hand(link: Link): string | null {
  if (link.state === 'reconnect_needed') return `connect ${link.clinic_name} to Google again`;
  if (link.held_cancellations > 0) return `decide on the cancellations held for ${nameOf(link)}`;
  return null;
}

/** When a person is next needed, in words, and what happens by itself until then. */
export function nextNeeded(links: readonly Link[], endings: readonly GrantEnding[], now: number): Piece[] {
  const hands = [...new Set(links.map(hand).filter((one) => one !== null))];
  const [first, ...others] = hands;
  if (first) {
    const more = others.length > 0 ? `, and ${counted(others.length, 'more thing')}` : '';
    return [{ text: 'A person is needed now: ', strong: true }, { text: `${first}${more}.` }];
  }
  const deadline = [...lateOnes(links, now), ...ends(links, endings)].sort((a, b) => a.at - b.at)[0];
  if (deadline) {
    return [{ text: `A person is needed by ${fullDay(deadline.at)}`, strong: true }, { text: ` ${deadline.words}` }];
  }
  return [{ text: 'You can leave it alone: ', strong: true }, { text: expectation(links, now) }];
}

interface Deadline {
  at: number;
  words: string;
}

/** Renewals that keep failing, each until its channel expires. */
function lateOnes(links: readonly Link[], now: number): Deadline[] {
  return links
    .filter((link) => isLate(link, now))
    .map((link) => ({
      at: millis(link.channel?.expires_at) ?? now,
      words: `if the renewal of ${nameOf(link)} goes on failing; until then it is tried again by itself.`,
    }));
}

/** Consents whose end is foretold. */
function ends(links: readonly Link[], endings: readonly GrantEnding[]): Deadline[] {
  return endings.flatMap((ending) => {
    const clinic = links.find((link) => link.grant_id === ending.grant_id)?.clinic_name;
    const at = millis(ending.ends_at);
    return clinic && at !== null
      ? [{ at, words: `to connect ${clinic} to Google again before its consent ends.` }]
      : [];
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
  if (!next) return 'no manual deadline.';
  const soon = next.at - now < MINUTE ? 'within a minute' : `in ${roughly(next.at - now)}`;
  return `no manual deadline. Next, ${nameOf(next.link)} renews by itself ${soon}.`;
}
