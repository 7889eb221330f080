import type { Activity, Link } from '$lib/wire';
import { counted, millis, roughly } from './format';

/** What a stretch of time brought, counted from its lines. */
export interface Stretch {
  renewals: number;
  /** Times on polling, each as long as it lasted within the stretch. */
  fallbacks: number[];
  /** Of them, those that still last. */
  polling: number;
  changes: number;
  missed: number;
  expired: number;
  consents: number;
  held: number;
}

const firstNumber = (text: string): number => Number(/\d+/.exec(text)?.[0] ?? 0);

/** Counts the lines between two instants; they may come in any order. */
export function stretchOf(lines: readonly Activity[], from: number, to: number): Stretch {
  const sum: Stretch = {
    renewals: 0,
    fallbacks: [],
    polling: 0,
    changes: 0,
    missed: 0,
    expired: 0,
    consents: 0,
    held: 0,
  };
  const since = new Map<string, number>();
  const ends = (link: string, at: number): void => {
    const began = since.get(link);
    if (began !== undefined) sum.fallbacks.push(at - began);
    since.delete(link);
  };
  for (const line of [...lines].sort((a, b) => a.seq - b.seq)) {
    const at = millis(line.at) ?? 0;
    if (at < from || at > to) continue;
    const link = line.link_id ?? '';
    switch (line.kind) {
      case 'renewed':
        sum.renewals += 1;
        ends(link, at);
        break;
      case 'polling':
        if (!since.has(link)) since.set(link, at);
        break;
      case 'push_restored':
      case 'channel_proved':
      case 'paused':
        ends(link, at);
        break;
      case 'changes_applied':
        sum.changes += firstNumber(line.text);
        break;
      case 'missed_changes':
        sum.missed += firstNumber(line.text);
        break;
      case 'channel_expired':
        sum.expired += 1;
        break;
      case 'grant_lost':
        sum.consents += 1;
        break;
      case 'mass_change_held':
        sum.held += 1;
        break;
    }
  }
  sum.polling = since.size;
  for (const began of since.values()) sum.fallbacks.push(to - began);
  return sum;
}

function fallbackWords({ fallbacks, polling }: Stretch): string {
  const [only, ...others] = fallbacks;
  if (only === undefined) return '';
  const all = fallbacks.reduce((sum, ms) => sum + ms, 0);
  const still =
    polling === 0 ? '' : polling === 1 && others.length === 0 ? ', which lasts' : `, ${polling} of which last`;
  return others.length === 0
    ? `one fallback to polling for ${roughly(only)}${still}`
    : `${fallbacks.length} fallbacks to polling, ${roughly(all)} in all${still}`;
}

/** "2 renewals, one fallback to polling for 6 min, nothing lost." */
export function stretchWords(sum: Stretch, links: readonly Link[]): string {
  const unwatched = links.filter((link) => link.state === 'expired' || link.state === 'reconnect_needed').length;
  const parts = [
    sum.renewals > 0 ? counted(sum.renewals, 'renewal') : '',
    sum.changes + sum.missed > 0 ? `${counted(sum.changes + sum.missed, 'change')} applied` : '',
    fallbackWords(sum),
    sum.missed > 0 ? `${counted(sum.missed, 'change')} that Google did not announce, found by a check` : '',
    sum.expired > 0 ? `${counted(sum.expired, 'channel')} that expired` : '',
    sum.consents > 0 ? `${counted(sum.consents, 'consent')} lost` : '',
    sum.held > 0 ? `cancellations held ${sum.held === 1 ? 'once' : `${sum.held} times`}` : '',
  ].filter(Boolean);
  const loss =
    unwatched === 0
      ? 'nothing lost'
      : unwatched === 1
        ? '1 calendar is not watched now'
        : `${unwatched} calendars are not watched now`;
  const words = [...(parts.length > 0 ? parts : ['nothing of note']), loss].join(', ');
  return `${words}.`;
}
