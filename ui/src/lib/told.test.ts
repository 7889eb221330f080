import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import lines from './activity-lines.json';
import { speech } from './messages.svelte';
import { codeWords, detailWords, endWords, lineWords, namedWords, receiverStart, sentenceWords } from './told';
import { showZone } from './zone.svelte';

/** A receiver elsewhere that a person named. */
const called = (title: string) => ({ title, entry: { local: false, name: title } });

const at = '2026-11-25T10:00:00Z';
/** The window has words of its own for these, or shows them nowhere. */
const ELSEWHERE = [
  'certificate',
  'fingerprint',
  "can't be trusted",
  'Asking the desktop',
  'Not asked.',
  'whose certificates',
  'The network part',
  'Restart the app',
  'Pair this device: POST',
  'The receiver at {} {}',
  'loopback port',
  '{live} of {total}',
  'calendars are live',
  'The calendar is live',
  'The calendar is not live',
  'The calendar is polled, by design',
  'No calendar is connected',
];

/** Whole sentences that people read from these files, their gaps filled with something that fits. */
function written(file: string): string[] {
  const source = readFileSync(new URL(`../../../crates/${file}`, import.meta.url), 'utf8');
  const code = source.replace(/#\[cfg\(test\)\][^]*/, '').replaceAll(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/"([A-Z{“](?:[^"\\]|\\\n)* (?:[^"\\]|\\\n)*\.)"/g)]
    .map(([, text]) => (text ?? '').replaceAll(/\\\n\s*/g, ''))
    .filter((text) => !ELSEWHERE.some((words) => text.includes(words)))
    .map((text) => text.replaceAll(/\{(cause|failure|why)\}/g, 'rate limit').replace('{expires}', '2 Dec 14:03 UTC'))
    .map((text) =>
      text.replaceAll(/(after|until) \{\}/g, (_, word) => `${word} ${word === 'until' ? '2 Dec 14:03 UTC' : '3.0 s'}`),
    )
    .map((text) => text.replaceAll(/: \{\}(?=[.;])/g, ': rate limit').replaceAll(/\{\w*\}/g, '7'));
}

beforeEach(() => showZone('UTC'));
afterEach(async () => {
  showZone(undefined);
  await speech.use('en');
});

describe('what the receiver wrote', () => {
  it('is shown as it is in English, but for its times', () => {
    for (const { text, detail } of lines) {
      expect(lineWords({ text })).toBe(text);
      const own = detailWords({ detail, at });
      expect(own).not.toContain('UTC');
      if (!detail?.includes('UTC')) expect(own).toBe(detail ?? '');
    }
  });

  it('tells its times in the zone of the window, in every language', async () => {
    const told = (detail: string, written = at): string => detailWords({ detail, at: written });
    const [next, until] = ['rate limit; next try 11:42:33 UTC', 'expires 28 Nov 17:41 UTC'];
    showZone('America/Chicago');
    expect(told(next)).toBe('rate limit; next try 05:42:33');
    expect(told('rate limit; next try 00:00:12 UTC', '2026-11-25T23:59:42Z')).toBe('rate limit; next try 18:00:12');
    expect(told(until)).toBe('expires Sat 28 Nov, 11:41');
    expect(endWords({ message: 'Valid until 28 Nov 17:41 UTC.', at })).toBe('Valid until Sat 28 Nov, 11:41.');
    expect(sentenceWords('Valid until 28 Nov 17:41 UTC.')).toBe('Valid until 28 Nov 17:41 UTC.');
    await speech.use('de');
    expect(told(next)).toBe('Anfragegrenze von Google erreicht; nächster Versuch 05:42:33');
    expect(told(until)).toBe('Ablauf Sa 28. Nov., 11:41');
    showZone('Asia/Kathmandu');
    expect(told(next)).toBe('Anfragegrenze von Google erreicht; nächster Versuch 17:27:33');
  });

  it('is said in each language, every line of it', async () => {
    for (const language of ['de', 'es', 'fr'] as const) {
      await speech.use(language);
      for (const { text, detail } of lines) {
        expect(lineWords({ text }), text).not.toBe(text);
        if (detail && !/^in \d/.test(detail)) expect(detailWords({ detail, at }), detail).not.toBe(detail);
      }
    }
  });

  it('carries numbers, spans, days and causes over', async () => {
    await speech.use('de');
    expect(lineWords({ text: '1 change applied' })).toBe('1 Änderung angewendet');
    expect(lineWords({ text: '12 changes applied' })).toBe('12 Änderungen angewendet');
    expect(detailWords({ detail: 'in 1.2 s', at })).toBe('in 1,2 s');
    expect(
      detailWords({ detail: 'generation 3 verified, valid until 2 Jan 14:03 UTC', at: '2026-12-26T14:03:00Z' }),
    ).toBe('Generation 3 geprüft, gültig bis Sa 2. Jan., 14:03');
    expect(detailWords({ detail: 'Google could not be reached; next try 10:04:11 UTC', at })).toBe(
      'Google war nicht erreichbar; nächster Versuch 10:04:11',
    );
  });

  it('leaves out the codes that older receivers wrote beside the words', async () => {
    const told = () => [
      detailWords({ detail: 'invalid grant; connect Google again', at }),
      sentenceWords('Google no longer honours the connection (invalid_grant).'),
    ];
    expect(told()).toEqual(['connect Google again', 'Google no longer honours the connection.']);
    await speech.use('de');
    expect(told()).toEqual(['verbinden Sie Google neu', 'Google erkennt die Verbindung nicht mehr an.']);
  });

  it('keeps what is not known, and mixes no sentences of two languages', async () => {
    await speech.use('fr');
    expect(lineWords({ text: 'A new kind of line' })).toBe('A new kind of line');
    expect(detailWords({ detail: 'whatever; next try 10:04:11 UTC', at })).toBe('whatever ; prochain essai 10:04:11');
    expect(endWords({ message: 'Google refused: rate limit. Something new.', at })).toBe(
      'Google refused: rate limit. Something new.',
    );
  });
});

describe('a sentence of the engine, the receiver or the agent', () => {
  it.each([
    'engine/src/grant.rs',
    'engine/src/view/why.rs',
    'engine/src/link/renewal.rs',
    'engine/src/link/canary.rs',
    'engine/src/link/drill.rs',
    'engine/src/link/runs.rs',
    'engine/src/link/subscription.rs',
    'receiver/src/api/auth.rs',
    'receiver/src/api/overview.rs',
    'receiver/src/api/pairing.rs',
    'receiver/src/app/grants.rs',
    'receiver/src/app/links.rs',
    'receiver/src/app/use_error.rs',
    'agent/src/agent.rs',
    'agent/src/browser.rs',
    'agent/src/client.rs',
    'agent/src/consent.rs',
    'agent/src/core/asked.rs',
    'agent/src/core/control.rs',
    'agent/src/core/attended.rs',
    'agent/src/core/demo.rs',
    'agent/src/core/desk.rs',
    'agent/src/core/heard.rs',
    'agent/src/core/receivers.rs',
    'agent/src/core/view.rs',
    'agent/src/deep_link.rs',
    'agent/src/diagnostics.rs',
    'agent/src/keychain.rs',
    'agent/src/notifier.rs',
    'agent/src/notifier/desktop.rs',
    'agent/src/pairing.rs',
    'agent/src/saving.rs',
    '../src-tauri/platform.rs',
  ])('is said in each language: %s', async (file) => {
    const sentences = written(file);
    expect(sentences).not.toEqual([]);
    for (const language of ['de', 'es', 'fr'] as const) {
      await speech.use(language);
      for (const sentence of sentences) expect(sentenceWords(sentence), sentence).not.toBe(sentence);
    }
  });

  it('is known again when a name in it holds a full stop, and its time is told as the language does', async () => {
    const detail =
      'Nord · Dr. B calendar, for 2 d 4 h: Google no longer honours the connection (invalid_grant). 2 more calendars need a look.';
    await speech.use('fr');
    expect(sentenceWords(detail)).toBe(
      'Nord · Dr. B calendar, depuis 2 j 4 h : Google n’honore plus la connexion. 2 autres agendas demandent un coup d’œil.',
    );
    expect(sentenceWords('Connected to fly.example:8480.')).toBe('Connecté à fly.example:8480.');
  });

  it('on where the token is kept says the reason too', async () => {
    await speech.use('de');
    const why = "the system's keychain is switched off";
    const note = `In /home/a.b/tokens.json, readable by this user only, because the system's keychain can't be used: ${why}.`;
    const said = sentenceWords(note);
    expect(said).toMatch(/^In \/home\/a\.b\/tokens\.json, nur für diesen Benutzer lesbar, weil/);
    expect(said).toMatch(/: der Schlüsselbund des Systems ist abgeschaltet\.$/);
  });

  it('on an address that is none is said in each language', async () => {
    await speech.use('de');
    const said = sentenceWords('This is not a whole address: https:// is missing before it.');
    expect(said).toBe('Das ist keine ganze Adresse: davor fehlt https://.');
    expect(sentenceWords('ftp is not a scheme a receiver speaks.')).toMatch(/ftp/);
    expect(sentenceWords('ftp is not a scheme a receiver speaks.')).not.toMatch(/scheme/);
  });

  it('of several receivers is said in each language behind its name', async () => {
    await speech.use('de');
    const [lost, back] = ['This computer is not paired with this receiver.', 'Go back to the overview.'];
    expect(namedWords(`10.0.0.7:8480: ${lost} South: ${back}`, [called('South'), called('10.0.0.7:8480')])).toBe(
      '10.0.0.7:8480: Dieser Computer ist mit diesem Empfänger nicht gekoppelt. South: Gehen Sie zurück zur Übersicht.',
    );
    expect(namedWords(back, [])).toBe('Gehen Sie zurück zur Übersicht.');
    const here = { title: 'this computer', entry: { local: true, name: '' } };
    expect(namedWords(`this computer: ${back}`, [here])).toBe('Dieser Computer: Gehen Sie zurück zur Übersicht.');
    expect(receiverStart(called('nord'))).toBe('nord');
  });
});

describe('a word of Google’s own', () => {
  it('means here what the engine takes it for', () => {
    const source = readFileSync(new URL('../../../crates/engine/src/failure/cause.rs', import.meta.url), 'utf8');
    const named = source.matchAll(/\(\s*Cause::(\w+),\s*"([^"]+)",?\s*\)/g);
    const words = new Map([...named].map(([, cause, text]) => [cause, text?.replaceAll("'", '’')]));
    const arms = source.matchAll(/((?:\|?\s*"[\w.]+"\s*)+)=> Self::(\w+),/g);
    const codes = [...arms].flatMap(([, part, cause]) =>
      [...(part ?? '').matchAll(/"([\w.]+)"/g)].map(([, code]) => [code ?? '', words.get(cause)] as const),
    );
    expect(codes.length).toBeGreaterThan(15);
    expect(codes.map(([code]) => [code, codeWords(code)])).toEqual(codes);
  });
});
