import { csv } from '$lib/csv';
import { t } from '$lib/messages.svelte';
import { standingOf } from '$lib/standing';
import { causeWords } from '$lib/told';
import type { CalendarMonth } from '$lib/month';
import type { Link } from '$lib/wire';

/** How each calendar stands, as a table. */
export function stateCsv(links: readonly Link[], now: number): string {
  return csv(
    [
      t('settings.zone_clinic'),
      t('column.calendar'),
      t('fact.account'),
      t('table.state'),
      t('column.why'),
      t('column.renews'),
      t('column.expires'),
      t('column.proof'),
      'p95 ms',
    ],
    links.map((link) => [
      link.clinic_name,
      link.calendar_name,
      link.account,
      standingOf(link, now).word,
      link.reason ? causeWords(link.reason) : null,
      link.channel?.renews_at,
      link.channel?.expires_at,
      link.proof?.at,
      link.latency_p95_ms,
    ]),
  );
}

const hours = (ms: number): number => Math.round(ms / 36_000) / 100;

/** How each calendar was watched in a month, as a table. */
export function monthCsv(rows: readonly CalendarMonth[]): string {
  return csv(
    [
      t('column.calendar'),
      t('column.watched'),
      t('column.push'),
      t('column.polling'),
      t('report.gap_count'),
      t('column.gap_hours'),
      t('report.renewals'),
      t('missed.name'),
    ],
    rows.map((row) => [
      row.name,
      row.rate === null ? null : Math.floor(row.rate * 1e6) / 1e4,
      hours(row.push),
      hours(row.polling),
      row.gaps,
      hours(row.gap),
      row.renewals,
      row.missed,
    ]),
  );
}
