import type { Channel, Link, LinkState } from '$lib/wire';
import { DAY } from './format';

/** Links for unit tests; the product never imports this. */
export const NOW = Date.UTC(2026, 10, 23, 12, 0, 0);

export function channelOf(expires: number, part: Partial<Channel> = {}): Channel {
  return {
    id: `clinic_x_${expires}`,
    resource_id: 'r',
    generation: 1,
    state: 'live',
    registered_at: new Date(expires - 7 * DAY).toISOString(),
    verified_at: new Date(expires - 7 * DAY + 800).toISOString(),
    expires_at: new Date(expires).toISOString(),
    renews_at: new Date(expires - 2 * DAY).toISOString(),
    notifications: 1,
    ...part,
  };
}

export function linkOf(id: string, state: LinkState, expires: number | null, part: Partial<Link> = {}): Link {
  const channel = expires === null ? null : channelOf(expires);
  return {
    id,
    clinic_id: 'c',
    clinic_name: 'Clinic',
    grant_id: 'g',
    account: 'a@clinic.example',
    google_calendar_id: id,
    calendar_name: id,
    state,
    mode: channel ? 'push' : 'polling',
    reason: null,
    attempts: null,
    channel,
    channels: channel ? [channel] : [],
    proof: null,
    counters: {
      notifications: 0,
      duplicates: 0,
      changes: 0,
      missed_changes: 0,
      runs: 0,
      echoes: 0,
      echoes_announced: 0,
    },
    activity_24h: [],
    latency_p95_ms: null,
    delivery: { rate: null, lower_bound: null, changes: 0, missed_changes: 0 },
    next_run_at: null,
    run: null,
    rhythm: null,
    synced_at: null,
    held_cancellations: 0,
    outbound: null,
    created_at: new Date(NOW).toISOString(),
    ...part,
  };
}
