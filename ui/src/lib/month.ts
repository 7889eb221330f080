import type { Activity, CoverageSpan, Link } from '$lib/wire';
import { spanCause } from './causes';
import { millis } from './format';
import { speech, t } from './messages.svelte';
import { civil, instantOf } from './zone.svelte';

/** A month on the wall, as `2026-11`. */
export type Month = string;

/** The month that an instant lies in. */
export function monthOf(ms: number): Month {
  const { year, month } = civil(ms);
  return `${year}-${String(month + 1).padStart(2, '0')}`;
}

/** Its first instant and the first of the next month, in the zone shown. */
export function monthEdges(month: Month): [number, number] {
  const [year = 1970, number = 1] = month.split('-').map(Number);
  return [instantOf(year, number - 1, 1), instantOf(year, number, 1)];
}

/** "November 2026", "novembre 2026". */
export function monthName(month: Month): string {
  const [year = 1970, number = 1] = month.split('-').map(Number);
  const format = new Intl.DateTimeFormat(speech.locale, { month: 'long', year: 'numeric', timeZone: 'UTC' });
  return format.format(Date.UTC(year, number - 1));
}

/** The months from the one of `first` to the one of `last`, newest first, at most so many. */
export function monthsBetween(first: number, last: number, most = 13): Month[] {
  const found: Month[] = [];
  for (let at = last; found.length < most; at = monthEdges(monthOf(at))[0] - 1) {
    found.push(monthOf(at));
    if (monthOf(at) <= monthOf(first)) break;
  }
  return found;
}

/** How one calendar was watched in a month; times in milliseconds. */
export interface CalendarMonth {
  id: string;
  name: string;
  push: number;
  polling: number;
  gap: number;
  gaps: number;
  /** Null when it was not there. */
  rate: number | null;
  renewals: number;
  missed: number;
}

/** A time in which nobody watched a calendar although somebody should have. */
export interface Gap {
  name: string;
  from: number;
  ms: number;
  cause: string;
}

/** What a person wants unwatched is no gap. */
const WANTED = new Set(['paused', 'ended']);

export interface MonthOf {
  calendars: CalendarMonth[];
  gaps: Gap[];
}

/** Intervals without doubles: overlapping channels watch once. */
function covered(spans: readonly (readonly [number, number])[]): number {
  let [sum, until] = [0, Number.NEGATIVE_INFINITY];
  for (const [from, to] of [...spans].sort((a, b) => a[0] - b[0])) {
    sum += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return sum;
}

/** The items of each link. */
function byLink<T extends { link_id: string | null }>(items: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(item.link_id ?? '');
    if (group) group.push(item);
    else groups.set(item.link_id ?? '', [item]);
  }
  return groups;
}

/** A month's watch, calendar by calendar, from the ledger's intervals and the biography's lines. */
export function monthReport(
  spans: readonly CoverageSpan[],
  lines: readonly Activity[],
  links: readonly Link[],
  [from, to]: readonly [number, number],
): MonthOf {
  const gaps: Gap[] = [];
  const [spansOf, linesOf] = [byLink(spans), byLink(lines)];
  const calendars = links.map((link): CalendarMonth => {
    const name = `${link.clinic_name} · ${link.calendar_name}`;
    const times: Record<'push' | 'polling' | 'gap', [number, number][]> = { push: [], polling: [], gap: [] };
    for (const span of spansOf.get(link.id) ?? []) {
      const start = Math.max(from, millis(span.from_at) ?? from);
      const end = Math.min(to, millis(span.until_at) ?? to);
      if (end <= start || (span.watching === 'gap' && WANTED.has(span.cause ?? ''))) continue;
      times[span.watching === 'overlap' ? 'push' : span.watching].push([start, end]);
      if (span.watching === 'gap')
        gaps.push({
          name,
          from: start,
          ms: end - start,
          cause: span.cause ? spanCause(span.cause) : t('report.unknown'),
        });
    }
    const watched = covered([...times.push, ...times.polling]);
    const [push, gap] = [covered(times.push), covered(times.gap)];
    const own = linesOf.get(link.id) ?? [];
    return {
      id: link.id,
      name,
      push,
      polling: watched - push,
      gap,
      gaps: times.gap.length,
      rate: watched + gap > 0 ? watched / (watched + gap) : null,
      renewals: own.filter((line) => line.kind === 'renewed').length,
      missed: own
        .filter((line) => line.kind === 'missed_changes')
        .reduce((sum, line) => sum + Number(/\d+/.exec(line.text)?.[0] ?? 0), 0),
    };
  });
  calendars.sort((a, b) => (a.rate ?? 2) - (b.rate ?? 2) || b.gap - a.gap || a.name.localeCompare(b.name, 'en'));
  return { calendars, gaps: gaps.sort((a, b) => b.ms - a.ms) };
}
