// What the sheet of keys promises, with no mouse at all.
import assert from 'node:assert/strict';
import { go, heading, row } from './rows.mjs';
import { until } from '../world.mjs';

export async function keyboard({ stage, agent }) {
  const fresh = (hash) => stage.open(agent, hash);
  const press = async (page, ...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };

  await stage.story('keys: the sheet names them, and g goes to each screen', async () => {
    const page = await fresh('#/overview');
    await press(page, '?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await page.getByText('a shorter or longer time around that point').waitFor();
    await stage.photograph(page, 'keys');
    await press(page, 'Escape');
    for (const [key, title] of [
      ['c', /calendars watched/],
      ['l', /Half of all changes|No change was measured/],
      ['a', /needs? a look|Nothing needs you/],
      ['r', /The receiver/],
      ['o', /calendars are live/],
    ]) {
      await press(page, 'g', key);
      await heading(page, title);
    }
    await press(page, 'g', 'l');
    await heading(page, /Half of all changes|No change was measured/);
    await press(page, 'g', 'r');
    await heading(page, /The receiver/);
    await press(page, 'Escape');
    await heading(page, /Half of all changes|No change was measured/);
    await press(page, 'Escape');
    await heading(page, /calendars are live/);
    await page.context().close();
  });

  await stage.story('palette: finds a calendar, renews it, and has it first the next time', async () => {
    const page = await fresh('#/overview');
    await press(page, 'Control+k');
    await page.getByRole('combobox').waitFor();
    await stage.photograph(page, 'palette');
    await page.keyboard.type('ultra');
    await page.getByRole('option', { name: /Riverside Imaging · ultrasound/ }).waitFor();
    await press(page, 'Enter');
    await heading(page, /ultrasound/);
    const before = (await agent.link('ultrasound')).channel.id;
    await go(page, '#/overview');
    await press(page, 'Control+k');
    await page.keyboard.type('renew ultra');
    await stage.photograph(page, 'palette-action');
    await press(page, 'Enter');
    await row(page, 'ultrasound')
      .getByText(/Renewed, valid until/)
      .waitFor();
    assert.notEqual((await agent.link('ultrasound')).channel.id, before);
    await press(page, 'Control+k');
    const first = page.getByRole('option').first();
    await first.getByText('Riverside Imaging · ultrasound').waitFor();
    await press(page, 'ArrowDown', 'ArrowUp', 'Enter');
    await heading(page, /ultrasound/);
    await press(page, 'Control+k');
    await page.keyboard.type('no such thing');
    await page.getByText('Nothing is called').waitFor();
    await press(page, 'Escape');
    await page.context().close();
  });

  await stage.story('palette: a clinic is brought into view, and a theme is chosen', async () => {
    const page = await fresh('#/overview');
    await press(page, 'Control+k');
    await page.keyboard.type('riverside');
    await page
      .getByRole('option', { name: /^Riverside Imaging \w+\/\w+/ })
      .first()
      .waitFor();
    while (!/^Riverside Imaging \w+\//.test(await page.locator('[aria-selected="true"]').textContent()))
      await press(page, 'ArrowDown');
    await press(page, 'Enter');
    await page.locator('section.sought').getByRole('heading', { name: 'Riverside Imaging' }).waitFor();
    await press(page, 'Control+k');
    await page.keyboard.type('dark');
    await press(page, 'Enter');
    await page.locator('html[data-theme="dark"]').waitFor();
    await press(page, 'Control+k');
    await page.keyboard.type('pause all alerts');
    await press(page, 'Enter');
    await until('alerts are paused', async () => (await agent.snapshot()).hush.paused_until);
    await press(page, 'Control+k');
    await page.keyboard.type('resume alerts');
    await page.getByRole('option', { name: 'Resume alerts' }).waitFor();
    await press(page, 'Enter');
    await until('alerts go on', async () => !(await agent.snapshot()).hush.paused_until);
    await press(page, 'Control+k');
    await page.keyboard.type('theme system');
    await press(page, 'Enter');
    await page.locator('html:not([data-theme])').waitFor();
    await page.context().close();
  });

  await stage.story('keys: on a calendar, r renews, t widens the chart, Escape goes back', async () => {
    const page = await fresh('#/overview');
    const link = await agent.link('Lakeview Paediatrics · intake');
    await go(page, `#/channels/${link.id}`);
    await heading(page, /intake/);
    const range = page.getByRole('radiogroup', { name: 'Time range' }).locator('[aria-checked="true"]');
    const first = await range.textContent();
    await press(page, 't');
    assert.notEqual(await range.textContent(), first);
    await press(page, 'r');
    await until(
      'a new channel',
      async () => (await agent.link('Lakeview Paediatrics · intake')).channel.id !== link.channel.id,
    );
    await press(page, 's');
    await page.getByText('There is nothing to snooze here.').waitFor();
    await press(page, 'Escape');
    await heading(page, /calendars are live/);
    await page.context().close();
  });

  await stage.story('keys: slash searches the screen it is pressed on', async () => {
    const page = await fresh('#/activity');
    await heading(page, 'What happened');
    await press(page, '/');
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('type')), 'search');
    await go(page, '#/settings');
    await heading(page, 'Settings');
    await page.evaluate(() => document.activeElement.blur());
    await press(page, '/');
    await page.keyboard.type('device token');
    await page.getByRole('region', { name: 'Appearance' }).waitFor({ state: 'hidden' });
    await page.getByRole('region', { name: 'Safety' }).waitFor();
    await stage.photograph(page, 'settings-searched');
    await press(page, 'Control+a');
    await page.keyboard.type('tea kettle');
    await page.getByText('No setting has “tea kettle”.').waitFor();
    await go(page, '#/receiver');
    await heading(page, 'The receiver answers.');
    await page.evaluate(() => document.activeElement.blur());
    await press(page, '/');
    await page.getByRole('combobox').waitFor();
    await press(page, 'Escape');
    await page.context().close();
  });

  await stage.story('dialogs: marking past the edge leaves one open, a click beside closes it', async () => {
    const page = await fresh('#/clinics');
    const opener = page.getByRole('button', { name: 'New clinic' });
    await opener.click();
    const dialog = page.getByRole('dialog', { name: 'New clinic' });
    await dialog.getByLabel('Name').fill('Northgate Dental');
    const field = await dialog.getByLabel('Name').boundingBox();
    await page.mouse.move(field.x + 90, field.y + 10);
    await page.mouse.down();
    await page.mouse.move(20, field.y + 10, { steps: 4 });
    await page.mouse.up();
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'Northgate Dental', 'what was typed stays');
    await page.mouse.click(20, 20);
    await dialog.waitFor({ state: 'detached' });
    assert.equal(await opener.evaluate((node) => node === document.activeElement), true, 'the focus is back');
    await page.context().close();
  });
}
