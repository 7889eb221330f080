// The states that no other story comes by: nothing yet, the first look, an answer that is waited for, a silent
// receiver on every screen. All on a second receiver over the same simulator, with an agent of its own.
import assert from 'node:assert/strict';
import { startAgent, startAside, startWire, until } from '../world.mjs';
import { go, heading } from './rows.mjs';

const ACCOUNT = 'team@elmvet.example';

export async function states({ stage, world, agent: watching }) {
  const aside = await startAside(world, { reached: true });
  const wire = await startWire(aside.address);
  const agent = await startAgent(['--receiver', wire.url, '--code', aside.code()]);
  await until('a paired agent', async () => (await agent.snapshot()).connection.status === 'connected');

  await stage.story('states: every screen says what is not there yet, and what comes first', async () => {
    const page = await stage.open(agent);
    for (const [name, hash, words] of [
      ['channels-empty', '#/channels', 'No calendar is connected yet.'],
      ['latency-empty', '#/latency', /No change was measured/],
      ['alerts-empty', '#/alerts', 'No open alert.'],
      ['activity-empty', '#/activity', 'Nothing has happened yet.'],
      ['report-empty', '#/report', /Monthly report/],
    ]) {
      await go(page, hash);
      await page.locator('main').getByText(words).first().waitFor();
      await stage.photograph(page, name);
    }
    await go(page, '#/alerts');
    await page.getByRole('radio', { name: 'History' }).click();
    await page.getByText('No alert has ended yet.').waitFor();
    await stage.photograph(page, 'alerts-history-empty');
    await page.context().close();
  });

  const clinic = await agent.ask({ call: 'create_clinic', name: 'Elm Veterinary', time_zone: 'Europe/Dublin' });
  await world.sim('PUT', '/consent', { mode: 'allow' });
  const attempt = await agent.ask({ call: 'connect_google', clinic_id: clinic.id, login_hint: ACCOUNT });
  await fetch(attempt.authorization_url);
  await world.sim('PUT', '/consent', { mode: 'page' });
  const first = await until('the first calendar', async () => (await agent.snapshot()).links[0]);
  const fault = (id, operation, action) => world.sim('POST', '/faults', { match: { operation, calendar: id }, action });
  const create = (name) => world.sim('POST', '/calendars', { account: ACCOUNT, summary: name });
  const add = ({ id }) =>
    agent.ask({ call: 'add_link', clinic_id: clinic.id, grant_id: first.grant_id, google_calendar_id: id });
  const proved = (name) =>
    until(`a channel of ${name}`, async () => {
      const one = await agent.link(name);
      return one?.channel?.verified_at && one;
    });
  /** A calendar whose lease is short, and whose every renewal Google refuses. */
  async function doomed(name, ttl_s) {
    const made = await create(name);
    const rule = await fault(made.id, 'events.watch', { kind: 'shorten', ttl_s });
    await add(made);
    const link = await proved(name);
    await world.sim('DELETE', `/faults/${rule.id}`);
    await fault(made.id, 'events.watch', { kind: 'refuse', status: 503, reason: 'backendError' });
    return link;
  }
  const expired = await doomed('mobile unit', 6);

  await stage.story('states: the first look at a calendar is told while it lasts', async () => {
    const made = await create('house calls');
    const rule = await fault(made.id, 'events.list', { kind: 'delay', ms: 15_000 });
    const added = add(made).catch(() => undefined);
    const link = await until('the new calendar', () => agent.link('house calls'));
    const page = await stage.open(agent, `#/channels/${link.id}`);
    await heading(page, 'house calls');
    await stage.photograph(page, 'channel-first-sync');
    await world.sim('DELETE', `/faults/${rule.id}`);
    await added;
    await page.context().close();
  });

  await stage.story('states: due and renewing have a page as Live has', async () => {
    const due = await until('one that is due', async () =>
      (await watching.snapshot()).links.find((link) => link.state === 'due'),
    );
    const page = await stage.open(watching, `#/channels/${due.id}`);
    await heading(page, due.calendar_name);
    await stage.photograph(page, 'channel-due');
    await page.context().close();
    await add(await create('front desk'));
    const calm = await proved('front desk');
    const rule = await fault(calm.google_calendar_id, 'events.watch', { kind: 'silent_handshake' });
    const own = await stage.open(agent, `#/channels/${calm.id}`);
    await heading(own, 'front desk');
    await own.getByRole('button', { name: 'Renew now', exact: true }).click();
    await own.locator('[aria-current="step"]').waitFor();
    await stage.photograph(own, 'channel-renewing');
    await world.sim('DELETE', `/faults/${rule.id}`);
    await own.context().close();
  });

  await stage.story('states: what ran out is polled, and its page says why', async () => {
    const page = await stage.open(agent, `#/channels/${expired.id}`);
    await until('its end', async () => ['expired', 'polling'].includes((await agent.link('mobile unit')).state));
    await page
      .locator('main')
      .getByText(/polled|Polling/)
      .first()
      .waitFor();
    await stage.photograph(page, 'channel-expired');
    await page.context().close();
  });

  await stage.story(
    'states: a search without match, a calendar unknown, a disconnection that is thought over',
    async () => {
      const page = await stage.open(agent);
      await page.keyboard.press('/');
      await page.keyboard.type('nobody');
      await page.getByText('No calendar matches').waitFor();
      await stage.photograph(page, 'overview-no-match');
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+k');
      await page.keyboard.type('no such thing');
      await page.getByText('Nothing is called').waitFor();
      await stage.photograph(page, 'palette-no-match');
      await page.keyboard.press('Escape');
      await go(page, '#/settings');
      await page.getByRole('searchbox').fill('tea kettle');
      await page.getByText('No setting has').waitFor();
      await stage.photograph(page, 'settings-no-match');
      await go(page, '#/activity');
      await page.getByLabel('Filter the activity').fill('nothing of the kind');
      await page.getByText('No entry matches.').waitFor();
      await stage.photograph(page, 'activity-no-match');
      await go(page, '#/channels/00000000-0000-4000-8000-000000000000');
      await page.getByText('This calendar is not known here.').waitFor();
      await stage.photograph(page, 'channel-unknown');
      await go(page, '#/clinics');
      await page.getByRole('button', { name: `Disconnect ${ACCOUNT}` }).click();
      await page.getByRole('dialog').getByText('the consent revoked').waitFor();
      await stage.photograph(page, 'clinics-disconnect');
      await page.context().close();
    },
  );

  await stage.story('states: the main screens fit a display at 150 %', async () => {
    const page = await stage.open150(watching, '#/overview');
    const { id } = await until('a live one', async () =>
      (await watching.snapshot()).links.find((link) => link.state === 'live'),
    );
    for (const [name, hash] of [
      ['overview-150', '#/overview'],
      ['channel-150', `#/channels/${id}`],
      ['latency-150', '#/latency'],
      ['alerts-150', '#/alerts'],
      ['clinics-150', '#/clinics'],
      ['receiver-150', '#/receiver'],
      ['settings-150', '#/settings'],
    ]) {
      await go(page, hash);
      await page.locator('h1').first().waitFor();
      await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
      await stage.photograph(page, name);
    }
    await page.setViewportSize({ width: 1280, height: 832 });
    page.sizes = undefined;
    await go(page, '#/wall');
    await heading(page, /calendars are live/);
    await stage.photograph(page, 'wall-rough');
    await page.context().close();
  });

  await stage.story('states: what is waited for says so', async () => {
    const page = await stage.open(agent);
    wire.hold();
    await go(page, `#/channels/${first.id}`);
    await page.getByText('Loading…').first().waitFor();
    await stage.photograph(page, 'channel-loading');
    await go(page, '#/latency');
    await page.getByText('Loading…').first().waitFor();
    await stage.photograph(page, 'latency-loading');
    wire.flow();
    await page.context().close();
  });

  await stage.story('states: a silent receiver leaves the last state on every screen, with its age', async () => {
    const page = await stage.open(agent, '#/latency');
    await page.locator('.views').waitFor();
    await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
    await go(page, '#/report');
    await page.getByRole('row', { name: /Elm Veterinary · surgery/ }).waitFor();
    wire.cut();
    const banner = page.getByRole('status').getByText(/^As of/);
    await banner.waitFor();
    for (const [name, hash] of [
      ['channel-offline', `#/channels/${first.id}`],
      ['latency-offline', '#/latency'],
      ['clinics-offline', '#/clinics'],
      ['activity-offline', '#/activity'],
      ['report-offline', '#/report'],
      ['handover-offline', '#/handover'],
    ]) {
      await go(page, hash);
      await page.getByText(/As of/).first().waitFor();
      await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
      await stage.photograph(page, name);
    }
    await page.getByText(/^What is watched is not known now: no word since \w+ \d/).waitFor();
    assert.equal(await page.getByText('Every calendar is watched.').count(), 0, 'nobody knows that now');
    // A window that is opened now shows the charts that were looked at before, dated.
    const late = await stage.open(agent, '#/latency');
    await late.getByText(/\. As of \w+ \d+ \w+, \d\d:\d\d\.$/).waitFor();
    await go(late, '#/report');
    await late.getByRole('row', { name: /Elm Veterinary · surgery/ }).waitFor();
    await late.context().close();
    await go(page, '#/wall');
    await page.getByText(/^As of/).waitFor();
    await stage.photograph(page, 'wall-offline');
    await page.context().close();
  });

  await stage.story('states: who has not been told anything yet waits in words', async () => {
    const slow = await startWire(aside.address);
    slow.holdAt('/overview');
    const young = await startAgent();
    await young.ask({ call: 'pair', address: slow.url, code: aside.code() });
    const page = await stage.open(young);
    await heading(page, 'Waiting for the receiver.');
    await stage.photograph(page, 'overview-waiting');
    await page.context().close();
    slow.end();
  });
  wire.end();
}
