import en from '../../messages/en.json';
import { capital, clockSeconds, DAY, duration, fullDay, HOUR, latency, MINUTE, roughly, SECOND } from './format';
import { type MessageKey, speech, t } from './messages.svelte';
import { CAUSES, DETAILS, LINES, SENTENCES } from './sayings';
import type { Activity, OperationState, Reason, ReceiverState } from './wire';

// The receiver and the agent write in English, the receiver's lines once and for good, so that an old line and an older
// receiver can be read as well: the English messages are the patterns by which a text is known again, and their gaps are
// carried over.

const UNITS: Record<string, number> = { ms: 1, s: SECOND, min: MINUTE, h: HOUR, d: DAY };

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

/** Google's words for its refusals that are likelier than others. */
const CODES = {
  rateLimitExceeded: 'told.cause.rate_limit',
  userRateLimitExceeded: 'told.cause.rate_limit',
  quotaExceeded: 'told.cause.rate_limit',
  dailyLimitExceeded: 'told.cause.rate_limit',
  calendarUsageLimits: 'told.cause.rate_limit',
  RATE_LIMIT_EXCEEDED: 'told.cause.rate_limit',
  RESOURCE_EXHAUSTED: 'told.cause.rate_limit',
  pushNotSupportedForRequestedResource: 'told.cause.not_watchable',
  webhookUrlNotHttps: 'told.cause.not_https',
  webhookUrlUnauthorized: 'told.cause.not_accepted',
  'push.webhookUrlUnauthorized': 'told.cause.not_accepted',
  timeout: 'told.cause.timeout',
  unreachable: 'told.cause.unreachable',
  malformed_answer: 'told.cause.unreadable',
  backendError: 'told.cause.internal',
  internalError: 'told.cause.internal',
  notFound: 'told.cause.gone',
  forbidden: 'told.cause.forbidden',
  insufficientPermissions: 'told.cause.forbidden',
  forbiddenForNonOrganizer: 'told.cause.not_organizer',
  conditionNotMet: 'told.cause.changed',
  invalid: 'told.cause.invalid',
  invalidParameter: 'told.cause.invalid',
  badRequest: 'told.cause.invalid',
  invalid_grant: 'told.cause.grant',
  authError: 'told.cause.grant',
  invalid_rapt: 'told.cause.grant',
  rapt_required: 'told.cause.grant',
  admin_policy_enforced: 'told.cause.grant',
  org_internal: 'told.cause.grant',
  access_denied: 'told.cause.grant',
  invalid_client: 'told.cause.client',
  unauthorized_client: 'told.cause.client',
  deleted_client: 'told.cause.client',
  disabled_client: 'told.cause.client',
  unrecognised_answer: 'told.cause.not_googles',
  unspecified: 'told.cause.no_reason',
} as const satisfies Record<string, MessageKey>;

/** What Google means by a word of its own; the word itself where it is a rare one. */
export function codeWords(code: string): string {
  const isKnown = (word: string): word is keyof typeof CODES => Object.hasOwn(CODES, word);
  return isKnown(code) ? t(CODES[code]) : t('told.cause.said', { word: code });
}

/** Sentences, such as a refusal or how the receiver is reached: all of them or none; `at` is when they were written. */
export function sentenceWords(text: string, at = NaN): string {
  const parts = text.split(/(?<=\.) (?=[A-Z0-9])/);
  const said: string[] = [];
  while (parts.length > 0) {
    const known = firstKnown(parts, at);
    if (!known) return text;
    said.push(known.words);
    parts.splice(0, known.length);
  }
  return said.join(' ');
}

/** What several receivers wrote, each behind its name. */
export function namedWords(text: string, receivers: readonly Called[]): string {
  const starts = receivers
    .map((receiver) => ({ receiver, at: text.indexOf(`${receiver.title}: `) }))
    .filter(({ at }) => at >= 0)
    .toSorted((a, b) => a.at - b.at);
  if (starts.length === 0) return sentenceWords(text);
  const said = starts.map(({ receiver, at }, i) => {
    const own = text.slice(at + receiver.title.length + 2, starts[i + 1]?.at);
    return `${receiverStart(receiver)}: ${sentenceWords(own.trim())}`;
  });
  return said.join(' ');
}

/** What says how a receiver is called. */
export type Called = Pick<ReceiverState, 'title'> & { entry: Pick<ReceiverState['entry'], 'local' | 'name'> };

/** What a receiver is called: its name, its address, or that it runs here, which the agent says in English. */
export const receiverName = ({ title, entry }: Called): string =>
  entry.local && entry.name === '' ? t('receiver.here') : title;

/** The same where a sentence begins; a name that a person gave stays as it is. */
export const receiverStart = (receiver: Called): string =>
  receiver.entry.name === '' ? capital(receiverName(receiver)) : receiverName(receiver);

/** The fewest parts from the start that are known together: a name may hold a full stop. */
function firstKnown(parts: readonly string[], at: number): { words: string; length: number } | null {
  for (let length = 1; length <= parts.length; length += 1) {
    const one = parts.slice(0, length).join(' ');
    const words = spoken(one, SENTENCES, at) ?? spokenCause(one);
    if (words !== null) return { words, length };
  }
  return null;
}

/** A cause that stands as a sentence. */
function spokenCause(text: string): string | null {
  const cause = text.endsWith('.') ? spoken(text.slice(0, -1), CAUSES) : null;
  return cause === null ? null : `${cause}.`;
}

const known = new Map<MessageKey, RegExp>();

/** The English message as a pattern, its gaps by name; a word of Google's is one. */
function patternOf(key: MessageKey): RegExp {
  const found = known.get(key);
  if (found) return found;
  const message = en[key];
  const forms = typeof message === 'string' ? [message] : Object.values(message);
  const sources = forms.map((form, at) =>
    form
      .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
      .replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}_${at}>${name === 'word' ? '\\S+' : '.+?'})`),
  );
  const pattern = new RegExp(`^(?:${sources.join('|')})$`);
  known.set(key, pattern);
  return pattern;
}

/** The text as the first of these messages that fits it, in the window's language; English needs its times told only. */
function spoken(text: string, keys: readonly MessageKey[], at = NaN): string | null {
  if (speech.language === 'en') return withoutCodes(text).replace(UTC_TIME, (time) => timeOf(time, at));
  const plain = withoutCodes(text).replaceAll("'", '’');
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

/** Without the word that receivers once wrote beside what it means. */
const withoutCodes = (text: string): string =>
  text
    .replace(/(honours (?:the connection|this consent)) \(\w+\)(?=\.)/, '$1')
    .replace(/^\w[\w ]*; (?=connect Google again$)/, '');

/** What fills a gap, as the language writes it. */
function gapOf(name: string, value: string, at: number): string | number {
  switch (name) {
    case 'n':
    case 'changes':
      return Number(value);
    case 'left':
      return leftOf(value);
    case 'at':
    case 'time':
      return timeOf(value, at);
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

/** "2 d 4 h", in the language's units. */
function leftOf(value: string): string {
  const parts = [...value.matchAll(/(\d+) (d|h|min)/g)].map(([, n, unit]) => Number(n) * (UNITS[unit ?? ''] ?? 0));
  if (parts.length === 0) return value === 'under a minute' ? t('now.moment') : value;
  const ms = parts.reduce((sum, part) => sum + part);
  return ms < HOUR ? roughly(ms) : duration(ms);
}

/** The times that the receiver and the agent write: "30 Nov 13:40 UTC", and "11:42:33 UTC" of the next such moment. */
const UTC_TIME = /\b\d{1,2} [A-Z][a-z]{2} \d\d:\d\d UTC\b|\b\d\d:\d\d:\d\d UTC\b/g;

/** Such a time in the zone shown, as other times are; untouched when nobody knows when it was written. */
function timeOf(value: string, written: number): string {
  return /^\d\d:/.test(value) ? momentOf(value, written) : dayOf(value, written);
}

/** The day whose year lies nearest to when it was written. */
function dayOf(value: string, written: number): string {
  const year = new Date(written).getUTCFullYear();
  const times = [year - 1, year, year + 1].map((one) => Date.parse(value.replace(/^(\d+ \w+) /, `$1 ${one} `)));
  const near = times.find((time) => Math.abs(time - written) < 182 * DAY);
  return near === undefined ? value : fullDay(near);
}

/** The first such moment from when it was written, which is known to the second. */
function momentOf(value: string, written: number): string {
  if (Number.isNaN(written)) return value;
  const today = Date.parse(`${new Date(written).toISOString().slice(0, 10)}T${value.slice(0, 8)}Z`);
  if (Number.isNaN(today)) return value;
  return clockSeconds(today < written - SECOND ? today + DAY : today);
}
