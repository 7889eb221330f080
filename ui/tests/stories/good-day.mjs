// Every screen as it is on a day on which little is wrong.
import assert from 'node:assert/strict';
import { go, heading } from './rows.mjs';
import { until } from '../world.mjs';

export async function goodDay({ stage, world, agent }) {
  const page = await stage.open(agent);
  const screens = [
    ['overview', '#/overview', /calendars are live/],
    ['channels', '#/channels', /calendars watched/],
    ['latency', '#/latency', /Half of all changes/],
    ['alerts', '#/alerts', /needs? a look|Nothing needs you/],
    ['clinics', '#/clinics', /must be reconnected|clinic/],
    ['activity', '#/activity', 'What happened'],
    ['receiver', '#/receiver', 'The receiver answers.'],
    ['settings', '#/settings', 'Settings'],
  ];
  await until('changes that were measured', async () => (await agent.snapshot()).overview.lag_24h.samples >= 3);
  for (const [name, hash, title] of screens) {
    await stage.story(`picture: ${name}`, async () => {
      await go(page, hash);
      await heading(page, title);
      await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
      await stage.photograph(page, name);
    });
  }
  for (const [name, which] of [
    ['channel-live', 'Elm Veterinary · surgery'],
    ['channel-polling', 'Oak Street Dental · front desk'],
    ['channel-reconnect', 'Harbour Physio · appointments'],
  ]) {
    await stage.story(`picture: ${name}`, async () => {
      const link = await agent.link(which);
      await go(page, `#/channels/${link.id}`);
      await heading(page, which);
      await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
      await stage.photograph(page, name);
    });
  }
  await stage.story('picture: test delivery runs and tells its result', async () => {
    await go(page, '#/overview');
    await page.getByRole('button', { name: 'Test delivery' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Start the test' }).click();
    await page
      .getByRole('dialog')
      .getByText(/Google reached this receiver after/)
      .waitFor();
    await stage.photograph(page, 'test-delivery');
    await page.keyboard.press('Escape');
  });
  await stage.story('a device is shut out, and its token opens nothing any more', async () => {
    const api = `${world.receiver}/api/v1`;
    const asked = { code: world.code('viewer'), device: 'Old laptop' };
    const headers = { 'content-type': 'application/json' };
    const paired = await fetch(`${api}/pair`, { method: 'POST', headers, body: JSON.stringify(asked) });
    const authorization = `Bearer ${(await paired.json()).token}`;
    const status = async () => (await fetch(`${api}/overview`, { headers: { authorization } })).status;
    assert.equal(await status(), 200);
    await go(page, '#/receiver');
    await page.getByText('(this computer)').waitFor();
    await page.getByRole('button', { name: /^Shut out Old laptop/ }).click();
    await stage.photograph(page, 'device-shut-out');
    await page.getByRole('dialog').getByRole('button', { name: 'Shut out' }).click();
    await page.getByText('Old laptop is shut out.').waitFor();
    await page.getByText(/viewer · .* · shut out/).waitFor();
    assert.equal(await status(), 401);
    const near = await page.evaluate(() => document.activeElement.closest('section')?.textContent ?? '');
    assert.match(near, /Old laptop/, 'the focus stays near where the button was');
    await stage.photograph(page, 'devices');
  });
  await page.context().close();
}
