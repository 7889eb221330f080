import { describe, expect, it } from 'vitest';
import { wanted } from './biography';
import { DAY } from './format';
import { linkOf, NOW } from './sample';
import { chainWords, resultWords, subjectWords, whatWords } from './trail';
import type { Activity, AuditEntry } from './wire';

const entry = (part: Partial<AuditEntry>): AuditEntry => ({
  id: 'e',
  seq: 1,
  at: new Date(NOW).toISOString(),
  who: 'reception',
  what: 'renew',
  subject_id: null,
  result: 'done',
  hash: 'ab',
  ...part,
});
const known = { links: new Map([['l', linkOf('l', 'live', null)]]), clinics: [], grants: [], devices: [] };

describe('the trail in words', () => {
  it('says what was done to what, and how it ended', () => {
    expect(whatWords(entry({}))).toBe('renewed');
    expect(whatWords(entry({ what: 'paint_wall' }))).toBe('paint wall');
    expect(subjectWords(entry({ subject_id: 'l' }), known)).toBe('Clinic · l');
    expect(subjectWords(entry({ subject_id: '0123456789' }), known)).toBe('no longer here (01234567)');
    expect(resultWords(entry({ result: 'refused: role_too_low' }))).toBe('refused: role too low');
  });
  it('names the first entry that was tampered with', () => {
    expect(chainWords({ intact: true, entries: 1204, broken_at: null })).toMatch(/^All 1,204 entries/);
    expect(chainWords({ intact: false, entries: 9, broken_at: 4 })).toMatch(/^Entry 4 of 9 entries was changed/);
  });
});

describe('the filters of the biography', () => {
  const line = (part: Partial<Activity>): Activity => ({
    id: 'a',
    seq: 1,
    link_id: 'l',
    clinic_id: 'c',
    at: new Date(NOW).toISOString(),
    kind: 'renewed',
    tone: 'good',
    text: 'Renewed',
    detail: null,
    operation_id: null,
    ...part,
  });
  const all = { kind: 'all', words: '', from: Number.NEGATIVE_INFINITY } as const;
  const link = linkOf('l', 'live', null);

  it('go by kind, by words and by time', () => {
    expect(wanted(line({}), link, { ...all, kind: 'channels' })).toBe(true);
    expect(wanted(line({}), link, { ...all, kind: 'changes' })).toBe(false);
    expect(wanted(line({ kind: 'changes_applied' }), link, { ...all, kind: 'changes' })).toBe(true);
    expect(wanted(line({ tone: 'warn' }), link, { ...all, kind: 'trouble' })).toBe(true);
    expect(wanted(line({}), link, { ...all, words: 'clinic renewed' })).toBe(true);
    expect(wanted(line({}), undefined, { ...all, words: 'receiver' })).toBe(true);
    expect(wanted(line({}), link, { ...all, from: NOW + DAY })).toBe(false);
  });
});
