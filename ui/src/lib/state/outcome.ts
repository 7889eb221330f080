import { fullDay } from '$lib/format';
import { t } from '$lib/messages.svelte';
import { outcomeOf } from '$lib/outcome';
import { endWords } from '$lib/told';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';

const LOOK_EVERY_MS = 500;
/** What takes longer than this is told by the rows and by its alert. */
const FOLLOW_MOST_MS = 5 * 60_000;

/** Follows renewals that were begun together, and tells in their note what came of them. */
export function followRenewals(begun: readonly { operation: string; link: string }[], cause: string): void {
  const [operations, links] = [begun.map((one) => one.operation), begun.map((one) => one.link)];
  const until = Date.now() + FOLLOW_MOST_MS;
  const look = setInterval(() => {
    const { failed, open } = outcomeOf(operations, fleet.snapshot?.operations ?? []);
    if (open > 0 && Date.now() < until) return;
    clearInterval(look);
    if (open > 0) return;
    const [first] = failed;
    if (first) {
      const title = t('renewed.failed', { failed: failed.length, n: begun.length });
      notes.show({ cause, tone: 'bad', title, body: endWords(first) });
    } else {
      notes.show({ cause, tone: 'ok', title: renewedWords(links), body: expiryWords(links) });
    }
  }, LOOK_EVERY_MS);
}

function renewedWords(linkIds: readonly string[]): string {
  const only = linkIds.length === 1 ? fleet.byId.get(linkIds[0] ?? '') : undefined;
  return only
    ? t('renewed.one', { name: `${only.clinic_name} · ${only.calendar_name}` })
    : t('renewed.all', { n: linkIds.length });
}

function expiryWords(linkIds: readonly string[]): string {
  const ends = linkIds.map((id) => fleet.byId.get(id)?.channel?.expires_at).filter((at) => typeof at === 'string');
  const [first] = ends.sort();
  if (!first) return '';
  return t(ends.length === 1 ? 'renewed.valid' : 'work.expiry', { when: fullDay(first) });
}
