import type { Clinic } from '$lib/wire';
import { DAY } from './format';
import { zonedInstant } from './zone.svelte';

type Span = readonly [number, number];
/** Beyond so many days single nights are too thin to shade. */
const MOST_DAYS = 31;

/** Minutes since midnight of "HH:MM". */
function minutes(text: string): number {
  const [hours = 0, rest = 0] = text.split(':').map(Number);
  return hours * 60 + rest;
}

/** When a clinic is open between two instants. */
function openings(clinic: Clinic, from: number, to: number): Span[] {
  const spans: Span[] = [];
  for (let day = from - DAY; day < to + DAY; day += DAY) {
    const date = new Date(day);
    const [year, month, dayOfMonth] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
    const weekday = ((date.getUTCDay() + 6) % 7) + 1;
    for (const hours of clinic.opening_hours.filter((one) => one.weekday === weekday)) {
      const at = (text: string): number => zonedInstant(clinic.time_zone, year, month, dayOfMonth, minutes(text));
      spans.push([at(hours.opens), at(hours.closes)]);
    }
  }
  return spans;
}

/** The times in which every one of the clinics is closed; none where one has not told its hours. */
export function closedTimes(clinics: readonly Clinic[], from: number, to: number): Span[] {
  const told = clinics.length > 0 && clinics.every((clinic) => clinic.opening_hours.length > 0);
  if (!told || to - from > MOST_DAYS * DAY) return [];
  // Many clinics share their hours.
  const kinds = new Map(clinics.map((clinic) => [JSON.stringify([clinic.time_zone, clinic.opening_hours]), clinic]));
  const open = [...kinds.values()].flatMap((clinic) => openings(clinic, from, to)).sort((a, b) => a[0] - b[0]);
  const closed: Span[] = [];
  let at = from;
  for (const [opens, closes] of open) {
    if (opens > at && opens < to) closed.push([at, opens]);
    at = Math.max(at, closes);
  }
  if (at < to) closed.push([at, to]);
  return closed;
}
