// Pages for people who are not at the desk: coming back, the handover note, the monthly report, the wall.
import assert from 'node:assert/strict';
import { go, heading } from './rows.mjs';
import { saved } from './record.mjs';

/** Texts that end in three dots, and what is wider than the place it has. */
function cut(page) {
  return page.evaluate(() => {
    const seen = (box) => box.width > 1 && box.height > 1;
    const elements = [...document.querySelectorAll('body *')].filter((one) => seen(one.getBoundingClientRect()));
    const dots = elements.filter(
      (one) =>
        getComputedStyle(one).textOverflow === 'ellipsis' &&
        one.scrollWidth > one.clientWidth + 4 &&
        // Where a column has no room at all, the calendar's own page tells it.
        one.closest('.time')?.clientWidth !== 0,
    );
    const out = elements.filter((one) => {
      const paper = one.closest('article, section, header');
      return paper && one.getBoundingClientRect().right > paper.getBoundingClientRect().right + 1;
    });
    return [...dots, ...out].map((one) => `${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 60)}`);
  });
}

export async function pages({ stage, agent }) {
  await stage.story('pages: who comes back after a weekend reads what happened in one sentence', async () => {
    const page = await stage.open(agent, '#/activity');
    await heading(page, 'What happened');
    assert.equal(await page.getByRole('region', { name: 'While you were away' }).count(), 0);
    const { desk } = await agent.snapshot();
    await page.evaluate((key) => localStorage.setItem(key, String(Date.now() - 60 * 3_600_000)), `seen-at ${desk}`);
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
    await page.emulateMedia({ media: 'print' });
    await page.locator('.lines').waitFor();
    await page.emulateMedia({ media: 'screen' });
    await page.getByLabel('Note for whoever comes next').fill('The spare key hangs in room 2.');
    await page.getByText(/changes? applied/).waitFor();
    await stage.photograph(page, 'handover');
    await page.evaluate(() => {
      globalThis.printed = 0;
      globalThis.print = () => (globalThis.printed += 1);
    });
    await page.keyboard.press('Control+p');
    await page.getByRole('button', { name: /^Print/ }).click();
    assert.equal(await page.evaluate(() => globalThis.printed), 2, 'by key and by button');
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await page.locator('aside').isVisible(), false);
    assert.equal(await page.getByRole('button', { name: /^Print/ }).isVisible(), false);
    assert.equal(await page.getByText('The spare key hangs in room 2.').last().isVisible(), true);
    assert.equal(await page.locator('.lines').count(), 0, 'lines to write on are for an empty note');
    const renews = await page.locator('article table').last().locator('td:nth-child(2)').first().innerText();
    assert.match(renews, /\d\d:\d\d|any moment/, 'a paper tells the time itself');
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
    // As many gaps, and how long they were together.
    await page.getByRole('row', { name: /Harbour Physio · appointments .* \d+ \(.+\) / }).waitFor();
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

  await stage.story(
    'pages: the receiver tells of the clocks, those of this computer, its own and Google’s',
    async () => {
      const page = await stage.open(agent, '#/receiver');
      await page.getByText('as the receiver’s').waitFor();
      await page.getByText('as Google’s').waitFor();
      // All clocks here are one: only the difference is put in.
      await page.route('**/rpc', async (route) => {
        const response = await route.fetch();
        const body = await response.json();
        if (body.ok?.kind === 'snapshot') body.ok.value.overview.google_ahead_ms = 12_000;
        await route.fulfill({ response, json: body });
      });
      await page.reload();
      await page.getByText('The receiver’s clock is 12 s behind Google’s').waitFor();
      await stage.photograph(page, 'receiver-clock');
      // A question may be on its way.
      await page.unrouteAll({ behavior: 'ignoreErrors' });
      await page.context().close();
    },
  );

  await stage.story('pages: at 1024 wide with text at 200 %, nothing is cut and nothing runs out', async () => {
    const page = await stage.open(agent, '#/overview', { width: 512, height: 700 });
    await page.locator('[data-link]').first().waitFor();
    const found = [];
    for (const screen of ['overview', 'report', 'clinics', 'receiver', 'alerts', 'settings']) {
      await go(page, `#/${screen}`);
      await page.locator('h1').first().waitFor();
      if (screen === 'report') await page.getByRole('row', { name: /Elm Veterinary · surgery/ }).waitFor();
      await page.setViewportSize({ width: 512, height: screen === 'report' ? 1900 : 700 });
      await page.screenshot({ path: `${stage.out}/text-200-${screen}.png` });
      found.push(...(await cut(page)).map((what) => `${screen}: ${what}`));
    }
    assert.equal(found.join('\n'), '');
    await page.context().close();
  });

  await stage.story('pages: the wall shows the sentence big, has no action, and is left by Escape', async () => {
    const page = await stage.open(agent, '#/overview');
    // A message that is still open stays behind.
    await go(page, '#/alerts');
    await page.getByText('Rules and quiet hours').click();
    await page.getByRole('button', { name: 'Send a test' }).click();
    // Where there is no desktop, and where there is one that shows none.
    await page
      .getByText(/No desktop session answers here|No program on this desktop shows notifications/)
      .last()
      .waitFor();
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
