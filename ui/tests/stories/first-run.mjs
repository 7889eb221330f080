// From an agent that knows no receiver to a paired one, and a receiver of this computer's own.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startAgent, startAside, until } from '../world.mjs';
import { go, heading } from './rows.mjs';

export async function firstRun({ stage, world }) {
  await stage.story('first run: a wrong code is refused in words, the right one opens the overview', async () => {
    const agent = await startAgent();
    const page = await stage.open(agent);
    await heading(page, 'Where is your receiver?');
    await stage.photograph(page, 'first-run');
    await page.getByLabel('Address').fill(world.receiver);
    await page.getByLabel('Pairing code').fill('AAAAA-AAAAA');
    await page.keyboard.press('Enter');
    const refusal = await page.getByRole('alert').textContent();
    assert.match(refusal, /code/i);
    await until('it is said once', async () => (await page.getByText(refusal.slice(0, 30)).count()) === 1);
    await stage.photograph(page, 'first-run-refused');
    await page.getByLabel('Pairing code').fill(world.code('viewer'));
    await page.keyboard.press('Enter');
    await heading(page, /calendars are live/);
    assert.equal(
      await page
        .getByRole('button', { name: /^Renew/ })
        .first()
        .isDisabled(),
      true,
      'a viewer may not renew',
    );
    await page.context().close();
  });

  await stage.story(
    'first run: the demo is tried by one click, labelled everywhere, and left without a trace',
    async () => {
      const agent = await startAgent([], {});
      const page = await stage.open(agent);
      await heading(page, 'Where is your receiver?');
      await stage.photograph(page, 'first-run-offers-demo');
      const files = () => readdirSync(join(agent.folder, 'agent')).sort();
      const before = files();
      await page.getByRole('button', { name: 'Try the demo' }).click();
      await page.getByText('Starting the demo').waitFor();
      await page.getByText('This is a demo.').waitFor({ timeout: 90_000 });
      await heading(page, /of 13 calendars are live/);
      await stage.photograph(page, 'demo');
      await page.goto(`${agent.origin}/#/receiver`);
      assert.match(await page.locator('main').innerText(), /every clinic, account and calendar is made up/);
      await assert.rejects(agent.ask({ call: 'start_local_receiver' }), /in_demo/);
      const { receiver } = (await agent.snapshot()).connection;
      await page.getByRole('button', { name: 'Leave the demo' }).click();
      await heading(page, 'Where is your receiver?');
      assert.deepEqual(files(), before, 'no file is left');
      assert.equal((await agent.snapshot()).links.length, 0, 'no calendar is remembered');
      await assert.rejects(fetch(`${receiver}/healthz`), 'its receiver is gone');
      await page.context().close();
    },
  );

  await stage.story('first run: an app that is killed takes its demo with it', async () => {
    const agent = await startAgent([], {});
    await agent.ask({ call: 'begin_demo' });
    const receiver = await until('the demo’s receiver', async () => (await agent.snapshot()).connection.receiver);
    assert.equal((await fetch(`${receiver}/healthz`)).status, 200);
    agent.process.kill('SIGKILL');
    const gone = () =>
      fetch(`${receiver}/healthz`).then(
        () => false,
        () => true,
      );
    await until('the end of its receiver', gone, 15_000);
    await until('an empty folder', () => !readdirSync(join(agent.folder, 'agent')).includes('demo'), 15_000);
  });

  await stage.story('first run: a receiver on this computer is empty, polls, and says so', async () => {
    const agent = await startAgent();
    const page = await stage.open(agent);
    await page.getByRole('button', { name: 'Run a receiver here' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('heading', { name: 'New clinic' }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('No clinic yet.').waitFor();
    await stage.photograph(page, 'clinics-empty');
    await go(page, '#/overview');
    await heading(page, /No calendar|no calendar/);
    await stage.photograph(page, 'overview-empty');
    await page.getByRole('button', { name: 'Connect Google' }).first().click();
    await dialog.getByRole('heading', { name: 'New clinic' }).waitFor();
    await page.context().close();
  });

  await stage.story('first run: an empty receiver leads on to Google, its calendars, a test, and live', async () => {
    const account = 'team@elmvet.example';
    await world.sim('POST', '/calendars', { account, summary: 'walk-ins' });
    const aside = await startAside(world, { reached: true });
    const agent = await startAgent();
    const page = await stage.open(agent);
    const dialog = page.getByRole('dialog');
    const press = (name) => dialog.getByRole('button', { name }).click();
    await page.getByLabel('Address').fill(aside.address);
    await page.getByLabel('Pairing code').fill(aside.code());
    await page.keyboard.press('Enter');
    await dialog.getByLabel('Name').fill('Quay Street Dental');
    await press('Create clinic');
    await press('Open Google');
    const url = await dialog.locator('code').textContent();
    await fetch(url.trim(), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `decision=allow&account=${account}`,
    });
    await dialog.getByText(`${account} is connected.`).waitFor();
    await stage.photograph(page, 'first-run-connected');
    await press('Choose calendars…');
    await dialog.getByText('already watched').first().waitFor();
    await press('Add walk-ins');
    await until('a second calendar that is live', async () => (await agent.link('walk-ins'))?.state === 'live');
    await stage.photograph(page, 'first-run-calendars');
    await press('Test delivery');
    await press('Start the test');
    await dialog.getByText(/Google reached this receiver after/).waitFor();
    await stage.photograph(page, 'first-run-tested');
    await press('Close');
    await dialog.waitFor({ state: 'detached' });
    await heading(page, /calendars (are|is) live/);
    await page.context().close();
  });
}
