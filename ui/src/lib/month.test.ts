import { afterEach, describe, expect, it } from 'vitest';
import { DAY, HOUR } from './format';
import { monthEdges, monthName, monthOf, monthReport, monthsBetween } from './month';
import { speech } from './messages.svelte';
import { linkOf } from './sample';
import type { CoverageSpan, Watching } from './wire';
import { showZone } from './zone.svelte';

const noon = Date.parse('2026-11-23T12:00:00Z');
afterEach(async () => {
  showZone(undefined);
  await speech.use('en');
});

describe('a month', () => {
  it('begins at its own midnight', () => {
    showZone('Europe/Berlin');
    expect(monthOf(Date.parse('2026-10-31T23:30:00Z'))).toBe('2026-11');
    expect(monthEdges('2026-11')).toEqual([Date.parse('2026-10-31T23:00:00Z'), Date.parse('2026-11-30T23:00:00Z')]);
    expect(monthEdges('2026-12')[1]).toBe(Date.parse('2026-12-31T23:00:00Z'));
    expect(monthName('2026-11')).toBe('November 2026');
    expect(monthsBetween(Date.parse('2026-09-20T00:00:00Z'), noon)).toEqual(['2026-11', '2026-10', '2026-09']);
  });

  it('is called as the language calls it, whatever the zone', async () => {
    showZone('America/Los_Angeles');
    const named: string[] = [];
    for (const language of ['en', 'de', 'es', 'fr'] as const) {
      await speech.use(language);
      named.push(monthName('2026-03'));
    }
    expect(named).toEqual(['March 2026', 'März 2026', 'marzo de 2026', 'mars 2026']);
  });

  it('counts overlapping channels once, and a wanted pause as no gap', () => {
    showZone('UTC');
    const [from, to] = monthEdges('2026-11');
    const span = (
      watching: Watching,
      begin: number,
      end: number | null,
      cause: string | null = null,
    ): CoverageSpan => ({
      link_id: 'a',
      watching,
      generation: null,
      from_at: new Date(begin).toISOString(),
      until_at: end === null ? null : new Date(end).toISOString(),
      cause,
    });
    const spans = [
      span('push', from - DAY, from + 10 * DAY),
      span('push', from + 9 * DAY, from + 12 * DAY),
      span('gap', from + 12 * DAY, from + 12 * DAY + 6 * HOUR, 'grant_lost'),
      span('polling', from + 12 * DAY + 6 * HOUR, from + 13 * DAY, 'watch_refused'),
      span('gap', from + 13 * DAY, from + 14 * DAY, 'paused'),
      span('push', from + 14 * DAY, null),
    ];
    const report = monthReport(spans, [], [linkOf('a', 'live', noon)], [from, to]);
    const [row] = report.calendars;
    expect(row?.push).toBe(28 * DAY);
    expect(row?.polling).toBe(18 * HOUR);
    expect(row?.gaps).toBe(1);
    expect(row?.rate).toBeCloseTo(1 - 6 / (29 * 24), 6);
    expect(report.gaps).toEqual([
      { name: 'Clinic · a', from: from + 12 * DAY, ms: 6 * HOUR, cause: 'Google no longer honours the consent' },
    ]);
  });
});
