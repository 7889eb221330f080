import { describe, expect, it } from 'vitest';
import { stretchOf, stretchWords, together } from './away';
import { DAY, HOUR, MINUTE } from './format';
import { nextNeeded } from './needed';
import { channelOf, linkOf, NOW } from './sample';
import type { Activity } from './wire';

let seq = 0;
const line = (kind: string, ago: number, link = 'a', text = ''): Activity => ({
  id: `${seq}`,
  seq: (seq += 1),
  link_id: link,
  clinic_id: 'c',
  at: new Date(NOW - ago).toISOString(),
  kind,
  tone: 'good',
  text,
  detail: null,
  operation_id: null,
});
const live = linkOf('a', 'live', NOW + 3 * DAY);
const words = (lines: Activity[], links = [live]): string =>
  stretchWords(stretchOf(lines, links, [NOW - DAY, NOW]), links);
const text = (pieces: { text: string }[]): string => pieces.map((piece) => piece.text).join('');

describe('while you were away', () => {
  it('counts renewals and how long a fallback lasted', () => {
    const lines = [
      line('renewed', 2 * DAY),
      line('renewed', 5 * HOUR),
      line('polling', 3 * HOUR, 'b'),
      line('push_restored', 3 * HOUR - 6 * MINUTE, 'b'),
      line('renewed', HOUR),
    ];
    expect(words(lines)).toBe('2 renewals, one fallback to polling for 6 min, nothing lost.');
  });
  it('says what lasts, and what Google did not announce', () => {
    const lines = [
      line('polling', 2 * HOUR, 'a'),
      line('polling', HOUR, 'b'),
      line('channel_proved', 30 * MINUTE, 'b'),
      line('missed_changes', HOUR, 'a', '3 missed changes'),
      line('changes_applied', HOUR, 'a', '1 change applied'),
    ];
    expect(words(lines)).toBe(
      '4 changes applied, 2 fallbacks to polling, 3 h in all, 1 of which last, 3 changes that Google did not announce, found by a check, nothing lost.',
    );
  });
  it('does not call it well while a calendar is not watched', () => {
    expect(words([], [live])).toBe('nothing of note, nothing lost.');
    expect(words([line('grant_lost', HOUR)], [linkOf('a', 'reconnect_needed', null)])).toBe(
      '1 consent lost, 1 calendar is not watched now.',
    );
  });
  it('leaves out a channel that ran out because nobody meant to renew it', () => {
    const expired = (tone: Activity['tone']) => ({ ...line('channel_expired', HOUR), tone });
    expect(words([expired('quiet')])).toBe('nothing of note, nothing lost.');
    expect(words([expired('bad'), expired('quiet')])).toContain('1 channel that expired');
  });
  it('adds up what several receivers brought, whose lines are numbered alike', () => {
    const first = stretchOf([line('renewed', 5 * HOUR), line('polling', 2 * HOUR)], [live], [NOW - DAY, NOW]);
    seq = 0;
    const second = stretchOf(
      [line('renewed', HOUR, 'b'), line('polling', HOUR, 'b'), line('push_restored', HOUR / 2, 'b')],
      [live],
      [NOW - DAY, NOW],
    );
    expect(stretchWords(together([first, second]), [live])).toBe(
      '2 renewals, 2 fallbacks to polling, 3 h in all, 1 of which last, nothing lost.',
    );
  });
  it('says nothing of today where the stretch is long over', () => {
    const sum = stretchOf([line('renewed', HOUR)], [live], [NOW - DAY, NOW]);
    expect(stretchWords(sum, [linkOf('a', 'reconnect_needed', null)])).toBe(
      '1 renewal, 1 calendar is not watched now.',
    );
    expect(stretchWords(sum, null)).toBe('1 renewal.');
  });
  it('counts consents, not their calendars, and one that is lost again as a second', () => {
    const own = (id: string, grant_id: string) => ({ ...linkOf(id, 'live', NOW + 3 * DAY), grant_id });
    const links = [own('a', 'g'), own('b', 'g'), own('c', 'h')];
    const lost = ['a', 'b', 'c'].map((id) => line('grant_lost', 5 * HOUR, id));
    expect(words(lost, links)).toBe('2 consents lost, nothing lost.');
    const again = [
      line('grant_restored', 2 * HOUR, 'a'),
      line('grant_restored', 2 * HOUR, 'b'),
      line('grant_lost', HOUR, 'a'),
    ];
    expect(words([...lost, ...again], links)).toBe('3 consents lost, nothing lost.');
  });
});

describe('when a person is next needed', () => {
  it('names a lost consent before anything else, as the overview’s sentence does', () => {
    const held = linkOf('a', 'live', NOW + 3 * DAY, { held_cancellations: 2 });
    const lost = { ...linkOf('b', 'reconnect_needed', null), clinic_name: 'Nord' };
    expect(text(nextNeeded([held, lost], [], NOW))).toBe(
      'A person is needed now: connect Nord to Google again, and 1 more thing.',
    );
  });
  it('is now where a pause has long held edits, and not while they are fresh', () => {
    const pausedSince = (minutes: number) => {
      const since_at = new Date(NOW - minutes * MINUTE).toISOString();
      const outbound = { since_at, edits: 2, failure: null, refused: false, next_start_at: null };
      return linkOf('b', 'paused', null, { outbound });
    };
    expect(text(nextNeeded([live, pausedSince(21)], [], NOW))).toBe(
      'A person is needed now: resume Clinic · b, where edits wait.',
    );
    expect(text(nextNeeded([live, pausedSince(19)], [], NOW))).toMatch(/^You can leave it alone/);
  });
  it('is never while all renews by itself, and the next thing is told', () => {
    expect(text(nextNeeded([live], [], NOW))).toBe(
      'You can leave it alone: no manual deadline. Next, Clinic · a renews by itself in 24 h.',
    );
    expect(text(nextNeeded([], [], NOW))).toBe('You can leave it alone: no manual deadline.');
  });
  it('is not known while something is tried again by itself, and nobody is told to leave it alone', () => {
    const expired = linkOf('b', 'expired', NOW - HOUR);
    expect(text(nextNeeded([live, expired], [], NOW))).toBe(
      'Nothing must be done by hand so far: 1 calendar is not as it should be, and it is tried again by itself.',
    );
  });
  it('is the expiry of what fails to renew', () => {
    const failing = linkOf('b', 'due', NOW + 6 * HOUR, {
      channel: channelOf(NOW + 6 * HOUR, { renews_at: new Date(NOW - 2 * HOUR).toISOString() }),
    });
    expect(text(nextNeeded([live, failing], [], NOW))).toMatch(
      /^A person is needed by Mon 23 Nov, .* if the renewal of Clinic · b/,
    );
  });
  it('is before a consent ends, when that is foretold', () => {
    const ending = {
      grant_id: 'g',
      clinic_id: 'c',
      ailment: 'testing_app' as const,
      ends_at: new Date(NOW + 2 * DAY).toISOString(),
      remedy: 'Publish the app.',
    };
    expect(text(nextNeeded([live], [ending], NOW))).toMatch(
      /^A person is needed by Wed 25 Nov, .* to connect Clinic to Google again/,
    );
  });
  it('is now for a lost consent, however many calendars rest on it', () => {
    const lost = (id: string) => linkOf(id, 'reconnect_needed', null);
    expect(text(nextNeeded([lost('a'), lost('b')], [], NOW))).toBe(
      'A person is needed now: connect Clinic to Google again.',
    );
  });
});
