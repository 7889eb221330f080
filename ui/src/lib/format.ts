import { speech, t } from './messages.svelte';
import { civil, zoneName } from './zone.svelte';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const two = (n: number): string => String(n).padStart(2, '0');

/** How long calendars were watched in all: of ten calendars, a day is ten. */
export function watchedSpan(linkDays: number): string {
  if (linkDays >= 10) return t('span.channel_days', { n: Math.round(linkDays) });
  if (linkDays * 24 >= 1) return t('span.channel_hours', { n: Math.round(linkDays * 24) });
  return t('span.channel_minutes', { n: Math.max(1, Math.round(linkDays * 1440)) });
}

/** `Intl`'s formats, one of each kind and language: making one takes longer than writing a hundred numbers. */
const formats = new Map<string, Intl.DateTimeFormat>();
const numbers = new Map<string, Intl.NumberFormat>();

/** A part of a civil date in the words of the window's language. */
function words(ms: number, part: 'weekday' | 'day'): string {
  const key = `${part} ${speech.locale}`;
  let format = formats.get(key);
  if (!format) {
    const options = part === 'weekday' ? { weekday: 'short' } : { day: 'numeric', month: 'short' };
    format = new Intl.DateTimeFormat(speech.locale, { ...options, timeZone: 'UTC' } as Intl.DateTimeFormatOptions);
    formats.set(key, format);
  }
  const { year, month, day } = civil(ms);
  return format.format(Date.UTC(year, month, day));
}

/** A number with so many decimals, as the language writes it, without grouping. */
function decimals(n: number, digits: number): string {
  const key = `${digits} ${speech.locale}`;
  let format = numbers.get(key);
  if (!format) {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false };
    format = new Intl.NumberFormat(speech.locale, options);
    numbers.set(key, format);
  }
  return format.format(n);
}

export type Instant = string | number | null | undefined;

/** Milliseconds since 1970, or null for anything that is no time. */
export function millis(at: Instant): number | null {
  if (at === null || at === undefined) return null;
  const ms = typeof at === 'number' ? at : Date.parse(at);
  return Number.isFinite(ms) ? ms : null;
}

/** "3,412". */
export function count(n: number): string {
  return Number.isFinite(n) ? speech.whole.format(n) : '—';
}

/** The beginning of a sentence. */
export function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** "812 kB", "3.2 MB", "34 GB". */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)} kB`;
  if (bytes < 999.5e6) return `${decimals(bytes / 1e6, 1)} MB`;
  return `${decimals(bytes / 1e9, bytes < 10e9 ? 1 : 0)} GB`;
}

/** A rate as a percentage without its sign; never rounded up to 100. */
export function percent(rate: number | null | undefined): string {
  if (rate === null || rate === undefined || !Number.isFinite(rate)) return '—';
  if (rate >= 1) return '100';
  const floored = Math.floor(Math.max(0, rate) * 10_000) / 100;
  return decimals(floored, floored % 1 === 0 ? 0 : 2);
}

export interface Quantity {
  value: string;
  unit: string;
}

/** A latency in the unit that reads best. */
export function latencyParts(ms: number | null | undefined): Quantity | null {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return null;
  if (ms < 999.5) return { value: String(Math.max(0, Math.round(ms))), unit: 'ms' };
  if (ms < 9950) return { value: decimals(ms / SECOND, 1), unit: 's' };
  if (ms < 2 * MINUTE) return { value: String(Math.round(ms / SECOND)), unit: 's' };
  return { value: decimals(ms / MINUTE, 1), unit: 'min' };
}

/** A whole target: "5 s" rather than "5.0 s". */
export function target(ms: number): string {
  return latency(ms).replace(/[.,]0 /, ' ');
}

/** "1.3 s", or a dash when there is no sample. */
export function latency(ms: number | null | undefined): string {
  const parts = latencyParts(ms);
  return parts ? `${parts.value} ${parts.unit}` : '—';
}

/** The two greatest units: "6 d 19 h", "19 h 12 min", "12 min 05 s", "42 s". */
export function duration(ms: number): string {
  const left = Math.max(0, Math.floor(ms / SECOND));
  const [d, h, m, s] = [Math.floor(left / 86_400), Math.floor(left / 3600) % 24, Math.floor(left / 60) % 60, left % 60];
  if (d > 0) return h > 0 ? `${d} ${t('unit.day')} ${h} h` : `${d} ${t('unit.day')}`;
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  if (m > 0) return `${m} min ${String(s).padStart(2, '0')} s`;
  return `${s} s`;
}

/** One unit, for running text: "14 min", "2 h", "3 d". */
export function roughly(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / SECOND))} s`;
  if (ms < 90 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 36 * HOUR) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} ${t('unit.day')}`;
}

/** A number stays with its unit where a line breaks. */
export function together(text: string): string {
  return text.replace(/(\d) (?=(?:ms|s|min|h|d|j)(?!\p{L}))/gu, '$1\u00a0');
}

/** "14 min ago", "just now". */
export function ago(at: Instant, now: number): string {
  const ms = millis(at);
  if (ms === null) return t('time.never');
  const past = now - ms;
  if (past < 5 * SECOND) return t('time.just_now');
  return t('time.ago', { span: roughly(past) });
}

/** "15:56". */
export function clockTime(at: Instant): string {
  const ms = millis(at);
  if (ms === null) return '—';
  const date = civil(ms);
  return `${two(date.hour)}:${two(date.minute)}`;
}

/** "15:56:07". */
export function clockSeconds(at: Instant): string {
  const ms = millis(at);
  return ms === null ? '—' : `${clockTime(ms)}:${two(civil(ms).second)}`;
}

/** "18 Nov". */
export function dayMonth(at: Instant): string {
  const ms = millis(at);
  return ms === null ? '—' : words(ms, 'day');
}

export function weekday(at: number): string {
  return words(at, 'weekday');
}

/** "25 Nov 00:12". */
export function dayTime(at: Instant): string {
  return millis(at) === null ? '—' : `${dayMonth(at)} ${clockTime(at)}`;
}

/** "Wed 25 Nov, 00:12". */
export function fullDay(at: Instant): string {
  const ms = millis(at);
  return ms === null ? '—' : `${weekday(ms)} ${dayMonth(ms)}, ${clockTime(ms)}`;
}

/** "Wed 25 Nov, 20:50–21:14", or both days when they differ. */
export function spanWords(from: number, to: number): string {
  const [first, last] = [civil(from), civil(to)];
  const same = first.year === last.year && first.month === last.month && first.day === last.day;
  return same ? `${fullDay(from)}–${clockTime(to)}` : `${fullDay(from)} – ${fullDay(to)}`;
}

/** The time today, the day before that: "15:56", "18 Nov". */
export function shortWhen(at: Instant, now: number): string {
  const ms = millis(at);
  if (ms === null) return '—';
  const [then, today] = [civil(ms), civil(now)];
  const same = then.year === today.year && then.month === today.month && then.day === today.day;
  return same ? clockTime(ms) : dayMonth(ms);
}

/** For tooltips: everything, with the zone. */
export function exact(at: Instant): string {
  const ms = millis(at);
  if (ms === null) return t('time.unknown');
  return `${weekday(ms)} ${dayMonth(ms)} ${civil(ms).year}, ${clockSeconds(ms)} ${zoneName(ms)}`.trim();
}

/** Keeps both ends of a long id: "clinic_e0c8…_0ac3abdf". */
export function shortened(text: string, head = 11, tail = 9): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

/** The weekdays from Monday on, in the window's language. */
export function weekdays(): string[] {
  const format = new Intl.DateTimeFormat(speech.locale, { weekday: 'long', timeZone: 'UTC' });
  // The first of January 2024 was a Monday.
  return [1, 2, 3, 4, 5, 6, 7].map((day) => format.format(Date.UTC(2024, 0, day)));
}
