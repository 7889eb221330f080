import { alertActions } from '../alerts/alerts.svelte';
import type { Entry } from '$lib/palette';
import { t } from '$lib/messages.svelte';
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

/** Where it goes, the keys that go there too, and English words that find it in every language. */
const screens = [
  ['overview', 'screen.overview', 'g o', 'home sentence tiles'],
  ['channels', 'screen.channels', 'g c', 'calendars table expiry'],
  ['latency', 'screen.latency', 'g l', 'lag speed chart'],
  ['alerts', 'screen.alerts', 'g a', 'warnings incidents'],
  ['clinics', 'screen.clinics', '', 'google accounts grants connect'],
  ['activity', 'screen.activity', '', 'audit history log who'],
  ['receiver', 'screen.receiver', 'g r', 'server devices pair'],
  ['settings', 'screen.settings', '', 'preferences theme'],
  ['handover', 'activity.handover', '', 'report print page'],
  ['report', 'activity.report', '', 'print pdf month'],
  ['wall', 'activity.wall', '', 'front desk big screen'],
] as const;
const themes: readonly Theme[] = ['system', 'light', 'dark'];
const zones: readonly Zone[] = ['clinic', 'mine', 'utc'];
/** The beginning of a word that asks for an action on a calendar, in the languages that Syncward speaks. */
const VERB =
  /^\s*(renew|sync|test|pause|resume|snooze|recon|erneu|abgl|fort|stumm|neu|renov|prob|reanu|silen|renou|repr|susp)/i;

const nameOf = (link: Link): string => `${link.clinic_name} · ${link.calendar_name}`;
const may = (): boolean => !fleet.stale && fleet.mayOperate;

type ActionKey = 'snooze' | 'reconnect' | 'resume' | 'renew' | 'sync' | 'test' | 'pause';

/** What can be done with one calendar as it stands. */
function actionsOf(link: Link): Entry[] {
  const name = nameOf(link);
  const entry = (id: ActionKey, act: () => void, keys?: string): Entry => ({
    id: `${id} ${link.id}`,
    group: t('palette.actions'),
    title: t(`palette.${id}`, { name }),
    note: link.account,
    ...(keys ? { keys } : {}),
    act,
  });
  const snooze =
    waitingFor({ link: link.id }, 'snooze').length > 0
      ? [entry('snooze', () => void quiet('snooze', waitingFor({ link: link.id }, 'snooze')), 's')]
      : [];
  if (rowAction(link) === 'reconnect')
    return [entry('reconnect', () => router.go(connectHref(link.clinic_id))), ...snooze];
  if (!may()) return snooze;
  if (rowAction(link) === 'resume') return [entry('resume', () => void actions.run('resume', link.id)), ...snooze];
  return [
    entry('renew', () => void actions.run('renew', link.id), 'r'),
    entry('sync', () => void actions.run('sync', link.id)),
    entry('test', () => opened.open({ what: 'test', link: link.id })),
    entry('pause', () => opened.open({ what: 'pause', links: [link.id] })),
    ...snooze,
  ];
}

function general(): Entry[] {
  const due = fleet.links.filter(isDue).length;
  const group = t('palette.actions');
  const entries: Entry[] = [];
  if (may() && due > 0)
    entries.push({
      id: 'renew due',
      group,
      title: t('palette.renew_due'),
      note: t('n.calendars', { n: due }),
      act: () => void actions.renewDue(due),
    });
  if (may() && fleet.links.length > 0)
    entries.push({ id: 'test', group, title: t('act.test'), act: () => opened.open({ what: 'test', link: null }) });
  const paused = fleet.snapshot?.hush?.paused_until;
  entries.push({
    id: 'hush',
    group,
    title: t(paused ? 'alerts.resume' : 'palette.pause_all'),
    words: 'quiet mute bubbles notifications',
    act: () => void (paused ? alertActions.resume() : alertActions.pause()),
  });
  entries.push({ id: 'keys', group, title: t('keys.title'), keys: '?', act: () => opened.open({ what: 'keys' }) });
  for (const theme of themes)
    entries.push({
      id: `theme ${theme}`,
      group,
      title: t(`palette.theme_${theme}`),
      words: 'appearance colour contrast',
      act: () => void preferences.change({ theme }),
    });
  for (const zone of zones)
    entries.push({
      id: `zone ${zone}`,
      group,
      title: t(`palette.zone_${zone}`),
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
    ...screens.map(([name, title, keys, words]) => ({
      id: `go ${name}`,
      group: t('palette.go'),
      title: t(title),
      ...(keys ? { keys } : {}),
      words,
      act: () => router.go(`#/${name}`),
    })),
    ...general(),
    ...fleet.links.map((link) => ({
      id: `link ${link.id}`,
      group: t('palette.calendars'),
      title: nameOf(link),
      note: standingOf(link, clock.minute).word,
      words: link.account,
      act: () => router.go(channelHref(link.id)),
    })),
    ...fleet.clinics.map((clinic) => ({
      id: `clinic ${clinic.id}`,
      group: t('screen.clinics'),
      title: clinic.name,
      note: clinic.time_zone,
      act: () => router.go(clinicHref(clinic.id)),
    })),
    ...subjects.filter((link) => link !== here).flatMap(actionsOf),
  ];
}
