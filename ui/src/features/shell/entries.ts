import { alertActions } from '../alerts/alerts.svelte';
import type { Entry } from '$lib/palette';
import { counted } from '$lib/format';
import { channelHref, clinicHref, connectHref } from '$lib/route';
import { isDue, rowAction, standingOf } from '$lib/standing';
import { actions } from '$lib/state/actions.svelte';
import { clock } from '$lib/state/clock.svelte';
import { fleet } from '$lib/state/fleet.svelte';
import { quiet, waitingFor } from '$lib/state/incidents';
import { opened } from '$lib/state/opened.svelte';
import { preferences } from '$lib/state/preferences.svelte';
import { router } from '$lib/state/router.svelte';
import type { Link, Theme, Zone } from '$lib/wire';

const screens: readonly [string, string, string, string?][] = [
  ['overview', 'Overview', 'g o', 'home sentence tiles'],
  ['channels', 'Channels', 'g c', 'calendars table expiry'],
  ['latency', 'Latency', 'g l', 'lag speed chart'],
  ['alerts', 'Alerts', 'g a', 'warnings incidents'],
  ['clinics', 'Clinics', '', 'google accounts grants connect'],
  ['activity', 'Activity', '', 'audit history log who'],
  ['receiver', 'Receiver', 'g r', 'server devices pair'],
  ['settings', 'Settings', '', 'preferences theme'],
  ['handover', 'Handover note', '', 'report print page'],
  ['report', 'Monthly report', '', 'print pdf month'],
  ['wall', 'Wall view', '', 'front desk big screen'],
];
const themes: readonly [Theme, string][] = [
  ['system', 'Theme as the system'],
  ['light', 'Light theme'],
  ['dark', 'Dark theme'],
];
const zones: readonly [Zone, string][] = [
  ['clinic', 'Times by the clinic’s clock'],
  ['mine', 'Times by this computer’s clock'],
  ['utc', 'Times in UTC'],
];
/** The first word that asks for an action on a calendar. */
const VERB = /^\s*(renew|sync|test|pause|resume|snooze|recon)/i;

const nameOf = (link: Link): string => `${link.clinic_name} · ${link.calendar_name}`;
const may = (): boolean => !fleet.stale && fleet.mayOperate;

/** What can be done with one calendar as it stands. */
function actionsOf(link: Link): Entry[] {
  const name = nameOf(link);
  const entry = (id: string, title: string, act: () => void, keys?: string): Entry => ({
    id: `${id} ${link.id}`,
    group: 'Actions',
    title: `${title} ${name}`,
    note: link.account,
    ...(keys ? { keys } : {}),
    act,
  });
  const snooze =
    waitingFor({ link: link.id }).length > 0
      ? [entry('snooze', 'Snooze', () => void quiet('snooze', waitingFor({ link: link.id })), 's')]
      : [];
  if (rowAction(link) === 'reconnect')
    return [entry('reconnect', 'Reconnect', () => router.go(connectHref(link.clinic_id))), ...snooze];
  if (!may()) return snooze;
  if (rowAction(link) === 'resume')
    return [entry('resume', 'Resume', () => void actions.run('resume', link.id)), ...snooze];
  return [
    entry('renew', 'Renew', () => void actions.run('renew', link.id), 'r'),
    entry('sync', 'Sync', () => void actions.run('sync', link.id)),
    entry('test', 'Test delivery of', () => opened.open({ what: 'test', link: link.id })),
    entry('pause', 'Pause', () => opened.open({ what: 'pause', links: [link.id] })),
    ...snooze,
  ];
}

function general(): Entry[] {
  const due = fleet.links.filter(isDue).length;
  const group = 'Actions';
  const entries: Entry[] = [];
  if (may() && due > 0)
    entries.push({
      id: 'renew due',
      group,
      title: 'Renew all due',
      note: counted(due, 'calendar'),
      act: () => void actions.renewDue(due),
    });
  if (may() && fleet.links.length > 0)
    entries.push({ id: 'test', group, title: 'Test delivery', act: () => opened.open({ what: 'test', link: null }) });
  const paused = fleet.snapshot?.hush?.paused_until;
  entries.push({
    id: 'hush',
    group,
    title: paused ? 'Resume alerts' : 'Pause all alerts for 1 h',
    words: 'quiet mute bubbles notifications',
    act: () => void (paused ? alertActions.resume() : alertActions.pause()),
  });
  entries.push({ id: 'keys', group, title: 'Keys', keys: '?', act: () => opened.open({ what: 'keys' }) });
  for (const [theme, title] of themes)
    entries.push({
      id: `theme ${theme}`,
      group,
      title,
      words: 'appearance colour contrast',
      act: () => void preferences.change({ theme }),
    });
  for (const [zone, title] of zones)
    entries.push({
      id: `zone ${zone}`,
      group,
      title,
      words: 'time zone',
      act: () => void preferences.change({ zone }),
    });
  return entries;
}

/** Everything the palette can go to or do now; actions on calendars only once a verb is typed, or for the one on screen. */
export function paletteEntries(typed: string): Entry[] {
  const here = router.screen.name === 'channel' ? fleet.byId.get(router.screen.id) : undefined;
  const subjects = VERB.test(typed) ? fleet.links : here ? [here] : [];
  return [
    ...(here ? actionsOf(here) : []),
    ...screens.map(([name, title, keys, words = '']) => ({
      id: `go ${name}`,
      group: 'Go to',
      title,
      ...(keys ? { keys } : {}),
      words,
      act: () => router.go(`#/${name}`),
    })),
    ...general(),
    ...fleet.links.map((link) => ({
      id: `link ${link.id}`,
      group: 'Calendars',
      title: nameOf(link),
      note: standingOf(link, clock.minute).word,
      words: link.account,
      act: () => router.go(channelHref(link.id)),
    })),
    ...fleet.clinics.map((clinic) => ({
      id: `clinic ${clinic.id}`,
      group: 'Clinics',
      title: clinic.name,
      note: clinic.time_zone,
      act: () => router.go(clinicHref(clinic.id)),
    })),
    ...subjects.filter((link) => link !== here).flatMap(actionsOf),
  ];
}
