import { afterEach, describe, expect, it } from 'vitest';
import de from '../../messages/de.json';
import en from '../../messages/en.json';
import { faults, typesOf } from '../../messages/check.mjs';
import { ago, count, DAY, dayMonth, duration, HOUR, latency, MINUTE, percent, roughly, target } from './format';
import { languageOf, localeOf } from './language';
import { speech, t } from './messages.svelte';

afterEach(() => speech.use('en'));

describe('the language', () => {
  it('is the first of the reader’s that the messages are written in', () => {
    expect(languageOf(['C', undefined])).toBe('en');
    expect(languageOf(['it-IT', 'de-AT', 'fr'])).toBe('de');
    expect(languageOf(['es_MX.UTF-8'])).toBe('es');
    expect(languageOf(['eo', 'zz'])).toBe('en');
  });
  it('keeps the reader’s own variant for dates and numbers', () => {
    expect(localeOf('en', ['C', undefined])).toBe('en-GB');
    expect(localeOf('en', ['C', 'en-AU'])).toBe('en-AU');
    expect(localeOf('de', ['en-US', 'de-CH'])).toBe('de-CH');
    expect(localeOf('fr', ['de-CH'])).toBe('fr-FR');
  });
});

describe('words', () => {
  it('follow the language', async () => {
    expect(t('screen.overview')).toBe('Overview');
    await speech.use('de');
    expect(t('screen.overview')).toBe('Übersicht');
    expect(ago(0, 14 * MINUTE)).toBe('vor 14 min');
    await speech.use('es');
    expect(ago(0, 14 * MINUTE)).toBe('hace 14 min');
    await speech.use('fr');
    expect(ago(0, 14 * MINUTE)).toBe('il y a 14 min');
    expect(duration(6 * DAY + 19 * HOUR)).toBe('6 j 19 h');
    expect(roughly(3 * DAY)).toBe('3 j');
  });
  it('count as the language does', async () => {
    const counted = (n: number) => t('disconnect.calendars', { n });
    expect(counted(1)).toBe('1 calendar will no longer be watched');
    expect(counted(0)).toBe('0 calendars will no longer be watched');
    expect(counted(3412)).toBe('3,412 calendars will no longer be watched');
    await speech.use('de');
    expect(counted(1)).toBe('1 Kalender wird nicht mehr überwacht');
    expect(counted(3412)).toBe('3.412 Kalender werden nicht mehr überwacht');
    await speech.use('fr');
    expect(counted(0)).toBe('0 agenda ne sera plus surveillé');
  });
  it('write numbers and dates as the language does', async () => {
    await speech.use('de');
    expect(count(3412)).toBe('3.412');
    expect(percent(0.9997)).toBe('99,97');
    expect(latency(1340)).toBe('1,3 s');
    expect(target(5000)).toBe('5 s');
    expect(dayMonth(new Date(2026, 10, 18, 15, 56).toISOString())).toBe('18. Nov.');
  });
});

describe('the check of the messages', () => {
  const used = ["t('a')", "t('b.c')"];
  const book = { a: 'Hello {name}', 'b.c': { one: '{n} calendar', other: '{n} calendars' } };
  it('is content with what is whole', () => {
    const german = { a: 'Hallo {name}', 'b.c': { one: '{n} Kalender', other: '{n} Kalender' } };
    expect(faults({ en: book, de: german }, used)).toEqual([]);
    expect(faults({ en: { 'x.y': 'Z' } }, ['t(`x.${word}`)'])).toEqual([]);
  });
  it('names what is missing, extra, unused or has lost a gap', () => {
    const lame = { a: 'Hallo', 'b.c': { one: '{n} Kalender' }, d: 'zu viel' };
    const found = faults({ en: { ...book, e: 'Unused' }, de: lame }, used).join('\n');
    expect(found).toContain('de lacks e');
    expect(found).toContain('de has d');
    expect(found).toContain('lost the gap {name}');
    expect(found).toContain('de b.c: no words for "other"');
    expect(found).toContain('e is used nowhere');
  });
  it('types the gaps', () => {
    expect(typesOf(book)).toContain("'b.c': { n: number };");
    expect(typesOf(book)).toContain("'a': { name: string | number };");
  });
  it('finds as many words in German as in English', () => {
    expect(Object.keys(de).sort()).toEqual(Object.keys(en).sort());
  });
});
