import { duration, roughly, SECOND } from './format';
import { t } from './messages.svelte';

/** Less is within what a network's delays hide. */
const NAMED_FROM_MS = 2 * SECOND;

/** This computer's clock against the receiver's, when it is worth a word: ages shown here are off by as much. */
export function skewWords(aheadMs: number | null): string {
  if (aheadMs === null || Math.abs(aheadMs) < NAMED_FROM_MS) return '';
  const by = Math.abs(aheadMs) < 90 * SECOND ? roughly(Math.abs(aheadMs)) : duration(Math.abs(aheadMs));
  return aheadMs > 0 ? t('skew.ahead', { by }) : t('skew.behind', { by });
}
