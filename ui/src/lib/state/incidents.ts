import { ask } from '$lib/backend';
import { t } from '$lib/messages.svelte';
import type { Alert, SnoozeFor } from '$lib/wire';
import { fleet } from './fleet.svelte';
import { notes } from './notes.svelte';

type Quieting = 'acknowledge' | 'snooze';

/** Alerts that can be quieted so: the one meant, as its buttons offer, or those about a calendar that wait for a person. */
export function waitingFor(subject: { alert: string } | { link: string }, how: Quieting): Alert[] {
  const alerts = fleet.snapshot?.alerts ?? [];
  if ('link' in subject)
    return alerts.filter((alert) => alert.state === 'firing' && alert.link_ids.includes(subject.link));
  return alerts.filter((alert) => alert.id === subject.alert && offers(alert, how));
}

/** Whether its card has the button. */
export function offers(alert: Alert, how: Quieting): boolean {
  const seen = how === 'acknowledge' && alert.state === 'acknowledged';
  return !seen && alert.actions.some((one) => one.kind === how);
}

/** Acknowledges them, or keeps them quiet until then, and says so. */
export async function quiet(how: Quieting, alerts: readonly Alert[], until: SnoozeFor = 'hour'): Promise<void> {
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
