import { afterEach, describe, expect, it } from 'vitest';
import { speech } from '$lib/messages.svelte';
import { linkOf, NOW } from '$lib/sample';
import { monthCsv, stateCsv } from './tables';

afterEach(() => speech.use('en'));

describe('a saved table', () => {
  it('has its column heads and its states in the language of the window', async () => {
    await speech.use('de');
    expect(stateCsv([linkOf('Raum 1', 'paused', null)], NOW).split('\r\n')).toEqual([
      '\uFEFFPraxis,Kalender,Konto,Zustand,Warum,Erneuerung (UTC),Ablauf (UTC),Letzter Beweis (UTC),p95 ms',
      'Clinic,Raum 1,a@clinic.example,Pausiert,,,,,',
      '',
    ]);
    await speech.use('fr');
    expect(monthCsv([])).toBe(
      '\uFEFFAgenda,Surveillé %,Heures par push,Heures par interrogation,Trous,Heures dans des trous,Renouvellements,' +
        'Changements non signalés\r\n',
    );
  });
});
