// Drives the built window in Chromium over the invented agent: what a click or a key does.
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { serve } from './fixture-server.mjs';

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const only = process.argv.slice(2).join(' ');
let failed = 0;

async function story(name, options, act) {
  if (only && !name.includes(only)) return;
  const server = await serve(options);
  const page = await browser.newPage({ viewport: { width: 1280, height: 832 } });
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  try {
    await page.goto(`${server.url}/#/overview`);
    await page.waitForSelector('.row');
    await act(page, server);
    assert.deepEqual(errors, []);
    process.stdout.write(`ok   ${name}\n`);
  } catch (error) {
    failed += 1;
    process.stdout.write(`BAD  ${name}\n     ${String(error.message).split('\n').slice(0, 6).join('\n     ')}\n`);
  } finally {
    await page.close();
    server.stop();
  }
}

const names = (page) => page.locator('.row .clinic').allTextContents();
const row = (page, text) => page.locator('.row', { hasText: text });

await story('renew now shows each step and the new expiry, and no row moves', { stepMs: 250 }, async (page) => {
  const before = await names(page);
  const line = row(page, 'Harbour Physio');
  await line.getByRole('button', { name: 'Renew now' }).click();
  await line.locator('[aria-current="step"]').waitFor();
  await line.getByText('overlapping').waitFor();
  await line.getByText(/Renewed, valid until \w{3} \d+ \w{3}, \d\d:\d\d/).waitFor();
  await line.getByText(/^(6 d 23 h|7 d)$/).waitFor();
  assert.deepEqual(await names(page), before);
  await page.getByRole('button', { name: /rows? changed order/ }).click();
  assert.notDeepEqual(await names(page), before);
});

await story('a hint brings the change within a second', {}, async (page, { agent }) => {
  const link = agent.snapshot.links[3];
  link.state = 'expired';
  agent.bump();
  await row(page, 'Dr. B calendar').getByText('Expired').waitFor({ timeout: 1000 });
});

await story('keys walk the rows, open one and come back', {}, async (page) => {
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-row')), '2');
  await page.keyboard.press('k');
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('data-row')), '1');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Harbour Physio · appointments' }).waitFor();
  await page.keyboard.press(']');
  await page.getByRole('heading', { name: 'Northside Family · Dr. A calendar' }).waitFor();
  await page.keyboard.press('[');
  await page.keyboard.press('g');
  await page.keyboard.press('l');
  await page.getByRole('heading', { name: /Half of all changes/ }).waitFor();
});

await story('r renews the row under the keys', { stepMs: 200 }, async (page) => {
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('r');
  await row(page, 'Harbour Physio')
    .getByText(/Renewed, valid until/)
    .waitFor();
});

await story('slash searches, chips choose, nothing found says so', {}, async (page) => {
  await page.keyboard.press('/');
  await page.keyboard.type('elm sur');
  assert.deepEqual(await names(page), ['Elm Veterinary']);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('nobody');
  await page.getByText('No calendar matches').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('radio', { name: 'Due 2' }).click();
  assert.equal((await names(page)).length, 2);
  await page.getByRole('radio', { name: 'Attention 1' }).click();
  assert.deepEqual(await names(page), ['Oak Street Dental']);
});

await story('ten thousand rows scroll and only a screenful is drawn', { count: 10_000 }, async (page) => {
  const viewport = page.locator('.viewport');
  await viewport.evaluate((node) => (node.scrollTop = node.scrollHeight));
  await page.waitForFunction(
    () => document.querySelectorAll('.row').length > 5 && document.querySelectorAll('.row').length < 60,
  );
  const frames = await viewport.evaluate(async (node) => {
    const start = performance.now();
    let count = 0;
    while (performance.now() - start < 1000) {
      node.scrollTop -= 400;
      await new Promise(requestAnimationFrame);
      count += 1;
    }
    return count;
  });
  process.stdout.write(`     ${frames} frames in a second of scrolling\n`);
  assert.ok(frames > 20, `${frames} frames`);
});

await story('connecting waits, can be cancelled and tells how it ended', {}, async (page, { agent }) => {
  await page.goto(`${page.url().split('#')[0]}#/clinics`);
  await page.getByRole('button', { name: 'Connect Google for Elm Veterinary' }).click();
  await page.getByRole('button', { name: 'Open Google' }).click();
  await page.getByText('Waiting for your answer in the browser.').waitFor();
  await page.getByRole('button', { name: 'Copy link' }).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Nothing was connected.').waitFor();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText('Waiting for your answer in the browser.').waitFor();
  agent.snapshot.attempt.state = {
    status: 'failed',
    fault: {
      code: 'consent_denied',
      message: 'Google says access was denied.',
      action: 'Nothing was connected; try again and press Allow.',
    },
  };
  agent.bump();
  await page.getByText('Google says access was denied.').waitFor({ timeout: 1000 });
  await page.getByRole('button', { name: 'Try again' }).click();
  agent.snapshot.attempt.state = {
    status: 'connected',
    account: 'front@elm.example',
    grant_id: 'g',
    link_ids: [],
    message: 'Its primary calendar is watched.',
  };
  agent.bump();
  await page.getByText('front@elm.example is connected.').waitFor({ timeout: 1000 });
  await page.getByRole('button', { name: 'Done' }).click();
});

await story('a refused action says why and what heals it', {}, async (page) => {
  await row(page, 'Harbour Physio').locator('a').click();
  await page.getByRole('button', { name: 'Sync now' }).click();
  await page.getByText('The fixture does not answer sync.').waitFor();
  await page.getByText('Try it with the real agent.').waitFor();
});

await story('alerts can be acknowledged; the badge follows', { mode: 'rough' }, async (page) => {
  await page.goto(`${page.url().split('#')[0]}#/alerts`);
  await page.getByRole('heading', { name: '2 things need a look.' }).waitFor();
  await page.getByRole('button', { name: 'Acknowledge' }).first().click();
  await page.getByRole('heading', { name: '1 thing needs a look.' }).waitFor();
});

await story('a lost way to the agent greys the last state and heals', {}, async (page, { agent }) => {
  await page.route('**/rpc', (route) => route.abort());
  agent.bump();
  await page.getByText('Agent not answering').waitFor({ timeout: 3000 });
  assert.ok((await names(page)).length > 5);
  await page.unroute('**/rpc');
  await page.getByText('Receiver connected').waitFor({ timeout: 6000 });
});

await browser.close();
process.exitCode = failed > 0 ? 1 : 0;
