import { ago, count, dayTime, exact, latency, millis, percent, shortened } from '$lib/format';
import { pollingWords } from '$lib/horizon';
import { t } from '$lib/messages.svelte';
import type { Link } from '$lib/wire';

interface Fact {
  name: string;
  value: string;
  whole?: string;
  copy?: boolean;
}

function verified(link: Link): string {
  const [registered, proved] = [millis(link.channel?.registered_at), millis(link.channel?.verified_at)];
  if (proved === null) return t('fact.not_yet');
  if (registered === null) return dayTime(proved);
  // Google's first notification often overtakes its answer.
  return proved <= registered ? t('fact.at_once') : t('fact.after', { span: latency(proved - registered) });
}

function nextRun(link: Link): Fact {
  const { run } = link;
  if (run?.full && run.listed > 0) {
    return {
      name: t('fact.reading'),
      value: t('fact.so_far', { n: run.listed }),
      whole: t('fact.since', { when: exact(run.started_at) }),
    };
  }
  return {
    name: t('fact.next_run'),
    value: run ? t('watch.now') : dayTime(link.next_run_at),
    whole: exact(link.next_run_at),
  };
}

/** Whether runs look at it while no channel is open. */
const isRead = ({ state }: Link): boolean => state !== 'paused' && state !== 'reconnect_needed';

/** What a support person asks for; ids and the account can be copied. */
export function factsOf(link: Link, now: number): Fact[] {
  const { channel } = link;
  const account: Fact = { name: t('fact.account'), value: link.account, copy: true };
  const rate = link.delivery.changes === 0 ? t('fact.no_sample') : `${percent(link.delivery.rate)} %`;
  if (!channel) {
    return [
      { name: t('fact.checked'), value: isRead(link) ? pollingWords(link) : t('fact.no') },
      { name: t('fact.last_run'), value: ago(link.synced_at, now), whole: exact(link.synced_at) },
      nextRun(link),
      { name: t('fact.changes'), value: count(link.counters.changes) },
      { name: t('missed.name'), value: count(link.counters.missed_changes) },
      {
        name: t('fact.calendar_id'),
        value: shortened(link.google_calendar_id, 12, 10),
        whole: link.google_calendar_id,
        copy: true,
      },
      account,
    ];
  }
  return [
    { name: t('fact.expires'), value: dayTime(channel.expires_at), whole: exact(channel.expires_at) },
    { name: t('fact.registered'), value: dayTime(channel.registered_at), whole: exact(channel.registered_at) },
    { name: t('fact.verified'), value: verified(link), whole: exact(channel.verified_at) },
    { name: t('fact.messages'), value: count(channel.notifications) },
    {
      name: t('fact.rate'),
      value: rate,
      whole: [
        t('fact.late', { missed: link.delivery.missed_changes, changes: link.delivery.changes }),
        ...(link.delivery.lower_bound === null
          ? []
          : [t('fact.at_least', { rate: percent(link.delivery.lower_bound) })]),
      ].join('; '),
    },
    ...(link.counters.echoes > 0
      ? [
          {
            name: t('fact.echoes'),
            value: t('fact.of', { some: link.counters.echoes_announced, all: link.counters.echoes }),
            whole: t('fact.echoes_about'),
          },
        ]
      : []),
    ...(link.run?.full && link.run.listed > 0 ? [nextRun(link)] : []),
    { name: t('fact.generation'), value: count(channel.generation) },
    { name: t('fact.channel_id'), value: shortened(channel.id), whole: channel.id, copy: true },
    ...(channel.resource_id
      ? [
          {
            name: t('fact.resource_id'),
            value: shortened(channel.resource_id, 8, 4),
            whole: channel.resource_id,
            copy: true,
          },
        ]
      : []),
    account,
  ];
}
