// The state sheet: every screen and every state that the window can show, which photograph shows it, and what axe and
// the page itself said of it. `states.html` and `states.json` lie beside the photographs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Screen → state → photograph. A whole run that lacks one of them has failed. */
const SHEET = {
  'First run': {
    'the three ways': 'first-run-offers-demo',
    'a refused code': 'first-run-refused',
    'a fingerprint to compare': 'pair-compare',
    'the demo, labelled': 'demo',
    'an account connected': 'first-run-connected',
    'its other calendars': 'first-run-calendars',
    'a test notification passed': 'first-run-tested',
    German: 'first-run-de',
    Spanish: 'first-run-es',
    French: 'first-run-fr',
  },
  Overview: {
    'a good day': 'overview',
    'a good day at 150 %': 'overview-150',
    'a rough day': 'overview-rough',
    'ten thousand calendars': 'overview-crowd',
    'alerts that come while it is looked at': 'overview-banners',
    'the same in a small window': 'overview-banners-small',
    'the same with text at 200 %': 'overview-banners-200',
    'no calendar yet': 'overview-empty',
    'nothing told yet': 'overview-waiting',
    'receiver silent: the last state, with its age': 'overview-offline',
    'two receivers': 'overview-two-receivers',
    'two receivers, one silent': 'overview-one-silent',
    'calendars picked': 'overview-picked',
    'a renewal step by step': 'overview-renewing',
    'search without match': 'overview-no-match',
    'coming back': 'while-away',
    'test delivery': 'test-delivery',
    German: 'overview-de',
  },
  Channels: {
    'a good day': 'channels',
    'a rough day': 'channels-rough',
    'no calendar yet': 'channels-empty',
    German: 'channels-de',
  },
  Channel: {
    'Live, with its proof': 'channel-live',
    'Live at 150 %': 'channel-150',
    Due: 'channel-due',
    Renewing: 'channel-renewing',
    Unproved: 'channel-rough-night-shift',
    'Expired: polled until a channel opens': 'channel-expired',
    'Polling by design': 'channel-polling',
    Paused: 'channel-paused',
    'what a pause costs': 'pause-asks',
    'Reconnect: the consent was withdrawn': 'channel-reconnect',
    'blind: a gap, and its cause': 'channel-rough-mobile-unit',
    'held cancellations': 'channel-rough-dr-b-calendar',
    'first sync under way': 'channel-first-sync',
    'an edit that Google has long not taken': 'channel-unsent',
    'a refused renewal': 'channel-renewal-failed',
    'a renewal that keeps failing': 'channel-rough-exam-rooms',
    'another version of the receiver': 'channel-marked',
    'its times in full, by keys': 'channel-tips',
    'before an answer: loading': 'channel-loading',
    'receiver silent: No data, with its age': 'channel-offline',
    'a calendar that is not known': 'channel-unknown',
    'fire drill': 'fire-drill',
    'fire drill passed': 'fire-drill-passed',
  },
  Latency: {
    band: 'latency',
    'band at 150 %': 'latency-150',
    heatmap: 'latency-heat',
    'table and the period before': 'latency-table',
    'against the period before': 'latency-compared',
    zoomed: 'latency-zoomed',
    'any time': 'latency-custom',
    'renewals, and another version': 'latency-marked',
    'no change yet': 'latency-empty',
    'before an answer: loading': 'latency-loading',
    'receiver silent': 'latency-offline',
  },
  Alerts: {
    now: 'alerts',
    'a rough day': 'alerts-rough',
    'a rough day at 150 %': 'alerts-150',
    snooze: 'alerts-snooze',
    rules: 'alerts-rules',
    'quiet hours': 'alerts-quiet-hours',
    'a time that can’t be read': 'alerts-quiet-unread',
    paused: 'alerts-paused',
    'nothing needs you': 'alerts-empty',
    'receiver silent: what runs out when': 'alerts-silent',
    'one of two receivers silent': 'alerts-one-silent',
    history: 'alerts-history',
    'history without an entry': 'alerts-history-empty',
    German: 'alerts-de',
    'rules in German': 'rules-de',
  },
  Clinics: {
    'a good day': 'clinics',
    'a rough day': 'clinics-rough',
    'a rough day at 150 %': 'clinics-150',
    'no clinic yet': 'clinics-empty',
    'waiting for Google': 'connect-waiting',
    denied: 'connect-denied',
    connected: 'connect-done',
    'what disconnecting costs': 'clinics-disconnect',
    'its hours, being written': 'clinics-edit',
    'receiver silent': 'clinics-offline',
    German: 'clinics-de',
  },
  Activity: {
    'what happened': 'activity',
    'a rough day': 'activity-rough',
    filtered: 'activity-filtered',
    'a line’s whole time, by keys': 'activity-tip',
    'search without match': 'activity-no-match',
    'nothing yet': 'activity-empty',
    'who did what, verified': 'audit-trail',
    'receiver silent': 'activity-offline',
  },
  Receiver: {
    'it answers': 'receiver',
    'it answers, at 150 %': 'receiver-150',
    'its times in full, by keys': 'receiver-tips',
    silent: 'receiver-offline',
    paused: 'receiver-paused',
    'what a pause costs': 'receiver-pause-asks',
    'on this computer, with its log': 'receiver-local',
    'on this computer, stopped': 'receiver-stopped',
    'the deploy guide': 'deploy-guide',
    several: 'receivers-list',
    'forget one': 'receiver-forget',
    'its own certificate, pinned': 'receiver-pinned',
    'another certificate': 'certificate-changed',
    'another certificate, compared': 'certificate-compare',
    'a newer one': 'receiver-newer',
    'a clock apart': 'receiver-clock',
    devices: 'devices',
    'a device shut out': 'device-shut-out',
    'a pairing link': 'link-pair',
    'a pairing link of another key': 'link-other-key',
    German: 'receiver-de',
  },
  Settings: {
    all: 'settings',
    'all at 150 %': 'settings-150',
    searched: 'settings-searched',
    'search without match': 'settings-no-match',
    diagnostics: 'diagnostics',
    German: 'settings-de',
    Spanish: 'settings-es',
    French: 'settings-fr',
  },
  'Handover note': {
    'a day': 'handover',
    'receiver silent': 'handover-offline',
    German: 'handover-de',
  },
  'Monthly report': {
    'this month': 'report',
    'receiver silent': 'report-offline',
    'no calendar yet': 'report-empty',
    German: 'report-de',
  },
  'Wall view': {
    'a good day': 'wall',
    'a rough day': 'wall-rough',
    'receiver silent': 'wall-offline',
    German: 'wall-de',
  },
  'Command palette': {
    open: 'palette',
    'an action': 'palette-action',
    'nothing found': 'palette-no-match',
  },
  'Shortcut sheet': { open: 'keys' },
};

/** Collects what was photographed and writes the sheet. */
export function openSheet(folder) {
  const taken = new Map();

  /** One photograph: its file in the folder, and what was found on the page. */
  function add(name, file, found) {
    taken.set(name, [...(taken.get(name) ?? []), { file, found }]);
  }

  /** Writes the sheet and returns the states that have no photograph, as "screen: state". */
  function write() {
    const listed = Object.entries(SHEET).flatMap(([screen, states]) =>
      Object.entries(states).map(([state, picture]) => ({ screen, state, picture })),
    );
    const known = new Set(listed.map((one) => one.picture));
    const others = [...taken.keys()].filter((name) => !known.has(name));
    const rows = [...listed, ...others.map((picture) => ({ screen: 'Others', state: picture, picture }))].map(
      (one) => ({
        ...one,
        photographs: taken.get(one.picture) ?? [],
      }),
    );
    writeFileSync(join(folder, 'states.json'), `${JSON.stringify(rows, null, 1)}\n`);
    writeFileSync(join(folder, 'states.html'), page(rows));
    return rows.filter((row) => row.photographs.length === 0).map((row) => `${row.screen}: ${row.state}`);
  }

  return { add, write };
}

const escaped = (text) =>
  text.replace(/[&<>"]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[letter]);

function verdict(photographs) {
  const found = photographs.flatMap((one) => one.found);
  if (photographs.length === 0) return '<b>not photographed in this run</b>';
  if (found.length === 0) return `no violation in ${photographs.length}`;
  return `<b>${found.map(escaped).join('<br>')}</b>`;
}

function page(rows) {
  const screens = [...new Set(rows.map((row) => row.screen))];
  const body = screens.map((screen) => {
    const states = rows.filter((row) => row.screen === screen);
    return `<h2>${escaped(screen)}</h2>
<table><tr><th>State</th><th>Photographs</th><th>axe</th></tr>
${states.map(line).join('\n')}
</table>`;
  });
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Syncward: the state sheet</title>
<style>
body { margin: 32px; font: 14px/1.5 Inter, system-ui, sans-serif; color: #142027; background: #f5f7f8; }
table { width: 100%; border-collapse: collapse; background: #fff; }
th, td { padding: 8px 12px; border: 1px solid #dde4e6; text-align: left; vertical-align: top; }
img { width: 300px; border: 1px solid #dde4e6; }
b { color: #b3382f; }
</style>
<h1>${rows.length} states, ${rows.flatMap((row) => row.photographs).length} photographs</h1>
${body.join('\n')}
</html>
`;
}

function line({ state, photographs }) {
  const pictures = photographs.map(
    ({ file }) => `<a href="${file}"><img loading="lazy" src="${file}" alt="${escaped(state)}, ${file}"></a>`,
  );
  return `<tr><td>${escaped(state)}</td><td>${pictures.join('\n')}</td><td>${verdict(photographs)}</td></tr>`;
}
