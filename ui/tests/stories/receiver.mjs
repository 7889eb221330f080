// The receiver itself: how it stands, that it holds its work, the one on this computer, and the way to one that Google reaches.
import assert from 'node:assert/strict';
import { startAgent, startAside, until } from '../world.mjs';
import { heading } from './rows.mjs';

const fact = (page, name) => page.locator('dl div', { has: page.getByText(name, { exact: true }) }).locator('dd');

export async function receiver({ stage, world }) {
  await stage.story('receiver: tells how it stands, and holds its work when it is asked to', async () => {
    const aside = await startAside(world, { reached: true });
    const agent = await startAgent(['--receiver', aside.address, '--code', aside.code()]);
    const page = await stage.open(agent, '#/receiver');
    await page.getByText('It renews channels, checks calendars and sends edits.').waitFor();
    assert.match(await fact(page, 'Store').innerText(), /^SQLite · [\d.]+ [kM]B · [\d.]+ [GM]B free$/);
    assert.equal(await fact(page, 'Notifications that wait').innerText(), '0');
    assert.match(await fact(page, 'Deadlines last looked at').innerText(), /ago|just now/);
    assert.equal(await fact(page, 'Certificate ends').innerText(), 'none: plain http on this computer');
    const held = async () => (await agent.ask({ call: 'receiver_health' })).health.work;

    await page.getByRole('button', { name: 'Pause…' }).click();
    await page.getByRole('dialog').getByText('Until somebody resumes it').waitFor();
    await stage.photograph(page, 'receiver-pause-asks');
    await page.keyboard.press('Escape');
    assert.equal(await held(), 'working', 'nothing happens before a person says so');
    await page.getByRole('button', { name: 'Pause…' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click();
    await heading(page, 'The receiver is paused.');
    await page.getByText('Paused by a person').waitFor();
    assert.equal(await held(), 'paused');
    await stage.photograph(page, 'receiver-paused');
    await page.getByRole('button', { name: 'Resume', exact: true }).press('Enter');
    await heading(page, 'The receiver answers.');
    const pause = page.getByRole('button', { name: 'Pause…' });
    await pause.waitFor();
    assert.equal(await pause.evaluate((node) => node === document.activeElement), true, 'the focus stays');

    await page.getByRole('button', { name: 'Drain…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
    await page.getByText('Drained: nothing new is begun').waitFor();
    assert.equal(await held(), 'draining');
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('It renews channels').waitFor();
    assert.equal(await held(), 'working');
    await page.getByText('The receiver goes on.').waitFor();
    const [end, covered] = await page.locator('main').evaluate((main) => {
      main.scrollTo(0, main.scrollHeight);
      const messages = document.querySelector('[role="log"]:has([role="group"])');
      return [main.lastElementChild.getBoundingClientRect().bottom, messages.getBoundingClientRect().top];
    });
    assert.ok(end <= covered, `the page’s end at ${end} px is out of reach under a message from ${covered} px on`);
    await page.setViewportSize({ width: 1024, height: 400 });
    await page.locator('main').evaluate((main) => main.scrollTo(0, 200));
    await page.evaluate(() => (location.hash = '#/settings'));
    await heading(page, 'Settings');
    assert.equal(await page.locator('main').evaluate((main) => main.scrollTop), 0, 'a screen begins at its top');
    await page.context().close();
  });

  await stage.story('receiver: a second one here is asked for first, and takes nobody’s place', async () => {
    const aside = await startAside(world, { reached: true });
    const agent = await startAgent(['--receiver', aside.address, '--code', aside.code()]);
    const page = await stage.open(agent, '#/receiver');
    const run = page.getByRole('button', { name: 'Run a receiver on this computer…' });
    await run.click();
    await page.getByRole('dialog').getByText('Nothing changes for those you watch now.').waitFor();
    const start = page.getByRole('dialog').getByRole('button', { name: 'Start it', exact: true });
    assert.match(await start.getAttribute('class'), /primary/, 'what only adds is no danger');
    await stage.photograph(page, 'receiver-second-asks');
    await page.keyboard.press('Escape');
    assert.equal((await agent.snapshot()).receivers.length, 1, 'nothing happens before a person says so');
    await run.click();
    await start.click();
    const both = await until('two receivers', async () => {
      const { receivers } = await agent.snapshot();
      return receivers.length === 2 && receivers;
    });
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    assert.match(page.url(), /#\/receiver/, 'the page stays');
    assert.deepEqual(
      both.map(({ entry }) => [entry.local, entry.current]),
      [
        [false, true],
        [true, false],
      ],
    );
    await page.context().close();
  });

  await stage.story(
    'receiver: the one on this computer is stopped, started and restarted, and shows its log',
    async () => {
      const agent = await startAgent();
      await agent.ask({ call: 'start_local_receiver' });
      const at = async () => (await agent.snapshot()).connection;
      await until('the receiver here', async () => (await at()).status === 'connected');
      const page = await stage.open(agent, '#/receiver');
      await page.getByRole('button', { name: 'Show log' }).click();
      const log = page.getByRole('region', { name: 'Log' });
      await log.getByText('the receiver answers').waitFor();
      await stage.photograph(page, 'receiver-local');

      const first = (await at()).receiver;
      await page.getByRole('button', { name: 'Stop…' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
      await page.getByText('Stopped: nothing is watched.').waitFor();
      await heading(page, 'The receiver is stopped.');
      await assert.rejects(fetch(`${first}/healthz`), 'it still answers');
      assert.equal((await at()).retry_at, null, 'nobody starts it again but a person');
      await stage.photograph(page, 'receiver-stopped');
      const start = page.getByRole('button', { name: 'Start', exact: true });
      assert.equal(await start.evaluate((node) => node === document.activeElement), true, 'the focus stays');
      await start.press('Enter');
      await heading(page, 'The receiver answers.');
      const second = (await at()).receiver;
      assert.equal((await fetch(`${second}/healthz`)).status, 200);

      const begun = async () => (await agent.snapshot()).overview.started_at;
      const before = await begun();
      await page.getByRole('button', { name: 'Restart' }).click();
      await until('another process', async () => (await begun()) !== before);
      await page.getByText('It runs while this app does').waitFor();
      await page.context().close();
    },
  );

  await stage.story('receiver: the guide to one that Google reaches has the values filled in', async () => {
    const aside = await startAside(world, { reached: true });
    const agent = await startAgent(['--receiver', aside.address, '--code', aside.code()]);
    const page = await stage.open(agent, '#/receiver');
    await page.getByText('It renews channels').waitFor();
    await page.getByRole('button', { name: 'Show the guide' }).click();
    const guide = page.getByRole('dialog');
    assert.equal(await guide.getByLabel('Google client id').inputValue(), 'demo.apps.googleusercontent.com');
    await guide.getByLabel('Public address').fill('http://127.0.0.1:8480');
    await guide.getByText('Google reaches only https').waitFor();
    const line = (name) => guide.getByLabel(name).evaluate((node) => getComputedStyle(node).borderTopColor);
    assert.notEqual(await line('Public address'), await line('Google client id'), 'the field at fault stands out');
    await guide.getByLabel('Public address').fill('calendar.nord.example');
    await guide.getByText('SYNCWARD_PUBLIC_URL=https://calendar.nord.example').first().waitFor();
    await guide.getByText('demo.apps.googleusercontent.com').waitFor();
    await stage.photograph(page, 'deploy-guide');
    await guide.getByRole('button', { name: 'Copy: Command of step 3' }).click();
    await guide.getByText('Command of step 3 copied').waitFor();
    await guide.getByRole('radio', { name: 'Fly.io' }).click();
    await guide.getByText('fly apps create calendar-nord-example-syncward').waitFor();
    await page.context().close();
  });
}
