import { type MessageKey, t } from './messages.svelte';
import { codeWords } from './told';

/** The stable words for why nobody watched, or why a calendar was polled, that are not Google's. */
const CAUSES = {
  no_public_address: 'told.cause.no_public_address',
  push_not_supported: 'told.no_push',
  webhook_url_not_https: 'told.cause.not_https',
  webhook_url_unauthorized: 'told.cause.not_accepted',
  watch_refused: 'told.refused',
  watch_failing: 'cause.watch_failing',
  no_handshake: 'told.cause.no_handshake',
  channel_expired: 'told.cause.expired',
  opening: 'cause.opening',
  fire_drill: 'cause.fire_drill',
  grant_lost: 'told.grant_lost',
  paused: 'cause.paused',
  ended: 'told.cause.disconnected',
  receiver_asleep: 'cause.asleep',
} as const satisfies Record<string, MessageKey>;

/** Why a calendar was on polling or in a gap; Google's own word is told as elsewhere. */
export function spanCause(code: string): string {
  const isKnown = (word: string): word is keyof typeof CAUSES => Object.hasOwn(CAUSES, word);
  return isKnown(code) ? t(CAUSES[code]) : codeWords(code);
}
