import { ask } from '$lib/backend';
import { t } from '$lib/messages.svelte';
import type { Alert, SnoozeFor } from '$lib/wire';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';

/** Alerts that wait for a person: the one meant, or those about a calendar. */
export function waitingFor(subject: { alert: string } | { link: string }): Alert[] {
  return (fleet.snapshot?.alerts ?? []).filter(
    (alert) =>
      alert.state === 'firing' &&
      ('alert' in subject ? alert.id === subject.alert : alert.link_ids.includes(subject.link)),
  );
}

/** Acknowledges them, or keeps them quiet until then, and says so. */
export async function quiet(
  how: 'acknowledge' | 'snooze',
  alerts: readonly Alert[],
  until: SnoozeFor = 'hour',
): Promise<void> {
  const [first] = alerts;
  if (!first) {
    const title = t(how === 'snooze' ? 'incident.no_snooze' : 'incident.no_acknowledge');
    notes.show({ cause: 'quiet', tone: 'plain', title, body: t('incident.none_open') });
    return;
  }
  try {
    for (const { id } of alerts) {
      await ask(how === 'snooze' ? { call: 'snooze', incident: id, until } : { call: 'acknowledge', incident: id });
    }
    const title =
      how === 'acknowledge'
        ? t('incident.acknowledged')
        : until === 'hour'
          ? t('incident.snoozed')
          : t('incident.snoozed_until', { until: t(`snooze.${until}`) });
    notes.show({ cause: 'quiet', tone: 'ok', title, body: first.title });
    await fleet.refresh();
  } catch (thrown) {
    notes.fail('quiet', thrown);
  }
}
