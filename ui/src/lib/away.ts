import type { Activity, Link } from '$lib/wire';
import { millis, roughly } from './format';
import { t } from './messages.svelte';

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

/** Counts the lines between two instants; they may come in any order. A consent is lost once for all its calendars. */
export function stretchOf(
  lines: readonly Activity[],
  links: readonly Pick<Link, 'id' | 'grant_id'>[],
  [from, to]: readonly [number, number],
): Stretch {
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
  const grants = new Map(links.map((link) => [link.id, link.grant_id]));
  const lost = new Set<string>();
  const ends = (link: string, at: number): void => {
    const began = since.get(link);
    if (began !== undefined) sum.fallbacks.push(at - began);
    since.delete(link);
  };
  for (const line of [...lines].sort((a, b) => a.seq - b.seq)) {
    const at = millis(line.at) ?? 0;
    if (at < from || at > to) continue;
    const link = line.link_id ?? '';
    const grant = grants.get(link) ?? link;
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
        // Quiet is one that nobody meant to renew.
        if (line.tone !== 'quiet') sum.expired += 1;
        break;
      case 'grant_lost':
        if (!lost.has(grant)) sum.consents += 1;
        lost.add(grant);
        break;
      case 'grant_restored':
        lost.delete(grant);
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

/** What several receivers brought, in one sum. */
export function together(sums: readonly Stretch[]): Stretch {
  const of = (count: (sum: Stretch) => number): number => sums.reduce((all, sum) => all + count(sum), 0);
  return {
    renewals: of((sum) => sum.renewals),
    fallbacks: sums.flatMap((sum) => sum.fallbacks),
    polling: of((sum) => sum.polling),
    changes: of((sum) => sum.changes),
    missed: of((sum) => sum.missed),
    expired: of((sum) => sum.expired),
    consents: of((sum) => sum.consents),
    held: of((sum) => sum.held),
  };
}

function fallbackWords({ fallbacks, polling }: Stretch): string {
  const [only, ...others] = fallbacks;
  if (only === undefined) return '';
  const all = fallbacks.reduce((sum, ms) => sum + ms, 0);
  if (others.length === 0) return t(polling > 0 ? 'away.fallback_lasts' : 'away.fallback', { span: roughly(only) });
  const still = polling === 0 ? '' : t('away.still', { n: polling });
  return `${t('away.fallbacks', { n: fallbacks.length, span: roughly(all) })}${still}`;
}

/** "2 renewals, one fallback to polling for 6 min, nothing lost."; how it ended only with the links as they stand now. */
export function stretchWords(sum: Stretch, links: readonly Link[] | null): string {
  const parts = [
    sum.renewals > 0 ? t('away.renewals', { n: sum.renewals }) : '',
    sum.changes + sum.missed > 0 ? t('away.applied', { n: sum.changes + sum.missed }) : '',
    fallbackWords(sum),
    sum.missed > 0 ? t('away.missed', { n: sum.missed }) : '',
    sum.expired > 0 ? t('away.expired', { n: sum.expired }) : '',
    sum.consents > 0 ? t('away.consents', { n: sum.consents }) : '',
    sum.held > 0 ? (sum.held === 1 ? t('away.held_once') : t('away.held_times', { n: sum.held })) : '',
  ].filter(Boolean);
  const words = [...(parts.length > 0 ? parts : [t('away.nothing')]), ...(links ? [standWords(links)] : [])];
  return `${words.join(', ')}.`;
}

function standWords(links: readonly Link[]): string {
  const unwatched = links.filter((link) => link.state === 'expired' || link.state === 'reconnect_needed').length;
  return unwatched === 0 ? t('away.nothing_lost') : t('away.unwatched', { n: unwatched });
}
