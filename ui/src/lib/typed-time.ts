import { localInput, readLocal } from './zone.svelte';

/** "14:00", "14.30", "1430", "14 h 30", "14 Uhr", "2 pm", "2:30 p. m.". */
const TIME = /^(?:(\d{1,2})(?:\s?[:.h]\s?(\d{2}))?|(\d{2})(\d{2}))\s?(?:h|uhr|([ap])\.?\s?m\.?)?$/i;
/** "2026-11-27", and what follows it. */
const YEAR_FIRST = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:,?\s|T)(.+))?$/i;
/** "27.11.2026", and what follows it. Slashes are left out: who writes 2/1 may mean February or January. */
const DAY_FIRST = /^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})(?:,?\s(.+))?$/;
const NOON = 12;

const two = (n: number): string => String(n).padStart(2, '0');

/** The time of day that a person wrote, as "14:00"; nothing where it can't be read. */
export function readTime(text: string): string | null {
  const found = TIME.exec(text.trim().replaceAll(/\s+/g, ' '));
  if (!found) return null;
  const [hour, minute] = [Number(found[1] ?? found[3]), Number(found[2] ?? found[4] ?? 0)];
  const half = found[5]?.toLowerCase();
  if (minute > 59 || hour > 23 || (half && (hour < 1 || hour > NOON))) return null;
  return `${two(half ? (hour % NOON) + (half === 'p' ? NOON : 0) : hour)}:${two(minute)}`;
}

/** The instant that a person wrote, in the zone shown: a day alone is its beginning, as an end its end. */
export function readMoment(text: string, edge: 'from' | 'to'): number | null {
  const plain = text.trim().replaceAll(/\s+/g, ' ');
  const [, year, month, day, time] = YEAR_FIRST.exec(plain) ?? turned(DAY_FIRST.exec(plain));
  if (!year || !month || !day) return null;
  const midnight = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  if (midnight.getUTCMonth() !== Number(month) - 1) return null;
  if (time === undefined && edge === 'to') midnight.setUTCDate(midnight.getUTCDate() + 1);
  const clock = readTime(time ?? '00:00');
  return clock === null ? null : readLocal(`${midnight.toISOString().slice(0, 10)} ${clock}`);
}

/** What was written as it is written here, "2026-11-27 14:00"; as it stands where it can't be read. */
export function tidied(text: string, edge: 'from' | 'to'): string {
  const ms = readMoment(text, edge);
  return ms === null ? text : localInput(ms);
}

function turned(found: RegExpExecArray | null): (string | undefined)[] {
  return found ? [found[0], found[3], found[2], found[1], found[4]] : [];
}
