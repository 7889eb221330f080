import type { Activity, CoverageSpan } from '$lib/wire';
import { millis, MINUTE, roughly } from './format';
import { t } from './messages.svelte';
import { lineWords } from './told';

/** A point in time worth a line and words. */
export interface Marker {
  at: number;
  label: string;
}

const WORTH = new Set([
  'cursor_gone',
  'full_sync',
  'renewed',
  'grant_lost',
  'watch_refused',
  'polling',
  'channel_expired',
]);
const MOST = 4;

/** The turns in a link's life that belong on its chart: the ones that are not quiet, newest first. */
export function markersOf(items: readonly Activity[]): Marker[] {
  const found: Marker[] = [];
  for (const item of items) {
    const at = millis(item.at);
    if (at === null || (!WORTH.has(item.kind) && item.tone !== 'bad')) continue;
    if (found.some((one) => Math.abs(one.at - at) < 60_000)) continue;
    found.push({ at, label: lineWords(item) });
    if (found.length === MOST) break;
  }
  return found;
}

/** Other versions of the receiver that took over, newest first. */
export function updatesOf(lines: readonly Activity[]): Marker[] {
  const found = lines.flatMap((line) => {
    const at = millis(line.at);
    return at === null ? [] : [{ at, label: lineWords(line) }];
  });
  return found.slice(0, MOST);
}

/** Causes of a gap that are nobody's outage: a person paused, removed or disconnected, or has to connect again. */
const WANTED = new Set(['paused', 'ended', 'grant_lost']);

/** The outages of a minute and more in which nobody watched: the receiver's own, or Google's; newest first. */
export function outagesOf(spans: readonly CoverageSpan[], now: number): Marker[] {
  const found = spans.flatMap((span) => {
    const at = millis(span.from_at);
    const lasted = (millis(span.until_at) ?? now) - (at ?? now);
    if (span.watching !== 'gap' || span.cause === null || WANTED.has(span.cause)) return [];
    if (at === null || lasted < MINUTE) return [];
    const words = { span: roughly(lasted) };
    return [{ at, label: span.cause === 'receiver_asleep' ? t('marker.receiver', words) : t('marker.google', words) }];
  });
  return found.sort((a, b) => b.at - a.at).slice(0, MOST);
}
