// Two receivers in one window: one overview, whose is whose, one silent while the other goes on, and one forgotten.
import assert from 'node:assert/strict';
import { startAgent, startAside, startWire, until } from '../world.mjs';
import { heading } from './rows.mjs';

export async function several({ stage, world, agent: watching }) {
  await stage.story('several receivers: one overview, a silent one greys its own rows, one is forgotten', async () => {
    const agent = await startAgent(['--receiver', world.receiver, '--code', world.code('admin')]);
    const before = (await watching.snapshot()).links.length;
    await until('all calendars of the first', async () => (await agent.snapshot()).links.length === before);
    const page = await stage.open(agent);
    await heading(page, /calendars are live/);
    assert.equal(await page.getByLabel('Calendars of which receiver').count(), 0, 'with one receiver nothing is new');

    const aside = await startAside(world);
    const wire = await startWire(aside.address);
    await page.getByRole('link', { name: 'Receiver', exact: true }).click();
    await page.getByRole('textbox', { name: 'Address' }).fill(wire.url);
    await page.getByLabel('Pairing code').fill(aside.code());
    await page.keyboard.press('Enter');
    await heading(page, /calendars are live/);
    await until('two receivers', async () => (await agent.snapshot()).receivers.length === 2);
    // What is connected now goes to the one that was paired last and so is chosen.
    const clinic = await agent.ask({ call: 'create_clinic', name: 'Southgate', time_zone: 'Europe/London' });
    await world.sim('PUT', '/consent', { mode: 'allow' });
    const account = 'team@elmvet.example';
    const attempt = await agent.ask({ call: 'connect_google', clinic_id: clinic.id, login_hint: account });
    await fetch(attempt.authorization_url);
    await world.sim('PUT', '/consent', { mode: 'page' });
    await until('one calendar more', async () => (await agent.snapshot()).links.length === before + 1);

    await page.getByRole('link', { name: 'Receiver', exact: true }).click();
    const away = new URL(wire.url).host;
    await page.getByRole('button', { name: `Rename: ${away}` }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('South branch');
    await page.getByRole('dialog').getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('button', { name: 'Forget…: South branch' }).waitFor();
    await stage.photograph(page, 'receivers-list');
    // A page of one receiver tells of its calendars alone.
    await page.evaluate(() => (location.hash = '#/report'));
    await page.getByRole('row', { name: /Southgate/ }).waitFor();
    assert.equal(await page.getByRole('row').count(), 2, 'the heads and the one calendar');
    await page.evaluate(() => (location.hash = '#/clinics'));
    await heading(page, '1 clinic');
    await page.evaluate(() => (location.hash = '#/handover'));
    await page.getByText(`from ${new URL(world.receiver).host}, South branch`).waitFor();
    // Of both: the one that was just paired has had no change yet.
    await page.getByRole('heading', { name: 'In the last 7 days', exact: true }).waitFor();
    await page.getByText(/changes? applied.*(nothing lost|not watched now)\.$/).waitFor();
    await page.evaluate(() => (location.hash = '#/receiver'));
    await page.getByLabel('This page shows').selectOption({ label: new URL(world.receiver).host });
    await page.getByRole('button', { name: 'Show: South branch' }).waitFor();

    await page.evaluate(() => (location.hash = '#/overview'));
    await heading(page, new RegExp(`(^|of )${before + 1} calendars are live`));
    const filter = page.getByLabel('Calendars of which receiver');
    await filter.selectOption({ label: 'South branch' });
    const rows = page.locator('.row[data-link]');
    await until('the rows of one receiver', async () => (await rows.count()) === 1);
    await rows.getByText('South branch').waitFor();
    await filter.selectOption({ label: 'All receivers' });
    await until('all rows', async () => (await rows.count()) > 1);
    await stage.photograph(page, 'overview-two-receivers');

    wire.cut();
    await page.locator('[data-silent]').getByText('South branch: As of').waitFor();
    await until('one grey row', async () => (await page.locator('.row.stale').count()) === 1);
    await page
      .locator('.row.stale')
      .getByText(/as of \d.* · South branch/)
      .waitFor();
    assert.ok(await page.locator('.row.stale').getByRole('button').isDisabled(), 'nothing is asked of a silent one');
    await page.getByText('1 of 2 connected').waitFor();
    await page.getByText('silent: South branch').waitFor();
    await until('a bubble of the one outage', async () =>
      (await agent.snapshot()).alerts.some((alert) => alert.kind === 'receiver' && /South branch/.test(alert.title)),
    );
    // Of many at once only those of the other are asked, and the bar says why.
    const pick = async (row) => row.getByRole('checkbox').check();
    await pick(page.locator('.row.stale'));
    const bar = page.getByRole('toolbar');
    await bar.locator('[data-left-out]').getByText('1 left out, silent: South branch').waitFor();
    assert.ok(await bar.getByRole('button', { name: 'Sync 0' }).isDisabled(), 'nothing is asked of a silent one');
    await pick(page.locator('.row[data-link]:not(.stale)').filter({ hasText: 'Live' }).first());
    await bar.getByRole('button', { name: 'Sync 1' }).waitFor();
    await stage.photograph(page, 'overview-one-silent');
    await bar.getByRole('button', { name: 'Clear' }).click();
    await page.evaluate(() => (location.hash = '#/alerts'));
    await page.locator('[data-alert^="receiver:"] [data-receiver]').getByText('South branch').waitFor();
    await stage.photograph(page, 'alerts-one-silent');
    await page.evaluate(() => (location.hash = '#/handover'));
    await page.locator('article b', { hasText: "can't be reached" }).waitFor();
    await page.getByText(/^What South branch watches is not known now: no word since/).waitFor();

    await page.evaluate(() => (location.hash = '#/receiver'));
    await page.getByRole('button', { name: 'Forget…: South branch' }).click();
    await page.getByRole('dialog').getByText('no longer watches its 1 calendar').waitFor();
    await stage.photograph(page, 'receiver-forget');
    await page.getByRole('dialog').getByRole('button', { name: 'Forget', exact: true }).click();
    await page.getByText('South branch forgotten').waitFor();
    const left = await agent.snapshot();
    assert.equal(left.receivers.length, 1);
    assert.equal(left.links.length, before, 'the other one goes on');
    assert.equal(left.connection.status, 'connected');
    wire.end();
    await page.context().close();
  });
}
