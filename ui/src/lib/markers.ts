import type { Activity } from '$lib/wire';
import { millis } from './format';

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
    found.push({ at, label: item.text });
    if (found.length === MOST) break;
  }
  return found;
}
