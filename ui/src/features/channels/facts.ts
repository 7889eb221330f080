import { ago, count, dayTime, exact, latency, millis, percent, shortened } from '$lib/format';
import { pollingWords } from '$lib/horizon';
import type { Link } from '$lib/wire';

interface Fact {
  name: string;
  value: string;
  whole?: string;
  copy?: boolean;
}

function verified(link: Link): string {
  const [registered, proved] = [millis(link.channel?.registered_at), millis(link.channel?.verified_at)];
  if (proved === null) return 'not yet';
  return registered === null ? dayTime(proved) : `${latency(Math.max(0, proved - registered))} after`;
}

function nextRun(link: Link): Fact {
  const { run } = link;
  if (run?.full && run.listed > 0) {
    return {
      name: 'Reading the calendar',
      value: `${count(run.listed)} events so far`,
      whole: `since ${exact(run.started_at)}`,
    };
  }
  return { name: 'Next run', value: run ? 'now' : dayTime(link.next_run_at), whole: exact(link.next_run_at) };
}

/** What a support person asks for; ids and the account can be copied. */
export function factsOf(link: Link, now: number): Fact[] {
  const { channel } = link;
  const account: Fact = { name: 'Account', value: link.account, copy: true };
  const rate = link.delivery.changes === 0 ? 'no sample' : `${percent(link.delivery.rate)} %`;
  if (!channel) {
    return [
      { name: 'Checked', value: link.state === 'polling' ? pollingWords(link) : 'no' },
      { name: 'Last run', value: ago(link.synced_at, now), whole: exact(link.synced_at) },
      nextRun(link),
      { name: 'Changes', value: count(link.counters.changes) },
      { name: 'Missed changes', value: count(link.counters.missed_changes) },
      {
        name: 'Calendar id',
        value: shortened(link.google_calendar_id, 12, 10),
        whole: link.google_calendar_id,
        copy: true,
      },
      account,
    ];
  }
  return [
    { name: 'Expires', value: dayTime(channel.expires_at), whole: exact(channel.expires_at) },
    { name: 'Registered', value: dayTime(channel.registered_at), whole: exact(channel.registered_at) },
    { name: 'Verified', value: verified(link), whole: exact(channel.verified_at) },
    { name: 'Messages', value: count(channel.notifications) },
    {
      name: 'Delivery rate',
      value: rate,
      whole: [
        `${count(link.delivery.missed_changes)} of ${count(link.delivery.changes)} changes found late`,
        ...(link.delivery.lower_bound === null
          ? []
          : [`at least ${percent(link.delivery.lower_bound)} % with 95 % confidence`]),
      ].join('; '),
    },
    ...(link.counters.echoes > 0
      ? [
          {
            name: 'Echoes heard',
            value: `${count(link.counters.echoes_announced)} of ${count(link.counters.echoes)}`,
            whole: 'own edits that Google announced back in time; counted, and no proof',
          },
        ]
      : []),
    ...(link.run?.full && link.run.listed > 0 ? [nextRun(link)] : []),
    { name: 'Generation', value: count(channel.generation) },
    { name: 'Channel id', value: shortened(channel.id), whole: channel.id, copy: true },
    ...(channel.resource_id
      ? [{ name: 'Resource id', value: shortened(channel.resource_id, 8, 4), whole: channel.resource_id, copy: true }]
      : []),
    account,
  ];
}
