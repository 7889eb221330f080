// Pages for people who are not at the desk: coming back, the handover note, the monthly report, the wall.
import assert from 'node:assert/strict';
import { go, heading } from './rows.mjs';
import { saved } from './record.mjs';

export async function pages({ stage, agent }) {
  await stage.story('pages: who comes back after a weekend reads what happened in one sentence', async () => {
    const page = await stage.open(agent, '#/activity');
    await heading(page, 'What happened');
    assert.equal(await page.getByRole('region', { name: 'While you were away' }).count(), 0);
    await page.evaluate(() => localStorage.setItem('seen-at', String(Date.now() - 60 * 3_600_000)));
    await page.goto(`${agent.origin}/#/overview`);
    await page.reload();
    const away = page.getByRole('region', { name: 'While you were away' });
    await away.getByText(/changes? applied.*(nothing lost|not watched now)\./).waitFor();
    await stage.photograph(page, 'while-away');
    await away.getByRole('button', { name: 'Close' }).click();
    await away.waitFor({ state: 'detached' });
    await page.reload();
    await heading(page, /calendars are live/);
    assert.equal(await away.count(), 0, 'an absence is told once');
    await page.context().close();
  });

  await stage.story('pages: the handover note says what needs a hand, and prints on its own', async () => {
    const page = await stage.open(agent, '#/handover');
    await heading(page, 'Handover note');
    await page.getByRole('row', { name: /Harbour Physio · appointments Reconnect/ }).waitFor();
    await page.getByLabel('Note for whoever comes next').fill('The spare key hangs in room 2.');
    await page.getByText(/changes? applied/).waitFor();
    await stage.photograph(page, 'handover');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await page.locator('aside').isVisible(), false);
    assert.equal(await page.getByRole('button', { name: /^Print/ }).isVisible(), false);
    assert.equal(await page.getByText('The spare key hangs in room 2.').last().isVisible(), true);
    const ink = await page.evaluate(() => getComputedStyle(document.querySelector('h1')).color);
    assert.equal(ink, 'rgb(20, 32, 39)', 'paper is light');
    await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
    const { bytes } = await saved(page, () => page.getByRole('button', { name: 'Save CSV' }).click());
    assert.match(bytes.toString('utf8'), /Harbour Physio,appointments,.*,Reconnect,/);
    await page.context().close();
  });

  await stage.story('pages: the monthly report counts coverage, delivery and latency of every calendar', async () => {
    const page = await stage.open(agent, '#/report');
    await heading(page, /Monthly report, \w+ \d{4}/);
    await page.getByText(/watched [\d.]+ % of the time/).waitFor();
    await page.getByRole('row', { name: /Elm Veterinary · surgery/ }).waitFor();
    await stage.photograph(page, 'report');
    const { path, bytes } = await saved(page, () => page.getByRole('button', { name: 'Save CSV' }).click());
    assert.match(path, /Syncward report \d{4}-\d\d\.csv$/);
    assert.equal(bytes.toString('utf8').trimEnd().split('\r\n').length - 1, (await agent.snapshot()).links.length);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('wall');
    await page.keyboard.press('Enter');
    await page.getByRole('region', { name: 'Wall view' }).waitFor();
    await page.context().close();
  });

  await stage.story('pages: the wall shows the sentence big, has no action, and is left by Escape', async () => {
    const page = await stage.open(agent, '#/overview');
    await go(page, '#/wall');
    await heading(page, /calendars are live/);
    await page.getByRole('listitem').filter({ hasText: 'Harbour Physio · appointments' }).waitFor();
    assert.equal(await page.getByRole('button').count(), 0);
    const tall = await page.evaluate(() => document.querySelector('h1').getBoundingClientRect().height);
    assert.ok(tall > 60, `the sentence is ${tall} px tall`);
    await stage.photograph(page, 'wall');
    await page.keyboard.press('Escape');
    await page.getByRole('navigation', { name: 'Screens' }).waitFor();
    await page.context().close();
  });
}
