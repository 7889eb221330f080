import { ask } from '$lib/backend';
import { duration, millis } from '$lib/format';
import { t } from '$lib/messages.svelte';
import { fleet } from '$lib/state/fleet.svelte';
import { notes } from '$lib/state/notes.svelte';
import type { Alert, SnoozeFor } from '$lib/wire';

const SNOOZES = ['hour', 'morning', 'change'] as const satisfies readonly SnoozeFor[];

/** For how long an alert can be snoozed, in words. */
export function snoozes(): { value: SnoozeFor; label: string }[] {
  return SNOOZES.map((value) => ({ value, label: t(`snooze.${value}`) }));
}

/** What a person does about alerts; remembers what is under way. */
class AlertActions {
  working = $state<Record<string, 'acknowledge' | 'snooze'>>({});
  pausing = $state(false);

  async acknowledge(alert: Alert): Promise<void> {
    await this.#quiet(alert, 'acknowledge', () => ask({ call: 'acknowledge', incident: alert.id }));
  }

  async snooze(alert: Alert, until: SnoozeFor): Promise<void> {
    await this.#quiet(alert, 'snooze', () => ask({ call: 'snooze', incident: alert.id, until }));
  }

  async pause(): Promise<void> {
    await this.#switch(() => ask({ call: 'pause_alerts' }));
  }

  async resume(): Promise<void> {
    await this.#switch(() => ask({ call: 'resume_alerts' }));
  }

  async #quiet(alert: Alert, what: 'acknowledge' | 'snooze', order: () => Promise<unknown>): Promise<void> {
    this.working[alert.id] = what;
    try {
      await order();
      await fleet.refresh();
    } catch (thrown) {
      notes.fail(`alert ${alert.id}`, thrown);
    } finally {
      delete this.working[alert.id];
    }
  }

  async #switch(order: () => Promise<unknown>): Promise<void> {
    this.pausing = true;
    try {
      await order();
      await fleet.refresh();
    } catch (thrown) {
      notes.fail('pause alerts', thrown);
    } finally {
      this.pausing = false;
    }
  }
}

export const alertActions = new AlertActions();

/** "12 min", "3 h 05 min"; seconds only where there is nothing greater. */
export function lasted(alert: Alert, end: number): string {
  const since = millis(alert.since) ?? end;
  return duration(Math.max(0, end - since)).replace(/ \d+ s$/, '');
}

/** What a person should know of the whole list in one sentence. */
export function sentenceOf(alerts: readonly Alert[]): string {
  const firing = alerts.filter((one) => one.state === 'firing').length;
  if (firing > 0) return t('alerts.need', { n: firing });
  const quiet = quietOf(alerts);
  return quiet > 0 ? t('alerts.only_quiet', { n: quiet }) : t('alerts.calm');
}

/** How many last, and are acknowledged or snoozed. */
export function quietOf(alerts: readonly Alert[]): number {
  return alerts.filter((one) => one.state === 'acknowledged' || one.state === 'snoozed').length;
}
