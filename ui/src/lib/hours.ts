import type { OpeningHours } from './wire';

const SPAN = /^(\d{1,2})(?:[:.](\d{2}))?\s*[-–—]\s*(\d{1,2})(?:[:.](\d{2}))?$/;
const LAST_HOUR = 23;
const LAST_MINUTE = 59;

/** "08:00–12:00, 14:00–18:00" of one weekday; empty when it is closed. */
export function hoursText(hours: readonly OpeningHours[], weekday: number): string {
  return hours
    .filter((one) => one.weekday === weekday)
    .toSorted((a, b) => a.opens.localeCompare(b.opens))
    .map((one) => `${one.opens}–${one.closes}`)
    .join(', ');
}

/** What a person wrote for a weekday; null where it can't be read, or where a time closes before it opens. */
export function readHours(text: string, weekday: number): OpeningHours[] | null {
  const parts = text.split(/[,;]/).map((part) => part.trim());
  const found = parts.filter((part) => part !== '').map((part) => readSpan(part, weekday));
  const known = found.filter((one) => one !== null);
  if (known.length < found.length) return null;
  const sorted = known.toSorted((a, b) => a.opens.localeCompare(b.opens));
  const overlap = sorted.some((one, i) => i > 0 && one.opens < (sorted[i - 1]?.closes ?? ''));
  return overlap ? null : sorted;
}

function readSpan(text: string, weekday: number): OpeningHours | null {
  const [, fromHour, fromMinute, toHour, toMinute] = SPAN.exec(text) ?? [];
  const opens = time(fromHour, fromMinute);
  const closes = time(toHour, toMinute);
  return opens && closes && opens < closes ? { weekday, opens, closes } : null;
}

function time(hour: string | undefined, minute = '00'): string | null {
  const [h, m] = [Number(hour), Number(minute)];
  if (hour === undefined || h > LAST_HOUR + 1 || m > LAST_MINUTE) return null;
  // A day ends at 24:00, which the receiver writes as its last minute.
  if (h > LAST_HOUR) return m === 0 ? `${LAST_HOUR}:${LAST_MINUTE}` : null;
  return `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`;
}
