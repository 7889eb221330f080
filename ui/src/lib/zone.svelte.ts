import { speech } from './messages.svelte';
import type { Clinic, Zone } from './wire';

/** A time as a clock and a calendar on the wall show it; months and weekdays count from 0. */
export interface Civil {
  year: number;
  month: number;
  day: number;
  weekday: number;
  hour: number;
  minute: number;
  second: number;
}

const DAY_MS = 86_400_000;

/** The zone that times are shown in: none is this computer's own. */
interface Shown {
  zone?: string;
  parts?: Intl.DateTimeFormat;
  /** What it is ahead of UTC, per quarter of an hour: offsets change on such boundaries only. */
  offsets: Map<number, number>;
}

/** Read wherever a time is shown, so that all of them follow it. */
let shown = $state.raw<Shown>(own());

function own(): Shown {
  return { offsets: new Map() };
}

/** The zone that a choice means: the clinic's where all clinics share one, UTC, or this computer's own (none). */
export function zoneOf(choice: Zone, clinics: readonly Clinic[]): string | undefined {
  if (choice === 'utc') return 'UTC';
  const [first, ...others] = new Set(clinics.map((clinic) => clinic.time_zone));
  return choice === 'clinic' && others.length === 0 ? first : undefined;
}

/** Shows times in `zone` from now on; what `Intl` does not know is this computer's own. */
export function showZone(zone: string | undefined): void {
  if (zone === shown.zone) return;
  try {
    shown = zone === undefined ? own() : { ...own(), zone, parts: formatOf(zone) };
  } catch {
    shown = own();
  }
}

/** The zone that times are shown in, as `Intl` names it. */
export function shownZone(): string {
  return shown.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const digits = '2-digit';
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
    hourCycle: 'h23',
  });
}

/** How far the zone shown is ahead of UTC at an instant, in milliseconds. */
function offsetAt(ms: number): number {
  return offsetIn(shown, ms);
}

function offsetIn({ parts, offsets }: Shown, ms: number): number {
  if (!parts) return -new Date(ms).getTimezoneOffset() * 60_000;
  const quarter = Math.floor(ms / 900_000);
  const known = offsets.get(quarter);
  if (known !== undefined) return known;
  const start = quarter * 900_000;
  const found = Object.fromEntries(parts.formatToParts(start).map((part) => [part.type, Number(part.value)]));
  const wall = Date.UTC(
    found.year ?? 0,
    (found.month ?? 1) - 1,
    found.day ?? 1,
    found.hour ?? 0,
    found.minute ?? 0,
    found.second ?? 0,
  );
  offsets.set(quarter, wall - start);
  return wall - start;
}

/** The wall clock at an instant. */
export function civil(ms: number): Civil {
  const wall = new Date(ms + offsetAt(ms));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth(),
    day: wall.getUTCDate(),
    weekday: wall.getUTCDay(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
}

/** The first instant of a civil day; days and months may run over. */
export function instantOf(year: number, month: number, day: number): number {
  const wall = Date.UTC(year, month, day);
  const guess = wall - offsetAt(wall);
  return wall - offsetAt(guess);
}

/** Zones asked for beside the one shown. */
const others = new Map<string, Shown>();

/** The instant at which a wall clock in `zone` shows so many minutes after the midnight of a civil day. */
export function zonedInstant(zone: string, year: number, month: number, day: number, minutes: number): number {
  let other = others.get(zone);
  if (!other) others.set(zone, (other = { ...own(), zone, parts: formatOf(zone) }));
  const wall = Date.UTC(year, month, day, 0, minutes);
  return wall - offsetIn(other, wall - offsetIn(other, wall));
}

const two = (n: number): string => String(n).padStart(2, '0');

/** An instant as a field has it, in the zone shown: "2026-11-27 14:00". */
export function localInput(ms: number): string {
  const { year, month, day, hour, minute } = civil(ms);
  return `${year}-${two(month + 1)}-${two(day)} ${two(hour)}:${two(minute)}`;
}

/** The instant that a field means in the zone shown; nothing while it is not filled in. */
export function readLocal(text: string): number | null {
  const wall = /^\d{4}-\d\d-\d\d \d\d:\d\d$/.test(text) ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number.NaN;
  if (!Number.isFinite(wall)) return null;
  return wall - offsetAt(wall - offsetAt(wall));
}

/** The midnights after `from` and before `to`. */
export function midnights(from: number, to: number): number[] {
  const { year, month, day } = civil(from);
  const found: number[] = [];
  for (let after = 1; after <= (to - from) / DAY_MS + 2; after += 1) {
    const at = instantOf(year, month, day + after);
    if (at >= to) break;
    found.push(at);
  }
  return found;
}

/** "GMT", "CET", "UTC-5": the zone shown at an instant. */
export function zoneName(ms: number): string {
  const format = new Intl.DateTimeFormat(speech.locale, { timeZone: shown.zone, timeZoneName: 'short' });
  return format.formatToParts(ms).find((part) => part.type === 'timeZoneName')?.value ?? '';
}
