import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import lines from './activity-lines.json';
import { speech } from './messages.svelte';
import { causeWords, detailWords, endWords, lineWords } from './told';
import type { Reason } from './wire';
import { showZone } from './zone.svelte';

const at = '2026-11-25T10:00:00Z';
const reason = (message: string): Reason => ({ code: 'x', message, action: '', since_at: at });
/** Whole sentences that the engine writes in these files, their gaps filled with a cause. */
const engine = (file: string): string[] =>
  [...readFileSync(new URL(`../../../crates/engine/src/${file}`, import.meta.url), 'utf8').matchAll(/"([^"]*\.)"/g)]
    .map(([, text]) => (text ?? '').trim().replaceAll(/\{(cause|failure)\}/g, 'rate limit'))
    .map((text) => text.replace('{}', 'rate limit').replaceAll('{}', '3.0 s').replace('{expires}', '2 Dec 14:03 UTC'))
    .map((text) => text.replaceAll(/\{\w+\}/g, '7'));

beforeEach(() => showZone('UTC'));
afterEach(() => {
  showZone(undefined);
  speech.use('en');
});

describe('what the receiver wrote', () => {
  it('is shown as it is in English', () => {
    for (const { text, detail } of lines) {
      expect(lineWords({ text })).toBe(text);
      expect(detailWords({ detail, at })).toBe(detail ?? '');
    }
  });

  it('is said in each language, every line of it', () => {
    for (const language of ['de', 'es', 'fr'] as const) {
      speech.use(language);
      for (const { text, detail } of lines) {
        expect(lineWords({ text }), text).not.toBe(text);
        if (detail && !/^in \d/.test(detail)) expect(detailWords({ detail, at }), detail).not.toBe(detail);
      }
    }
  });

  it('carries numbers, spans, days and causes over', () => {
    speech.use('de');
    expect(lineWords({ text: '1 change applied' })).toBe('1 Änderung angewendet');
    expect(lineWords({ text: '12 changes applied' })).toBe('12 Änderungen angewendet');
    expect(detailWords({ detail: 'in 1.2 s', at })).toBe('in 1,2 s');
    expect(
      detailWords({ detail: 'generation 3 verified, valid until 2 Jan 14:03 UTC', at: '2026-12-26T14:03:00Z' }),
    ).toBe('Generation 3 geprüft, gültig bis Sa 2. Jan., 14:03');
    expect(detailWords({ detail: 'Google could not be reached; next try 10:04:11 UTC', at })).toBe(
      'Google war nicht erreichbar; nächster Versuch 10:04:11 UTC',
    );
  });

  it('keeps what is not known, and mixes no sentences of two languages', () => {
    speech.use('fr');
    expect(lineWords({ text: 'A new kind of line' })).toBe('A new kind of line');
    expect(detailWords({ detail: 'whatever; next try 10:04:11 UTC', at })).toBe(
      'whatever ; prochain essai 10:04:11 UTC',
    );
    expect(endWords({ message: 'Google refused: rate limit. Something new.', at })).toBe(
      'Google refused: rate limit. Something new.',
    );
  });
});

describe('why a calendar is in its state, and how an operation ended', () => {
  it.each([
    'view/why.rs',
    'link/renewal.rs',
    'link/canary.rs',
    'link/drill.rs',
    'link/runs.rs',
    'link/subscription.rs',
  ])('is said in each language: %s', (file) => {
    const sentences = engine(file);
    expect(sentences.length).toBeGreaterThan(2);
    for (const language of ['de', 'es', 'fr'] as const) {
      speech.use(language);
      for (const sentence of sentences) expect(causeWords(reason(sentence)), sentence).not.toBe(sentence);
    }
  });
});
