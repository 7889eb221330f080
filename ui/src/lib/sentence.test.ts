import { describe, expect, it } from 'vitest';
import { clockTime, DAY, dayTime, HOUR, MINUTE } from './format';
import { connectHref, parse, walked } from './route';
import { channelOf, linkOf, NOW } from './sample';
import { scopeWords } from './scopes';
import { blame, liveSentence, standingSentence } from './sentence';
import { stepAt, stepsOf } from './steps';

const words = (pieces: { text: string }[]): string => pieces.map((piece) => piece.text).join('');

describe('how many are live', () => {
  it('has one number that rules the verb', () => {
    const counts = {
      total: 3,
      live: 1,
      due: 0,
      renewing: 0,
      unproved: 0,
      polling: 2,
      expired: 0,
      reconnect_needed: 0,
      paused: 0,
    };
    expect(liveSentence(counts, 0)).toBe('1 of 3 calendars is live.');
    expect(liveSentence({ ...counts, due: 1, polling: 1 }, 0)).toBe('2 of 3 calendars are live.');
    expect(liveSentence(counts, 2)).toBe('1 of 3 calendars is live, 2 are polled by design.');
    expect(liveSentence({ ...counts, due: 1, polling: 1 }, 1)).toBe(
      '2 of 3 calendars are live, 1 is polled by design.',
    );
  });
});

describe('a link in one sentence', () => {
  it('says when it expires and when it renews by itself', () => {
    const channel = channelOf(NOW + DAY + 8 * HOUR, { renews_at: new Date(NOW + 22 * MINUTE).toISOString() });
    const text = words(standingSentence(linkOf('a', 'due', null, { channel }), NOW));
    expect(text).toMatch(/^Live, due for renewal\. Expires in 1 d 8 h \(.+\) and renews by itself in 22 min\.$/);
  });
  it('says so when the renewal is late', () => {
    expect(words(standingSentence(linkOf('a', 'due', NOW + DAY), NOW))).toContain(
      'renewal was planned 24 h ago and is tried again by itself',
    );
  });
  it('gives the reason and what to do', () => {
    const reason = {
      code: 'grant_lost',
      message: 'Google no longer honours the consent.',
      action: 'Connect it again.',
      since_at: new Date(NOW - 3 * HOUR).toISOString(),
    };
    const text = words(standingSentence(linkOf('a', 'reconnect_needed', null, { reason }), NOW));
    expect(text).toBe('Not watched. Google no longer honours the consent. This has lasted 3 h. Connect it again.');
  });
  it('counts the attempts that failed and says when the next is made, at any hour', () => {
    const reason = {
      code: 'renewal_failing',
      message: 'Renewal does not work yet: Google: rate limit. The old channel stays in charge.',
      action: 'It is tried again by itself; Renew now tries at once.',
      since_at: new Date(NOW - 3 * HOUR).toISOString(),
    };
    const told = (failed: number, next: number | null) => {
      const next_at = next === null ? null : new Date(next).toISOString();
      return words(standingSentence(linkOf('a', 'due', NOW + DAY, { reason, attempts: { failed, next_at } }), NOW));
    };
    expect(told(2, NOW + 10 * MINUTE)).toContain(
      ` This has lasted 3 h. 2 attempts failed; the next is at ${clockTime(NOW + 10 * MINUTE)}. It is tried again`,
    );
    expect(told(1, NOW + DAY)).toContain(` 1 attempt failed; the next is at ${dayTime(NOW + DAY)}.`);
    expect(told(3, NOW - MINUTE)).toContain(' 3 attempts failed. It is tried again');
    expect(told(3, null)).toContain(' 3 attempts failed. It is tried again');
  });
  it('tells of edits that Google does not take, why, and what heals it', () => {
    const outbound = {
      since_at: new Date(NOW - 25 * MINUTE).toISOString(),
      edits: 2,
      failure: 'forbiddenForNonOrganizer',
      refused: true,
      next_start_at: null,
    };
    const told = (part: Partial<typeof outbound>) =>
      words(standingSentence(linkOf('a', 'live', NOW + DAY, { outbound: { ...outbound, ...part } }), NOW));
    expect(told({})).toContain(
      ' 2 edits of the clinic’s system wait for Google, the oldest for 25 min: only the organiser may change the appointment. ' +
        'Google refuses what was changed: it needs to be changed once more, in the clinic’s system or in Google.',
    );
    expect(told({ edits: 1, failure: 'backendError', refused: false })).toContain(
      ' 1 edit of the clinic’s system has waited for Google for 25 min: Google had an internal error. It is tried again by itself.',
    );
    const paused = linkOf('a', 'paused', null, { outbound: { ...outbound, failure: null, refused: false } });
    expect(words(standingSentence(paused, NOW))).toContain(
      ' the oldest for 25 min. They go out when the calendar is resumed.',
    );
    expect(told({ failure: 'eventTypeRestriction' })).toContain(' for 25 min: Google said eventTypeRestriction. ');
  });
});

describe('blame', () => {
  it('names the longest leg', () => {
    expect(blame(6000, 10, 200, 5000)).toBe('Google’s own leg makes 97 % of the median: nothing to do here.');
    expect(blame(null, null, null, 5000)).toBe('No change was measured in this time.');
  });
});

describe('addresses', () => {
  it('lead to screens, unknown ones to the overview', () => {
    expect(parse('#/channels/abc')).toEqual({ name: 'channel', id: 'abc' });
    expect(parse(connectHref('x y'))).toEqual({ name: 'clinics', connect: 'x y', clinic: null, fresh: false });
    expect(parse('#/clinics?new')).toMatchObject({ name: 'clinics', fresh: true });
    expect(parse('#/activity?trail')).toEqual({ name: 'activity', trail: true });
    expect(parse('#/nonsense')).toEqual({ name: 'overview' });
    expect(parse('#/channels/%E0%A4%A')).toEqual({ name: 'channel', id: '%E0%A4%A' });
  });
});

describe('the way back', () => {
  it('grows with each screen, and is one step shorter after going back', () => {
    const there = ['#/latency', '#/alerts'].reduce(walked, ['#/overview'] as readonly string[]);
    expect(there).toEqual(['#/overview', '#/latency', '#/alerts']);
    expect(walked(there, '#/latency')).toEqual(['#/overview', '#/latency']);
    expect(walked(there, '#/alerts')).toBe(there);
  });
});

describe('steps and scopes', () => {
  it('follow the renewal', () => {
    expect(
      ['asked', 'opening', 'proving', 'overlapping', 'stopping', 'done'].map((step) => stepAt({ kind: 'renew', step })),
    ).toEqual([0, 0, 1, 2, 3, 4]);
  });
  it('follow a fire drill', () => {
    const steps = ['asked', 'stopping', 'running', 'opening', 'proving', 'done'];
    expect(steps.map((step) => stepAt({ kind: 'fire_drill', step }))).toEqual([0, 0, 1, 2, 3, 4]);
    expect(stepsOf('fire_drill')).toHaveLength(4);
    expect(stepsOf('pause')).toEqual([]);
  });
  it('are said in words', () => {
    expect(scopeWords(['https://www.googleapis.com/auth/calendar.events'])).toBe('read and change appointments');
  });
});
