import { duration, roughly, SECOND } from './format';
import { t } from './messages.svelte';

/** Less is within what a network's delays hide. */
const NAMED_FROM_MS = 2 * SECOND;

/** By how much, as far as it is worth a word. */
function by(aheadMs: number | null): string {
  const ms = Math.abs(aheadMs ?? 0);
  if (ms < NAMED_FROM_MS) return '';
  return ms < 90 * SECOND ? roughly(ms) : duration(ms);
}

/** The clocks that differ, a sentence each: this computer's makes ages wrong, the receiver's latencies. */
export function skewWords(aheadMs: number | null, googleAheadMs: number | null): string {
  const own = by(aheadMs);
  const receivers = by(googleAheadMs);
  const told: string[] = [];
  if (own) told.push(t((aheadMs ?? 0) > 0 ? 'skew.ahead' : 'skew.behind', { by: own }));
  if (receivers)
    told.push(t((googleAheadMs ?? 0) > 0 ? 'skew.receiver_behind' : 'skew.receiver_ahead', { by: receivers }));
  return told.join(' ');
}

/** This computer's clock beside the receiver's. */
export function ownClock(aheadMs: number | null): string {
  if (aheadMs === null) return '—';
  const differs = by(aheadMs);
  if (!differs) return t('clock.as_receiver');
  return t(aheadMs > 0 ? 'clock.before_receiver' : 'clock.after_receiver', { by: differs });
}

/** The receiver's clock beside Google's. */
export function receiverClock(googleAheadMs: number | null): string {
  if (googleAheadMs === null) return '—';
  const differs = by(googleAheadMs);
  if (!differs) return t('clock.as_google');
  return t(googleAheadMs > 0 ? 'clock.after_google' : 'clock.before_google', { by: differs });
}
