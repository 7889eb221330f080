// An agent for looking at the window while it is made: the bridge's answers, invented. Never part of the build.
import { randomUUID } from 'node:crypto';
import { coverage, delivery, dice, drills, lag } from './fixture-series.mjs';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const iso = (ms) => new Date(ms).toISOString();

const rows = [
  ['Oak Street Dental', 'front desk', 'polling', 0, null],
  ['Harbour Physio', 'appointments', 'due', 1 * DAY + 8 * HOUR, 2200],
  ['Northside Family', 'Dr. A calendar', 'due', 1 * DAY + 21 * HOUR, 3100],
  ['Northside Family', 'Dr. B calendar', 'live', 2 * DAY + 14 * HOUR, 2800],
  ['Elm Veterinary', 'surgery', 'live', 3 * DAY + 10 * HOUR, 1900],
  ['Elm Veterinary', 'exam rooms', 'live', 4 * DAY + 2 * HOUR, 2400],
  ['Lakeview Paediatrics', 'intake', 'live', 4 * DAY + 22 * HOUR, 1700],
  ['Lakeview Paediatrics', 'vaccination', 'live', 5 * DAY + 14 * HOUR, 2000],
  ['Riverside Imaging', 'MRI', 'live', 6 * DAY + 5 * HOUR, 2600],
  ['Riverside Imaging', 'ultrasound', 'live', 6 * DAY + 19 * HOUR, 3000],
  ['Sunrise Orthodontics', 'Dr. Meyer', 'live', 6 * DAY + 21 * HOUR, 840],
  ['Sunrise Orthodontics', 'hygiene', 'live', 6 * DAY + 23 * HOUR, 1450],
];
const rough = [
  ['Westgate Hearing', 'fittings', 'reconnect_needed', 0, null],
  ['Mill Lane Surgery', 'Dr. Okafor', 'expired', -2 * HOUR, 5200],
  ['Mill Lane Surgery', 'nurse', 'unproved', 6 * DAY, null],
  ['Kings Road Skin', 'laser', 'paused', 0, null],
  ['Kings Road Skin', 'consultations', 'renewing', 41 * MINUTE, 980],
  ['Mill Lane Surgery', 'travel clinic', 'late', 14 * HOUR, 1200],
];

function channel(clinic, generation, state, expires, now, random) {
  return {
    id: `clinic_${clinic}_${Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')}`,
    resource_id: 'HzIJQlQnVbW0p1YxkTfQeobI',
    generation,
    state,
    registered_at: iso(expires - 7 * DAY),
    verified_at: iso(expires - 7 * DAY + 800),
    expires_at: iso(expires),
    renews_at: iso(expires - 2 * DAY),
    notifications: 200 + Math.floor(random() * 1200),
  };
}

function reasonFor(state, now) {
  const at = (ms) => iso(now - ms);
  if (state === 'polling')
    return {
      code: 'push_not_supported',
      message: 'Google refused the channel.',
      action: 'Nothing is needed: it is checked every 15 minutes, and push is tried again once a day.',
      since_at: at(14 * MINUTE),
    };
  if (state === 'reconnect_needed')
    return {
      code: 'grant_lost',
      message: 'Google no longer honours the consent.',
      action: 'Connect the account again.',
      since_at: at(3 * HOUR),
    };
  if (state === 'expired')
    return {
      code: 'renewal_failed',
      message: 'Renewal failed nine times: Google answers 503.',
      action: 'It goes on trying; press Renew now to try at once.',
      since_at: at(2 * HOUR),
    };
  if (state === 'unproved')
    return {
      code: 'no_handshake',
      message: 'The channel was opened, but no handshake came within 30 s.',
      action: 'Check that Google reaches the receiver.',
      since_at: at(9 * MINUTE),
    };
  return null;
}

export function fleet({ mode = 'good', count = 0, seed = 7 } = {}) {
  const random = dice(seed);
  const now = Date.now();
  const uuid = (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
  const chosen = mode === 'rough' ? [...rows, ...rough] : [...rows];
  for (let i = 0; i < count; i += 1)
    chosen.push([
      `Clinic ${String(i + 1).padStart(5, '0')}`,
      'appointments',
      'live',
      random() * 7 * DAY,
      500 + random() * 3000,
    ]);
  const clinicIds = new Map();
  const links = chosen.map(([clinic_name, calendar_name, kind, left, p95], i) => {
    if (!clinicIds.has(clinic_name)) clinicIds.set(clinic_name, uuid(clinicIds.size + 1));
    const clinic_id = clinicIds.get(clinic_name);
    const state = kind === 'late' ? 'due' : kind;
    const withChannel = !['polling', 'reconnect_needed', 'paused'].includes(state);
    const expires = now + left;
    const own = withChannel
      ? channel(clinic_id, 14, state === 'expired' ? 'expired' : 'live', expires, now, random)
      : null;
    if (own && kind === 'due') own.renews_at = iso(now + (i - 0.63) * HOUR);
    const channels = own ? [own, channel(clinic_id, 13, 'stopped', expires - 5 * DAY, now, random)] : [];
    if (state === 'renewing') channels.unshift(channel(clinic_id, 15, 'live', now + 7 * DAY, now, random));
    const slug = clinic_name.toLowerCase().split(' ')[0];
    return {
      id: uuid(1000 + i),
      clinic_id,
      clinic_name,
      grant_id: uuid(500 + [...clinicIds.keys()].indexOf(clinic_name)),
      account: `front@${slug}.example`,
      google_calendar_id: `${slug}${i}@group.calendar.google.com`,
      calendar_name,
      state,
      mode: state === 'polling' ? 'polling' : 'push',
      reason: reasonFor(state, now),
      channel: state === 'unproved' ? null : own,
      channels,
      proof: own ? { at: iso(now - random() * 3 * HOUR), by: 'change' } : null,
      counters: {
        notifications: 1204,
        duplicates: 3,
        changes: 1190,
        missed_changes: state === 'polling' ? 4 : 0,
        runs: 1800,
        echoes: 86,
        echoes_announced: 85,
      },
      activity_24h: Array.from({ length: 24 }, (_, h) =>
        state === 'polling' && h > 19 ? 0 : Math.floor(random() ** 1.4 * 14) + 1,
      ),
      latency_p95_ms: p95,
      delivery: { rate: 1, changes: 1190, missed_changes: 0 },
      next_run_at: iso(now + 6 * MINUTE),
      synced_at: iso(now - 9 * MINUTE),
      held_cancellations: 0,
      outbound: null,
      created_at: iso(now - 40 * DAY),
    };
  });
  const by = (state) => links.filter((link) => link.state === state).length;
  const counts = Object.fromEntries(
    ['live', 'due', 'renewing', 'unproved', 'polling', 'expired', 'reconnect_needed', 'paused'].map((state) => [
      state,
      by(state),
    ]),
  );
  const watched = counts.live + counts.due + counts.renewing;
  const operations =
    mode === 'rough'
      ? [
          {
            id: uuid(9001),
            link_id: links.find((l) => l.state === 'renewing').id,
            kind: 'renew',
            step: 'overlapping',
            message: 'Both channels are open for 10 min.',
            finished: false,
            failed: false,
            at: iso(now - 4000),
          },
        ]
      : [];
  const connection = {
    status: 'connected',
    since: iso(now - 12 * DAY),
    receiver: 'https://clinic-calendar.example',
    version: '0.1.0',
    fit: 'same',
    role: 'admin',
    local: false,
    round_trip_ms: 38,
    clock_ahead_ms: mode === 'rough' ? -42_000 : 3,
    message: 'Connected.',
    retry_at: null,
    certificate: null,
  };
  const snapshot = {
    rev: 1,
    connection,
    as_of: iso(now),
    receivers: [
      {
        entry: {
          address: 'https://clinic-calendar.example',
          local: false,
          current: true,
          role: 'admin',
          version: '0.1.0',
          paired_at: iso(now - 12 * DAY),
          pin: null,
          name: '',
        },
        title: 'clinic-calendar.example',
        connection,
        as_of: iso(now),
        link_ids: [],
        clinic_ids: [],
        links: links.length,
        paused: false,
      },
    ],
    overview: {
      sentence: `${watched} of ${links.length} calendars are live.`,
      detail: 'Oak Street Dental fell back to polling 14 min ago: Google refused the channel. Nothing was lost.',
      counts: { total: links.length, ...counts },
      next_expiry_at: iso(now + DAY),
      delivery_24h: { rate: 3411 / 3412, changes: 3412, missed_changes: 1 },
      lag_24h: { p50_ms: 1300, p95_ms: 3100, p99_ms: 4100, samples: 3412, target_ms: 5000 },
      coverage_30d: {
        rate: 1,
        link_days: 360,
        gap_seconds: 0,
        gaps: 0,
        push_seconds: 359 * 86_400,
        overlap_seconds: 86_400 / 2,
        polling_seconds: 86_400 / 2,
      },
      receiver: { id: uuid(1), version: '0.1.0', public_url: 'https://clinic-calendar.example' },
      started_at: iso(now - 12 * DAY),
      now_at: iso(now),
      paused: false,
    },
    links,
    clinics: [...clinicIds].map(([name, id]) => ({
      id,
      name,
      time_zone: 'Europe/Berlin',
      opening_hours: [],
      created_at: iso(now - 40 * DAY),
    })),
    grants: [...clinicIds].map(([name, id], i) => ({
      id: uuid(500 + i),
      clinic_id: id,
      account: `front@${name.toLowerCase().split(' ')[0]}.example`,
      state: name === 'Westgate Hearing' ? 'lost' : 'working',
      lost_reason: name === 'Westgate Hearing' ? 'invalid_grant' : null,
      lost_at: name === 'Westgate Hearing' ? iso(now - 3 * HOUR) : null,
      scopes: [
        'https://www.googleapis.com/auth/calendar.events',
        'https://www.googleapis.com/auth/calendar.calendarlist.readonly',
      ],
      created_at: iso(now - 40 * DAY),
    })),
    alerts: alerts(links, now, mode),
    banners: [],
    operations,
    attempt: null,
    keychain: { kind: 'os', note: 'In the system keychain.' },
    notifier: { available: true, note: 'Notifications with buttons.' },
    language: 'en',
    settings: { theme: 'system', notifications: true, zone: 'clinic', language: null, update_checks: true },
    demo: mode === 'demo' ? 'around' : 'off',
  };
  return snapshot;
}

function audit(snapshot) {
  const [first, second] = snapshot.links;
  const done = [
    ['reception', 'renew', first.id, 'done'],
    ['reception', 'pair', null, 'done'],
    ['command line', 'begin_connect', first.clinic_id, 'done'],
    ['back office', 'pause', second.id, 'refused: role_too_low'],
    ['reception', 'sync', second.id, 'done'],
  ];
  return {
    items: done.map(([who, what, subject_id, result], i) => ({
      id: randomUUID(),
      seq: done.length - i,
      at: iso(Date.now() - (i * 7 + 1) * HOUR),
      who,
      what,
      subject_id,
      result,
      hash: randomUUID().replaceAll('-', ''),
    })),
    next: null,
    chain: { intact: true, entries: done.length, broken_at: null },
  };
}

function alerts(links, now, mode) {
  const action = (kind, label, link) => ({
    kind,
    label,
    link_id: link?.id ?? null,
    clinic_id: link?.clinic_id ?? null,
  });
  const polling = links.find((l) => l.state === 'polling');
  const list = [
    {
      id: 'polling-1',
      title: 'Oak Street · front desk is on polling',
      body: 'Google refused the channel; changes now arrive within 15 min. Push is tried again tomorrow.',
      severity: 'notice',
      since: iso(now - 14 * MINUTE),
      state: 'firing',
      snoozed_until: null,
      resolved_at: null,
      link_ids: [polling.id],
      actions: [
        action('renew', 'Renew now', polling),
        action('acknowledge', 'Acknowledge', null),
        action('snooze', 'Snooze 1 h', null),
      ],
    },
    {
      id: 'old-1',
      title: 'Elm Veterinary · surgery renewed',
      body: 'Valid until Mon 30 Nov, 13:40.',
      severity: 'warning',
      since: iso(now - 3 * HOUR),
      state: 'resolved',
      snoozed_until: null,
      resolved_at: iso(now - 20 * MINUTE),
      link_ids: [links[4].id],
      actions: [],
    },
  ];
  if (mode !== 'rough') return list;
  const lost = links.find((l) => l.state === 'reconnect_needed');
  const late = links.find((l) => l.calendar_name === 'travel clinic');
  return [
    {
      id: 'grant-1',
      title: 'Westgate Hearing must be reconnected',
      body: 'Google no longer honours the consent of front@westgate. Nothing is synced until you connect it again.',
      severity: 'urgent',
      since: iso(now - 3 * HOUR),
      state: 'firing',
      snoozed_until: null,
      resolved_at: null,
      link_ids: [lost.id],
      actions: [
        action('reconnect', 'Reconnect', lost),
        action('acknowledge', 'Acknowledge', null),
        action('snooze', 'Snooze 1 h', null),
      ],
    },
    {
      id: 'late-1',
      title: 'Mill Lane · travel clinic expires in 14 h',
      body: 'Automatic renewal failed twice (Google: rate limit). Next try 14:10.',
      severity: 'warning',
      since: iso(now - 40 * MINUTE),
      state: 'acknowledged',
      snoozed_until: null,
      resolved_at: null,
      link_ids: [late.id],
      actions: [action('renew', 'Renew now', late), action('snooze', 'Snooze 1 h', null)],
    },
    ...list,
  ];
}

export function activity({ link, limit = 50 }, snapshot) {
  const now = Date.now();
  const texts = [
    [4, 'good', 'changes_applied', '2 changes applied', 'in 1.2 s'],
    [19, 'good', 'changes_applied', '1 change applied', 'in 0.9 s'],
    [20, 'quiet', 'check', 'Check found nothing new', null],
    [118, 'warn', 'due', 'Due for renewal', 'renews by itself in 22 min'],
    [280, 'bad', 'cursor_gone', 'Google said 410', 'sync token dropped'],
    [280, 'good', 'full_sync', 'Full resync', '812 events, 0 lost'],
    [408, 'good', 'canary', 'Delivery test passed', 'in 1.4 s'],
    [7000, 'good', 'renewed', 'Renewed', 'generation 14 verified'],
    [7010, 'quiet', 'stopped', 'Generation 13 stopped', 'after 30 min overlap'],
  ];
  const items = [];
  for (let i = 0; i < limit; i += 1) {
    const [min, tone, kind, text, detail] = texts[i % texts.length];
    if (link && i >= texts.length) break;
    const subject = link ? snapshot.links.find((one) => one.id === link) : snapshot.links[i % snapshot.links.length];
    items.push({
      id: randomUUID(),
      seq: 1000 - i,
      link_id: subject?.id ?? null,
      clinic_id: subject?.clinic_id ?? null,
      at: iso(now - min * MINUTE - Math.floor(i / texts.length) * 9 * HOUR),
      kind,
      tone,
      text,
      detail,
      operation_id: null,
    });
  }
  return { items: link ? items : items.sort((a, b) => (a.at < b.at ? 1 : -1)), next: null };
}

/** Answers requests over one invented fleet; `changed` is called after every change. */
export function agent(options, changed) {
  const snapshot = fleet(options);
  let settings = { theme: 'system', notifications: true };
  const ok = (kind, value) => ({ ok: value === undefined ? { kind } : { kind, value } });
  const bump = () => {
    snapshot.rev += 1;
    changed('snapshot', snapshot.rev);
  };
  function begun(id, kind) {
    const operation = {
      id: randomUUID(),
      link_id: id,
      kind,
      step: 'asked',
      message: 'Asked.',
      finished: false,
      failed: false,
      at: iso(Date.now()),
    };
    snapshot.operations = [...snapshot.operations.filter((one) => one.link_id !== id), operation];
    return operation;
  }
  function test(id) {
    const operation = begun(id, 'test_delivery');
    const began = Date.now();
    const steps = ['opening', 'proving', 'done'];
    steps.forEach((step, i) =>
      setTimeout(
        () => {
          const [now, finished] = [Date.now(), step === 'done'];
          const message = finished ? `Google reached this receiver after ${now - began} ms.` : step;
          Object.assign(operation, { step, message, finished, at: iso(now) });
          bump();
        },
        i * (options.stepMs ?? 900),
      ),
    );
    return operation.id;
  }
  function renew(id) {
    const operation = begun(id, 'renew');
    const steps = ['opening', 'proving', 'overlapping', 'stopping', 'done'];
    steps.forEach((step, i) =>
      setTimeout(
        () => {
          Object.assign(operation, { step, message: step, finished: step === 'done', at: iso(Date.now()) });
          if (step === 'done') {
            const link = snapshot.links.find((one) => one.id === id);
            const now = Date.now();
            link.state = 'live';
            link.reason = null;
            link.mode = 'push';
            link.channel = channel(
              link.clinic_id,
              (link.channel?.generation ?? 0) + 1,
              'live',
              now + 7 * DAY,
              now,
              Math.random,
            );
          }
          bump();
        },
        (i + 1) * (options.stepMs ?? 900),
      ),
    );
    return operation.id;
  }
  return {
    snapshot,
    bump,
    answer(request) {
      switch (request.call) {
        case 'snapshot':
          return ok('snapshot', snapshot);
        case 'link':
          return ok(
            'link',
            snapshot.links.find((one) => one.id === request.id),
          );
        case 'lag':
          return ok('lag', lag(request));
        case 'delivery':
          return ok('delivery', delivery(request));
        case 'coverage':
          return ok(
            'coverage',
            coverage(
              request,
              snapshot.links.map((one) => one.id),
            ),
          );
        case 'activity':
          return ok('activity', activity(request, snapshot));
        case 'renew': {
          const operation = renew(request.link_id);
          bump();
          return ok('operation', { operation });
        }
        case 'test_delivery': {
          const operation = test(request.link_id);
          bump();
          return ok('operation', { operation });
        }
        case 'grant_health':
          return ok('grant_health', {
            grant_id: request.grant_id,
            ailment: 'none',
            urgent: false,
            evidence: 'Google answers.',
            remedy: '',
            ends_at: null,
            clock_ahead_ms: 3,
            rests_on_it: {
              calendars: 1,
              channels: 1,
              unstoppable_channels: 0,
              last_channel_expires_at: null,
              appointments_24h: 9,
              appointments_7d: 41,
              queued_edits: 0,
            },
          });
        case 'pause':
        case 'resume': {
          const link = snapshot.links.find((one) => one.id === request.link_id);
          link.state = request.call === 'pause' ? 'paused' : 'live';
          bump();
          return ok('operation', { operation: randomUUID() });
        }
        case 'pause_receiver':
        case 'drain_receiver':
          return ok('done');
        case 'renew_due':
          snapshot.links.filter((one) => one.state === 'due').forEach((one) => renew(one.id));
          bump();
          return ok('operation', { operation: randomUUID() });
        case 'settings':
          return ok('settings', settings);
        case 'set_settings':
          settings = request.settings;
          return ok('settings', settings);
        case 'clinics':
          return ok('clinics', snapshot.clinics);
        case 'grants':
          return ok('grants', snapshot.grants);
        case 'calendars':
          return ok('calendars', [
            {
              google_calendar_id: 'a@x',
              name: 'Front desk',
              primary: true,
              access_role: 'owner',
              link_id: snapshot.links[0].id,
            },
            { google_calendar_id: 'b@x', name: 'Room 2', primary: false, access_role: 'writer', link_id: null },
          ]);
        case 'connect_google': {
          const now = Date.now();
          snapshot.attempt = {
            id: randomUUID(),
            clinic_id: request.clinic_id,
            authorization_url: 'https://accounts.google.com/o/oauth2/v2/auth?client_id=demo',
            started_at: iso(now),
            until_at: iso(now + 5 * MINUTE),
            browser_note: null,
            state: { status: 'waiting' },
          };
          bump();
          return ok('connect', snapshot.attempt);
        }
        case 'connect_cancel':
          snapshot.attempt.state = { status: 'cancelled' };
          bump();
          return ok('connect', snapshot.attempt);
        case 'connect_state':
        case 'connect_open_again':
          return ok('connect', snapshot.attempt);
        case 'receivers':
          return ok(
            'receivers',
            snapshot.receivers.map((receiver) => receiver.entry),
          );
        case 'devices':
          return ok('devices', [
            {
              id: '00000000-0000-4000-8000-000000000900',
              name: 'reception',
              role: 'admin',
              paired_at: iso(Date.now() - 12 * DAY),
              seen_at: iso(Date.now() - 4000),
              revoked_at: null,
              own: true,
            },
          ]);
        case 'audit':
          return ok('audit', audit(snapshot));
        case 'fire_drills':
          return ok('fire_drills', { items: drills(request.link), next: null });
        case 'missed_changes':
          return ok('missed_changes', { items: [], next: null });
        case 'save_file':
          return ok('saved', { path: `/home/ana/Downloads/${request.name}` });
        case 'about':
          return ok('about', {
            version: '0.1.0',
            receiver_version: '0.1.0',
            receiver_address: 'https://clinic-calendar.example',
            data_dir: '/home/ana/.local/share/syncward',
            data_bytes: 3_214_000,
            receiver_log: null,
            licence: 'Apache-2.0 OR MIT',
          });
        case 'banner_read':
          snapshot.banners = snapshot.banners.filter((one) => one.id !== request.banner);
          bump();
          return ok('done');
        case 'acknowledge':
        case 'snooze': {
          const alert = snapshot.alerts.find((one) => one.id === request.incident);
          if (alert) alert.state = request.call === 'snooze' ? 'snoozed' : 'acknowledged';
          bump();
          return ok('done');
        }
        default:
          return {
            error: {
              code: 'not_in_fixture',
              message: `The fixture does not answer ${request.call}.`,
              action: 'Try it with the real agent.',
            },
          };
      }
    },
  };
}
