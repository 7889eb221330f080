import en from '../../messages/en.json';
import { DAY, fullDay, latency, MINUTE, SECOND } from './format';
import { type MessageKey, speech, t } from './messages.svelte';
import type { Activity, OperationState, Reason } from './wire';

// The receiver writes what happened in English, once and for good, so that an old line and an older receiver can be read
// as well: the English messages are the patterns by which it is known again, and their gaps are carried over.

/** What happened. */
const LINES = [
  'told.linked',
  'told.opening',
  'told.proved',
  'told.unproved',
  'told.renewed',
  'told.renewal_failed',
  'told.no_push',
  'told.refused',
  'told.due',
  'told.stopped',
  'told.expired',
  'told.took_over',
  'told.fell_back',
  'told.push_back',
  'told.first_sync',
  'told.resync',
  'told.held',
  'told.applied',
  'told.nothing_new',
  'told.sync_failed',
  'told.said_410',

  'told.grant_lost',
  'told.grant_back',
  'told.test_passed',
  'told.test_failed',
  'told.drill',
  'told.drill_passed',
  'told.drill_failed',
  'told.paused',
  'told.resumed',
  'told.orphan',
  'told.not_told',
  'told.conflict',
  'n.missed',
] as const;

/** The rest of it. */
const DETAILS = [
  'told.after_opening',
  'told.no_handshake',
  'told.verified',
  'told.by_design',
  'told.expires',
  'told.after_overlap',
  'told.no_successor',
  'told.drill_wants',
  'told.listed',
  'told.decide',
  'told.by_check',
  'told.by_run',
  'told.in',
  'told.dropped',
  'told.reconnect',
  'told.none_back',
  'told.on_purpose',
  'told.proved_again',
  'told.unknown_orphan',
  'told.send_again',
  'told.google_won',
  'told.clinic_won',
  'told.no_more',
  'told.next_try',
] as const;

/** Why something did not work. */
const CAUSES = [
  'told.cause.no_address',
  'told.cause.no_public_address',
  'told.cause.not_supported',
  'told.cause.url_not_https',
  'told.cause.url_unauthorized',
  'told.cause.watch_refused',
  'told.cause.watch_failing',
  'told.cause.no_handshake',
  'told.cause.expired',
  'told.cause.opening',
  'told.cause.rate_limit',
  'told.cause.not_watchable',
  'told.cause.not_https',
  'told.cause.not_accepted',
  'told.cause.timeout',
  'told.cause.unreachable',
  'told.cause.unreadable',
  'told.cause.internal',
  'told.cause.gone',
  'told.cause.forbidden',
  'told.cause.grant',
  'told.cause.silent',
  'told.cause.was_paused',
  'told.cause.disconnected',
  'told.cause.said',
] as const;

/** Whole sentences: why a calendar is in its state, and how an operation ended. */
const SENTENCES = [
  'told.why.paused',
  'told.why.resume',
  'told.why.ended',
  'told.why.nothing',
  'told.why.grant_lost',
  'told.why.reconnect',
  'told.why.renewal',
  'told.why.old_stays',
  'told.why.tried_now',
  'told.why.unread',
  'told.why.tried_safe',
  'told.why.no_address',
  'told.why.deploy',
  'told.why.opening',
  'told.why.drill',
  'told.why.ran_out',
  'told.why.new_channel',
  'told.why.silent',
  'told.why.check_address',
  'told.why.failing',
  'told.why.by_design',
  'told.why.refused',
  'told.why.correct',
  'told.why.closely',

  'told.why.not_watched',
  'told.why.no_channel',
  'told.why.renewal_runs',
  'told.why.renewal_proves',
  'told.why.drill_proves',
  'told.why.keep_live',
  'told.why.no_polling',
  'told.why.test_runs',
  'told.why.test_runs_already',
  'told.why.drill_runs',
  'told.why.not_stopped',
  'told.why.took_long',
  'told.why.drill_passed',
  'told.why.drill_failed',
  'told.why.not_started',
  'told.why.is_paused',
  'told.why.connect_first',
  'told.why.was_disconnected',
  'told.why.test_not_opened',
  'told.why.reached',
  'told.why.test_silent',
  'told.why.only_polls',
  'told.why.not_reached',
  'told.why.valid',
  'told.why.not_synced',
  'told.why.up_to_date',
  'told.why.one_applied',
  'told.why.some_applied',
  'told.why.sync_failed',
  'told.why.google_refused',
  'told.why.did_not_work',
  'told.why.opened_silent',
  'told.why.old_until',
  'told.why.polled_meanwhile',
] as const;

const UNITS: Record<string, number> = { ms: 1, s: SECOND, min: MINUTE };

/** What happened, such as "2 changes applied"; as it was written where nothing fits. */
export const lineWords = (item: Pick<Activity, 'text'>): string => spoken(item.text, LINES) ?? item.text;

/** The rest of it, such as "in 1.2 s", or nothing. */
export function detailWords(item: Pick<Activity, 'detail' | 'at'>): string {
  const [text, at] = [item.detail ?? '', Date.parse(item.at)];
  return spoken(text, DETAILS, at) ?? spoken(text, CAUSES) ?? sentenceWords(text, at);
}

/** Why a calendar is in its state. */
export const causeWords = (reason: Reason): string => sentenceWords(reason.message, Date.parse(reason.since_at));

/** What a person can do about it, or that nothing is needed. */
export const remedyWords = (reason: Reason): string => sentenceWords(reason.action, Date.parse(reason.since_at));

/** How an operation ended. */
export const endWords = ({ message, at = '' }: Pick<OperationState, 'message'> & { at?: string }): string =>
  sentenceWords(message, Date.parse(at));

/** Sentences, all of them or none. */
function sentenceWords(text: string, at: number): string {
  const all = text.split(/(?<=\.) (?=[A-Z])/).map((one) => spoken(one, SENTENCES, at) ?? spokenCause(one));
  return all.every((one) => one !== null) ? all.join(' ') : text;
}

/** A cause that stands as a sentence. */
function spokenCause(text: string): string | null {
  const cause = text.endsWith('.') ? spoken(text.slice(0, -1), CAUSES) : null;
  return cause === null ? null : `${cause}.`;
}

const known = new Map<MessageKey, RegExp>();

/** The English message as a pattern, its gaps by name. */
function patternOf(key: MessageKey): RegExp {
  const found = known.get(key);
  if (found) return found;
  const message = en[key];
  const forms = typeof message === 'string' ? [message] : Object.values(message);
  const sources = forms.map((form, at) =>
    form.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}_${at}>.+?)`),
  );
  const pattern = new RegExp(`^(?:${sources.join('|')})$`);
  known.set(key, pattern);
  return pattern;
}

/** The text as the first of these messages that fits it, in the window's language. */
function spoken(text: string, keys: readonly MessageKey[], at = 0): string | null {
  if (speech.language === 'en') return text;
  const plain = text.replaceAll("'", '’');
  for (const key of keys) {
    const fits = patternOf(key).exec(plain);
    if (!fits) continue;
    const held = Object.entries(fits.groups ?? {}).filter(([, value]) => value !== undefined);
    const gaps = Object.fromEntries(
      held.map(([name, value]) => {
        const plainName = name.replace(/_\d$/, '');
        return [plainName, gapOf(plainName, value, at)];
      }),
    );
    return (t as (key: MessageKey, gaps: Record<string, string | number>) => string)(key, gaps);
  }
  return null;
}

/** What fills a gap, as the language writes it. */
function gapOf(name: string, value: string, at: number): string | number {
  switch (name) {
    case 'n':
    case 'changes':
      return Number(value);
    case 'at':
      return dayOf(value, at);
    case 'why':
      return spoken(value, CAUSES) ?? sentenceWords(value, at);
    case 'span':
    case 'span2':
    case 'span3':
      return spanOf(value);
    default:
      return value;
  }
}

/** "1.2 s", with the language's own decimal sign. */
function spanOf(value: string): string {
  const [number, unit] = value.split(' ');
  const ms = Number(number) * (UNITS[unit ?? ''] ?? NaN);
  return Number.isFinite(ms) ? latency(ms) : value;
}

/** "30 Nov 13:40 UTC" in the zone shown; its year is the one that lies nearest to when it was written. */
function dayOf(value: string, written: number): string {
  const year = new Date(written).getUTCFullYear();
  const times = [year - 1, year, year + 1].map((one) => Date.parse(value.replace(/^(\d+ \w+) /, `$1 ${one} `)));
  const near = times.find((time) => Math.abs(time - written) < 182 * DAY);
  return near === undefined ? value : fullDay(near);
}
