import { t } from '$lib/messages.svelte';
import { channelHref, connectHref } from '$lib/route';
import { rowAction } from '$lib/standing';
import { actions } from '$lib/state/actions.svelte';
import { fleet } from '$lib/state/fleet.svelte';
import { router } from '$lib/state/router.svelte';
import type { Alert, AlertAction, Link } from '$lib/wire';

/** What can be done about the cause itself; to be quiet about it has buttons of its own. */
export function doingOf(alert: Alert): AlertAction[] {
  return alert.actions.filter((one) => one.kind !== 'snooze' && one.kind !== 'acknowledge');
}

/** The calendars of an incident that can be renewed from here. */
function renewable(alert: Alert): Link[] {
  return alert.link_ids
    .map((id) => fleet.byId.get(id))
    .filter((link) => link !== undefined)
    .filter((link) => !fleet.staleOf(link) && fleet.mayOperateOn(link))
    .filter((link) => ['renew', 'retry'].includes(rowAction(link)));
}

/** Which calendars an action works on: a renewal on every one of the incident. */
function subjects(alert: Alert, action: AlertAction): string[] {
  if (action.kind === 'open' || action.kind === 'reconnect') return [];
  if (action.kind === 'renew') return renewable(alert).map((link) => link.id);
  return [action.link_id ?? alert.link_ids[0]].filter((id) => id !== undefined);
}

/** An action's label; a renewal of several says of how many. */
export function wordsOf(alert: Alert, action: AlertAction): string {
  const n = action.kind === 'renew' ? renewable(alert).length : 0;
  return n > 1 ? t('bulk.renew', { n }) : action.label;
}

export function blocked(alert: Alert, action: AlertAction): boolean {
  return fleet.broken !== null || (action.kind === 'renew' && renewable(alert).length === 0);
}

/** Whether it is being done. */
export function busy(alert: Alert, action: AlertAction): boolean {
  return subjects(alert, action).some((id) => {
    const operation = fleet.operations.get(id);
    return actions.waits(id) !== null || (operation !== undefined && !operation.finished);
  });
}

export function act(alert: Alert, action: AlertAction): void {
  const ids = subjects(alert, action);
  const linkId = action.link_id ?? alert.link_ids[0];
  switch (action.kind) {
    case 'reconnect':
      router.go(action.clinic_id ? connectHref(action.clinic_id) : '#/clinics');
      break;
    case 'open':
      router.go(linkId ? channelHref(linkId) : '#/receiver');
      break;
    case 'renew':
      void actions.runMany('renew', ids);
      break;
    case 'sync':
    case 'resume':
      for (const id of ids) void actions.run(action.kind, id);
      break;
    case 'acknowledge':
    case 'snooze':
      break;
  }
}

/** What the key `r` does about an alert: connects again or renews, as its buttons do; whether there was anything. */
export function heal(alert: Alert): boolean {
  const [healing] = doingOf(alert).filter((one) => one.kind !== 'open');
  if (!healing) return false;
  if (!blocked(alert, healing) && !busy(alert, healing)) act(alert, healing);
  return true;
}
