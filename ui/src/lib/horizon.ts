import type { Channel, Link } from '$lib/wire';
import { DAY, HOUR, MINUTE, millis, weekday } from './format';
import { t } from './messages.svelte';
import type { Tone } from './standing';
import { midnights } from './zone.svelte';

export const HORIZON_MS = 8 * DAY;

export interface Tick {
  /** 0 is now, 1 the end of the axis. */
  x: number;
  label: string;
}

/** One channel on the axis: solid to the planned renewal, pale to its expiry. */
export interface Bar {
  /** 0 is the channel in charge, 1 the other one while both overlap. */
  lane: 0 | 1;
  renews: number;
  expires: number;
  /** When it expires, in milliseconds. */
  until: number;
  /** Goes on beyond the axis. */
  beyond: boolean;
  tone: Tone;
}

/** Where an instant lies on the axis, kept within it. */
export function place(at: number, now: number): number {
  return Math.min(1, Math.max(0, (at - now) / HORIZON_MS));
}

/** A place as a style has it, to a tenth of a percent: a dozen minutes, which nobody sees, draw nothing anew. */
export const pct = (x: number): string => `${(x * 100).toFixed(1)}%`;

/** Local midnights of the next days; a first one too near to "now" keeps its line and loses its word. */
export function ticks(now: number): Tick[] {
  const found: Tick[] = [];
  for (const at of midnights(now, now + HORIZON_MS)) {
    const x = (at - now) / HORIZON_MS;
    if (x > 0.965) break;
    if (x > 0.02) found.push({ x, label: x < 0.15 ? '' : weekday(at) });
  }
  return found;
}

/** Whether a channel still brings notifications. */
function watches(channel: Channel, now: number): boolean {
  const expires = millis(channel.expires_at);
  return ['opening', 'unproved', 'live', 'superseded'].includes(channel.state) && expires !== null && expires > now;
}

function barOf(channel: Channel, now: number, lane: 0 | 1, tone: Tone): Bar | null {
  const expires = millis(channel.expires_at);
  if (expires === null || expires <= now) return null;
  const renews = millis(channel.renews_at) ?? expires;
  return {
    lane,
    renews: place(Math.min(renews, expires), now),
    expires: place(expires, now),
    until: expires,
    beyond: expires - now > HORIZON_MS,
    tone,
  };
}

/** The bars of a link: the channel in charge, and its successor or predecessor while both are open. */
export function barsOf(link: Link, now: number): Bar[] {
  if (link.state === 'paused' || link.state === 'reconnect_needed') return [];
  const due = link.state === 'due' || link.state === 'unproved';
  const bars: (Bar | null)[] = [];
  if (link.channel) bars.push(barOf(link.channel, now, 0, due ? 'warn' : 'ok'));
  const other = link.channels.find((channel) => channel.id !== link.channel?.id && watches(channel, now));
  if (other)
    bars.push(
      barOf(
        other,
        now,
        link.channel ? 1 : 0,
        other.state === 'superseded' ? 'plain' : other.state === 'live' ? 'ok' : 'warn',
      ),
    );
  return bars.filter((bar) => bar !== null);
}

/** How often a link without a channel is listed, read off its own plan: "every 15 min". */
export function pollingWords(link: Link): string {
  const next = millis(link.next_run_at);
  const last = millis(link.synced_at);
  if (next === null || last === null || next <= last) return t('horizon.interval');
  const every = next - last;
  const span =
    every < 90_000
      ? `${Math.max(1, Math.round(every / 1000))} s`
      : every < 90 * MINUTE
        ? `${Math.round(every / MINUTE)} min`
        : `${Math.round(every / HOUR)} h`;
  return t('horizon.every', { span });
}
