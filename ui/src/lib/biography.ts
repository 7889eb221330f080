import type { Activity, Link } from '$lib/wire';
import { DAY, millis } from './format';
import { t } from './messages.svelte';
import { matches } from './order';
import { detailWords, lineWords } from './told';

export type Kind = 'all' | 'changes' | 'channels' | 'trouble';
export type Period = 'any' | '1d' | '7d' | '30d';

const CHANNELS = /^(linked|channel_|renew|old_|watch_|polling|push_|delivery_|paused|resumed|grant_)/;
const DAYS: Record<Exclude<Period, 'any'>, number> = { '1d': 1, '7d': 7, '30d': 30 };

/** The start of a period that ends now; nothing for any time. */
export function periodStart(period: Period, now: number): number {
  return period === 'any' ? Number.NEGATIVE_INFINITY : now - DAYS[period] * DAY;
}

export interface Wanted {
  kind: Kind;
  words: string;
  from: number;
}

/** Whether a line of the biography passes the filters. */
export function wanted(item: Activity, link: Link | undefined, { kind, words, from }: Wanted): boolean {
  if ((millis(item.at) ?? 0) < from) return false;
  if (kind === 'trouble' && item.tone !== 'warn' && item.tone !== 'bad') return false;
  if (kind === 'changes' && !/change|sync|nothing_new|conflict/.test(item.kind)) return false;
  if (kind === 'channels' && !CHANNELS.test(item.kind)) return false;
  return matches(words, [lineWords(item), detailWords(item), subjectOf(link), link?.account ?? '']);
}

/** Whom a line is about. */
export function subjectOf(link: Link | undefined): string {
  return link ? `${link.clinic_name} · ${link.calendar_name}` : t('activity.receiver');
}

/** How a line ended, in a word. */
export const resultOf = (item: Activity): string => t(`tone.${item.tone}`);
