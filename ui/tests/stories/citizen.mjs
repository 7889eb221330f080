// Syncward as a citizen of its computer: languages, links, and diagnostics that are read before they are saved.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startAgent, until } from '../world.mjs';
import { heading } from './rows.mjs';

const TITLES = { de: 'Einstellungen', es: 'Ajustes', fr: 'Réglages' };
const FIRST = { de: 'Wo läuft Ihr Empfänger?', es: '¿Dónde está su receptor?', fr: 'Où est votre récepteur ?' };

export async function citizen({ stage, agent }) {
  await stage.story('language: each one fits the window, at once and in every size', async () => {
    const alone = await startAgent();
    const page = await stage.open(alone, '#/overview');
    for (const language of ['de', 'es', 'fr']) {
      const settings = { ...(await alone.ask({ call: 'settings' })), language };
      await alone.ask({ call: 'set_settings', settings });
      await heading(page, FIRST[language]);
      assert.equal((await page.evaluate(() => document.documentElement.lang)).slice(0, 2), language);
      await stage.photograph(page, `first-run-${language}`);
      await page.goto(`${alone.origin}/#/settings`);
      await heading(page, TITLES[language]);
      await stage.photograph(page, `settings-${language}`);
      await page.goto(`${alone.origin}/#/overview`);
    }
    await page.context().close();
  });

  await stage.story('language: chosen in the settings, it holds for the whole window', async () => {
    const page = await stage.open(agent, '#/settings');
    await page.getByLabel('Language').selectOption('de');
    await heading(page, 'Einstellungen');
    await page.getByRole('link', { name: 'Übersicht' }).click();
    await stage.photograph(page, 'overview-de');
    await page.goto(`${agent.origin}/#/alerts`);
    await page.getByText('Harbour Physio muss Google neu verbinden').first().waitFor();
    await page.getByRole('button', { name: /Neu verbinden: Harbour/ }).waitFor();
    await stage.photograph(page, 'alerts-de');
    await page.getByRole('radio', { name: 'Regeln und Ruhezeiten' }).check({ force: true });
    await page.getByText('Der Empfänger schweigt seit').first().waitFor();
    await stage.photograph(page, 'rules-de');
    for (const screen of ['channels', 'clinics', 'receiver', 'handover', 'report', 'wall']) {
      await page.goto(`${agent.origin}/#/${screen}`);
      await page.locator('h1').first().waitFor();
      await stage.photograph(page, `${screen}-de`);
    }
    await page.goto(`${agent.origin}/#/overview`);
    await page.getByRole('link', { name: 'Einstellungen' }).click();
    await page.getByLabel('Sprache').selectOption('en');
    await heading(page, 'Settings');
    await page.context().close();
  });

  await stage.story('links: a pairing link asks, an open link shows, anything else is a sentence', async () => {
    const page = await stage.open(agent, '#/overview');
    const link = 'syncward://pair?address=https%3A%2F%2Fother.clinic.example&code=ABCDE-FGHJK';
    await agent.ask({ call: 'follow_link', link });
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Connect to this receiver?').waitFor();
    assert.equal(await dialog.getByLabel('Address').inputValue(), 'https://other.clinic.example');
    await dialog.getByText('watched beside').waitFor();
    await stage.photograph(page, 'link-pair');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await agent.ask({ call: 'follow_link', link: 'syncward://open/settings' });
    await heading(page, 'Settings');
    // At once: what the window says of the one before does not take this one away.
    await agent.ask({ call: 'follow_link', link: 'syncward://erase/everything' });
    await page.getByText('Syncward knows no such link').waitFor();
    await until('both links to be seen', async () => (await agent.snapshot()).arrival === null);
    await page.context().close();
  });

  await stage.story(
    'diagnostics: every file is read before it is saved, and what is saved is what was shown',
    async () => {
      const page = await stage.open(agent, '#/settings');
      await page.getByRole('button', { name: 'Look at it' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'calendars.json' }).click();
      const shown = await dialog.locator('pre').textContent();
      assert.match(shown, /\(clinic 1\)/);
      for (const name of ['Riverside', 'MRI', '@', '127.0.0.1'])
        assert.ok(!shown.includes(name), `${name} in ${shown}`);
      await stage.photograph(page, 'diagnostics');
      await dialog.getByRole('button', { name: 'Save' }).click();
      const words = await dialog.getByText(/Saved in .*\.zip/).textContent();
      const packed = readFileSync(words.replace(/^Saved in /, '').replace(/\.$/, '')).toString('utf8');
      assert.ok(packed.includes(shown), 'the very text that was shown is in the file');
      await page.context().close();
    },
  );
}
