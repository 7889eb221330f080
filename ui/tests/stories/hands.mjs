// What a click or a key does, on live calendars.
import assert from 'node:assert/strict';
import { go, heading, names, row } from './rows.mjs';
import { startAgent, until } from '../world.mjs';

export async function hands({ stage, world, agent }) {
  const fresh = (hash) => stage.open(agent, hash);

  await stage.story('renew now shows each step and the new expiry, and no row moves', async () => {
    const page = await fresh('#/overview');
    const line = row(page, 'ultrasound');
    const before = await names(page);
    const old = await line.getAttribute('data-expires');
    await line.getByRole('button', { name: /Renew now/ }).click();
    await line.locator('[aria-current="step"]').waitFor();
    await stage.photograph(page, 'overview-renewing');
    await line.getByText(/Renewed, valid until \w{3} \d+ \w{3}, \d\d:\d\d/).waitFor();
    assert.notEqual(await line.getAttribute('data-expires'), old);
    assert.deepEqual(await names(page), before);
    await page.context().close();
  });

  await stage.story('a fire drill says first what it does, shows its steps and keeps its timings', async () => {
    const { links } = await agent.snapshot();
    const link = links.find((one) => one.state === 'live' && one.reason === null);
    const page = await fresh(`#/channels/${link.id}`);
    await page.getByRole('button', { name: 'Fire drill…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('is stopped on purpose').waitFor();
    await stage.photograph(page, 'fire-drill');
    await dialog.getByRole('button', { name: 'Stop the channel' }).click();
    const kept = page.getByRole('region', { name: 'Fire drills' });
    await kept.getByText(/passed; nobody looked for .* push proved after/).waitFor();
    await stage.photograph(page, 'fire-drill-passed');
    await page.context().close();
  });

  await stage.story('keyboard only: walk the rows, open one, renew it, go to its neighbour and back', async () => {
    const page = await fresh('#/overview');
    for (const key of ['j', 'j', 'j', 'k']) await page.keyboard.press(key);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('data-row'));
    assert.equal(await focused(), '1');
    const first = await page.locator('[data-row="1"] .calendar').textContent();
    await page.keyboard.press('Enter');
    await page.locator('h1').filter({ hasText: first.trim() }).waitFor();
    const title = await page.locator('h1').textContent();
    await page.keyboard.press(']');
    await page.locator('h1').filter({ hasNotText: title }).waitFor();
    await page.keyboard.press('[');
    await page.locator('h1').filter({ hasText: title }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('c');
    await heading(page, /calendars watched/);
    await page.keyboard.press('/');
    await page.keyboard.type('x-ray');
    await page.keyboard.press('Enter');
    assert.equal((await names(page)).length, 1);
    await page.keyboard.press('r');
    await row(page, 'X-ray')
      .getByText(/Renewed, valid until/)
      .waitFor();
    await page.context().close();
  });

  await stage.story('many calendars are picked, synced in one go and let go', async () => {
    const page = await fresh('#/overview');
    await row(page, 'hygiene').getByRole('checkbox').check();
    await row(page, 'intake').getByRole('checkbox').check();
    const bar = page.getByRole('toolbar');
    await bar.getByText('2 calendars picked').waitFor();
    await stage.photograph(page, 'overview-picked');
    await bar.getByRole('button', { name: 'Pause 2…' }).click();
    await page.getByRole('dialog').getByText('2 open channels run out there unrenewed').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep watching' }).click();
    await bar.getByRole('button', { name: 'Sync 2' }).click();
    await page.getByText('Syncing 2 calendars.').waitFor();
    assert.equal(await page.getByRole('toolbar').count(), 0);
    await page.context().close();
  });

  await stage.story('the zone of times is chosen, and every time follows', async () => {
    // The browser sits far from UTC, so that only the choice can show it.
    const page = await stage.open(agent, '#/settings', undefined, 'Asia/Tokyo');
    const choose = (zone) =>
      page.getByRole('radiogroup', { name: 'Time zone' }).getByText(zone, { exact: true }).click();
    const shown = async () => {
      await go(page, '#/activity');
      const title = await page.locator('time').first().getAttribute('title');
      await go(page, '#/settings');
      return title;
    };
    await choose('This computer');
    assert.match(await shown(), / GMT\+9$/);
    await choose('UTC');
    assert.match(await shown(), / UTC$/);
    await choose('Clinic');
    await page.context().close();
  });

  await stage.story('keyboard only: Tab reaches every screen, and focus can be seen', async () => {
    const page = await fresh('#/overview');
    const reached = new Set();
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      const seen = await page.evaluate(() => {
        const node = document.activeElement;
        if (node === document.body) return null;
        const style = getComputedStyle(node);
        const after = getComputedStyle(node, '::after');
        return {
          name: node.getAttribute('href') ?? node.getAttribute('aria-label') ?? node.textContent.trim(),
          visible: style.outlineStyle !== 'none' || after.outlineStyle !== 'none',
        };
      });
      if (!seen) continue;
      assert.ok(seen.visible, `no focus ring on ${seen.name}`);
      reached.add(seen.name);
    }
    for (const screen of ['overview', 'channels', 'latency', 'alerts', 'clinics', 'activity', 'receiver', 'settings'])
      assert.ok(reached.has(`#/${screen}`), `${screen} is not reached by Tab: ${[...reached].join(', ')}`);
    await page.context().close();
  });

  await stage.story('slash searches, chips choose, nothing found says so', async () => {
    const page = await fresh('#/overview');
    await page.keyboard.press('/');
    await page.keyboard.type('elm sur');
    assert.equal((await names(page)).length, 1);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('nobody');
    await page.getByText('No calendar matches').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('radio', { name: /^Attention \d+/ }).click();
    assert.ok((await names(page)).some((name) => name.includes('Harbour Physio')));
    await page.context().close();
  });

  await stage.story('an edit in Google is on the channel screen within seconds', async () => {
    const link = await agent.link('Lakeview Paediatrics · intake');
    const page = await fresh(`#/channels/${link.id}`);
    await heading(page, /intake/);
    const hour = (add) => ({ dateTime: new Date(Date.now() + add * 3_600_000).toISOString() });
    const found = page.getByRole('region', { name: 'Biography' }).getByText(/changes? applied/);
    const before = await found.count();
    await world.sim('POST', `/calendars/${encodeURIComponent(link.google_calendar_id)}/events`, {
      summary: 'A',
      start: hour(30),
      end: hour(31),
    });
    await until('a further line', async () => (await found.count()) > before, 10_000);
    await page.context().close();
  });

  await stage.story('connecting waits, can be cancelled, is denied in words, and ends connected', async () => {
    const page = await fresh('#/clinics');
    const dialog = page.getByRole('dialog');
    await page
      .getByRole('button', { name: /^Reconnect/ })
      .first()
      .click();
    await dialog.getByRole('button', { name: 'Open Google' }).click();
    await dialog.getByText('Waiting for your answer in the browser.').waitFor();
    await stage.photograph(page, 'connect-waiting');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.getByText('Nothing was connected.').waitFor();
    const answer = async (decision) => {
      await dialog.getByRole('button', { name: 'Try again' }).click();
      const url = await dialog.locator('code').textContent();
      await fetch(url.trim(), {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: `decision=${decision}&account=hello@harbourphysio.example`,
      });
    };
    await answer('deny');
    await dialog
      .getByText(/denied|did not allow|refused|declined/i)
      .first()
      .waitFor();
    await stage.photograph(page, 'connect-denied');
    await answer('allow');
    await dialog.getByText('hello@harbourphysio.example is connected.').waitFor();
    await stage.photograph(page, 'connect-done');
    await dialog.getByRole('button', { name: 'Done' }).click();
    await until(
      'a live channel',
      async () => (await agent.link('Harbour Physio · appointments')).state !== 'reconnect_needed',
    );
    await page.context().close();
  });

  await stage.story('pause says what it costs and resume brings the channel back', async () => {
    const link = await agent.link('Riverside Imaging · MRI');
    const page = await fresh(`#/channels/${link.id}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 open channel runs out there unrenewed.').waitFor();
    await stage.photograph(page, 'pause-asks');
    await dialog.getByRole('button', { name: 'Pause it' }).click();
    await page.locator('main').getByText('Paused', { exact: true }).first().waitFor();
    await stage.photograph(page, 'channel-paused');
    await page.getByRole('button', { name: 'Resume' }).click();
    await until('live again', async () =>
      ['live', 'due'].includes((await agent.link('Riverside Imaging · MRI')).state),
    );
    await page.context().close();
  });

  await stage.story('what Google refuses is told with its reason, and the old channel stays', async () => {
    const link = await agent.link('Elm Veterinary · exam rooms');
    const rule = await world.sim('POST', '/faults', {
      match: { operation: 'events.watch', calendar: link.google_calendar_id },
      action: { kind: 'refuse', status: 403, reason: 'rateLimitExceeded' },
    });
    const page = await fresh(`#/channels/${link.id}`);
    await page.getByRole('button', { name: 'Renew now' }).click();
    await page.getByText('Renewal failed').first().waitFor();
    await stage.photograph(page, 'channel-renewal-failed');
    assert.equal((await agent.link('Elm Veterinary · exam rooms')).channel.id, link.channel.id);
    await world.sim('DELETE', `/faults/${rule.id}`);
    await go(page, '#/overview');
    await page.context().close();
  });

  await stage.story('an alert can be acknowledged, and snoozed on its calendar’s page; the badge follows', async () => {
    // On a computer of its own: what the others are told of stays firing for the stories that follow.
    const desk = await startAgent(['--receiver', world.receiver, '--code', world.code('admin')]);
    const link = await agent.link('Elm Veterinary · exam rooms');
    const rule = await world.sim('POST', '/faults', {
      match: { operation: 'events.watch', calendar: link.google_calendar_id },
      action: { kind: 'refuse', status: 503, reason: 'backendError' },
    });
    await until('a calendar that nothing is done with', async () => {
      const { operations } = await agent.snapshot();
      return operations.every((it) => it.link_id !== link.id || it.finished);
    });
    await agent.ask({ call: 'renew', link_id: link.id });
    const alerts = async () => (await desk.snapshot()).alerts;
    const { id } = await until('an alert that fires', async () =>
      (await alerts()).find(
        (one) => one.id.startsWith('renewal:') && one.link_ids.includes(link.id) && one.state === 'firing',
      ),
    );
    const page = await stage.open(desk, '#/alerts');
    await page
      .locator(`[data-alert="${id}"]`)
      .getByRole('button', { name: /^Acknowledge/ })
      .click();
    await until('an acknowledged alert', async () =>
      (await alerts()).some((one) => one.id === id && one.state === 'acknowledged'),
    );
    const badge = page.getByRole('link', { name: /^Alerts/ });
    await until('a badge that counts what still fires', async () => {
      const firing = (await alerts()).filter((one) => one.state === 'firing').length;
      return Number(/\d+/.exec(await badge.textContent()) ?? 0) === firing;
    });

    const other = await startAgent(['--receiver', world.receiver, '--code', world.code('admin')]);
    const told = async (state) => (await other.snapshot()).alerts.some((one) => one.id === id && one.state === state);
    await until('the same alert on another computer', () => told('firing'));
    const itsPage = await stage.open(other, `#/channels/${link.id}`);
    const snooze = itsPage.getByRole('button', { name: /^Snooze: Elm Veterinary/ });
    await snooze.press('Enter');
    await itsPage.getByRole('menuitem', { name: 'Until 08:00' }).press('Enter');
    await itsPage.getByText('Snoozed. Until 08:00.').waitFor();
    await until('an alert that is quiet', () => told('snoozed'));
    assert.equal(await snooze.evaluate((node) => node === document.activeElement), true, 'the focus stays');
    await itsPage.context().close();
    await world.sim('DELETE', `/faults/${rule.id}`);
    await page.context().close();
  });
}
