import { describe, expect, it } from 'vitest';
import { DAY, HOUR } from './format';
import { nextNeeded } from './needed';
import { changedRows, keepOrder, matches, passes, worstFirst } from './order';
import { countAsUnsent } from './patience.svelte';
import { channelOf, linkOf, NOW } from './sample';
import { isLate, needsAttention, rowAction, standingOf } from './standing';

describe('worst first', () => {
  it('puts harm before plans, and what expires sooner before what expires later', () => {
    const links = [
      linkOf('calm', 'live', NOW + 6 * DAY),
      linkOf('paused', 'paused', null),
      linkOf('soon', 'live', NOW + 3 * DAY),
      linkOf('due', 'due', NOW + DAY, { channel: channelOf(NOW + DAY, { renews_at: new Date(NOW).toISOString() }) }),
      linkOf('polling', 'polling', null),
      linkOf('lost', 'reconnect_needed', null),
      linkOf('expired', 'expired', NOW - HOUR),
    ];
    expect(worstFirst(links, NOW)).toEqual(['expired', 'lost', 'polling', 'due', 'soon', 'calm', 'paused']);
  });
  it('does not depend on the order it is given', () => {
    const links = ['a', 'b', 'c', 'd'].map((id) => linkOf(id, 'live', NOW + DAY));
    expect(worstFirst([...links].reverse(), NOW)).toEqual(worstFirst(links, NOW));
  });
});

describe('the order on screen', () => {
  it('keeps rows where they are; newcomers go to the end', () => {
    expect(keepOrder(['b', 'a', 'gone'], ['a', 'b', 'new'])).toEqual(['b', 'a', 'new']);
  });
  it('counts the rows that would move', () => {
    expect(changedRows(['a', 'b', 'c'], ['a', 'b', 'c'])).toBe(0);
    expect(changedRows(['a', 'b', 'c'], ['c', 'b', 'a'])).toBe(2);
  });
});

describe('what passes', () => {
  it('every word must occur somewhere', () => {
    expect(matches('oak desk', ['Oak Street Dental', 'front desk'])).toBe(true);
    expect(matches('oak room', ['Oak Street Dental', 'front desk'])).toBe(false);
    expect(matches('', ['x'])).toBe(true);
  });
  it('the chips choose by state', () => {
    const due = linkOf('due', 'due', NOW + 47 * HOUR);
    const polling = linkOf('polling', 'polling', null);
    expect(passes(due, 'due', '', NOW, false)).toBe(true);
    expect(passes(due, 'attention', '', NOW, false)).toBe(false);
    expect(passes(polling, 'attention', '', NOW, false)).toBe(true);
    expect(passes(polling, 'attention', '', NOW, true)).toBe(false);
    const reason = { code: 'push_not_supported', message: '', action: '', since_at: new Date(NOW).toISOString() };
    const byDesign = linkOf('holidays', 'polling', null, { reason });
    expect(passes(byDesign, 'attention', '', NOW, false)).toBe(false);
  });
});

describe('a standing', () => {
  it('is late only well after the planned renewal', () => {
    expect(isLate(linkOf('a', 'due', NOW + 2 * DAY - 10 * 60_000), NOW)).toBe(false);
    const late = linkOf('b', 'due', NOW + DAY);
    expect(isLate(late, NOW)).toBe(true);
    expect(standingOf(late, NOW).word).toBe('Late');
    expect(needsAttention(late, NOW, true)).toBe(true);
  });
  it('is unread while its changes can’t be read, unless it is worse', () => {
    const reason = { code: 'sync_failing', message: '', action: '', since_at: new Date(NOW).toISOString() };
    expect(standingOf(linkOf('a', 'live', NOW + DAY, { reason }), NOW)).toMatchObject({ word: 'Unread', tone: 'warn' });
    expect(needsAttention(linkOf('a', 'live', NOW + DAY, { reason }), NOW, true)).toBe(true);
    expect(standingOf(linkOf('a', 'expired', NOW - DAY, { reason }), NOW).word).toBe('Expired');
  });
  it('is unsent once edits have long waited for Google, unless it is worse', () => {
    const waits = (minutes: number, part = {}) => {
      const since_at = new Date(NOW - minutes * 60_000).toISOString();
      const outbound = { since_at, edits: 1, failure: null, refused: true, next_start_at: null };
      return linkOf('a', 'live', NOW + 6 * DAY, { outbound, ...part });
    };
    expect(standingOf(waits(19), NOW).word).toBe('Live');
    expect(standingOf(waits(20), NOW).word).toBe('Unsent');
    expect(standingOf(waits(20, { held_cancellations: 1 }), NOW).word).toBe('Held');
    expect(standingOf(waits(20, { state: 'expired' }), NOW).word).toBe('Expired');
    expect(needsAttention(waits(20, { state: 'polling' }), NOW, true)).toBe(true);
    const needed = nextNeeded([waits(20)], [], NOW).map((piece) => piece.text);
    expect(needed.join('')).toMatch(/^A person is needed now: look at what Google refuses for /);
    expect(nextNeeded([waits(19)], [], NOW)[0]?.text).toMatch(/^You can leave it alone/);
    countAsUnsent(45 * 60_000);
    const later = [44, 45].map((minutes) => standingOf(waits(minutes), NOW).word);
    countAsUnsent();
    expect(later, 'as the alert rule was set').toEqual(['Live', 'Unsent']);
  });
  it('offers what helps', () => {
    expect(rowAction(linkOf('a', 'live', NOW + DAY))).toBe('renew');
    expect(rowAction(linkOf('a', 'polling', null))).toBe('retry');
    expect(rowAction(linkOf('a', 'reconnect_needed', null))).toBe('reconnect');
    expect(rowAction(linkOf('a', 'paused', null))).toBe('resume');
  });
});
