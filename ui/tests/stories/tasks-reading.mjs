// The tasks of the screens that are read and set up rather than acted on, done with no mouse at all.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { startAgent, startAside, until } from '../world.mjs';
import { heading } from './rows.mjs';
import { holdsFocus, lookAndLeave, press, reach, use } from './reach.mjs';

const button = (scope, name) => scope.getByRole('button', { name });
const radio = (page, name) => page.getByRole('radio', { name, exact: true });
/** Goes to the choice that is made and moves it by arrows. */
const move = async (page, from, arrow, to) => {
  await reach(page, radio(page, from));
  await press(page, arrow);
  await holdsFocus(page, radio(page, to));
};
/** Saves by Enter on the button, and leaves the note that tells of it by its own button. */
const save = async (page, name = 'Save CSV') => {
  await use(page, button(page, name));
  const note = page.locator('.message', { hasText: 'Saved.' });
  await note.waitFor();
  const path = (await note.locator('p').textContent()).trim();
  await holdsFocus(page, button(page, name));
  return readFileSync(path).toString('utf8');
};

export async function tasksOfReading({ stage, world, agent }) {
  await stage.story('tasks: the latency is read in every way and time, compared, and saved', async () => {
    await until('changes that were measured', async () => (await agent.snapshot()).overview.lag_24h.samples >= 3);
    const page = await stage.open(agent, '#/latency');
    await heading(page, /Half of all changes/);
    const range = page.getByRole('radiogroup', { name: 'Time range' }).locator('[aria-checked="true"]');
    const before = await range.textContent();
    await reach(page, range);
    await press(page, 'ArrowRight');
    await until('a longer time', async () => (await range.textContent()) !== before);
    await press(page, 'ArrowLeft');
    await until('the time as it was', async () => (await range.textContent()) === before);
    await move(page, 'Band', 'ArrowRight', 'Heatmap');
    await page.getByText('few to many changes').waitFor();
    await press(page, 'ArrowRight');
    await holdsFocus(page, radio(page, 'Table'));
    await use(page, page.getByLabel('against the period before'), 'Space');
    await page.getByRole('columnheader', { name: 'p50 before' }).waitFor();
    assert.match(await save(page), /^\uFEFFFrom \(UTC\),Changes,p50 ms,/);
    const custom = button(page, 'Custom…');
    await reach(page, custom, 'Shift+Tab');
    await press(page, 'Enter', 'Tab');
    await page.keyboard.type('2026-01-02');
    await reach(page, page.getByLabel('To', { exact: true }));
    assert.equal(await page.getByLabel('From', { exact: true }).inputValue(), '2026-01-02 00:00');
    await page.keyboard.type('3.1.2026 12 am');
    await use(page, button(page, 'Show'));
    await heading(page, 'No change was measured then.');
    await holdsFocus(page, custom);
    await reach(page, button(page, /^Back to/), 'Shift+Tab');
    await press(page, 'Enter');
    await heading(page, /Half of all changes/);
    await holdsFocus(page, range);
    await page.context().close();
  });

  await stage.story('tasks: the activity is filtered and searched, and who did what is looked up', async () => {
    const link = await agent.link('Riverside Imaging · MRI');
    await agent.ask({ call: 'sync', link_id: link.id });
    const page = await stage.open(agent, '#/activity');
    await heading(page, 'What happened');
    const lines = page.getByRole('region', { name: 'Entries' }).getByRole('listitem');
    await lines.first().waitFor();
    await reach(page, page.getByRole('radiogroup', { name: 'Which entries' }).getByRole('radio', { name: 'All' }));
    await press(page, 'ArrowRight', 'ArrowRight');
    await holdsFocus(page, radio(page, 'Channels'));
    await press(page, '/');
    await page.keyboard.type('riverside proved');
    await until('only what was looked for', async () =>
      (await lines.allTextContents()).every((line) => /Riverside Imaging.*proved/.test(line)),
    );
    const shown = await lines.count();
    const table = (await save(page)).trimEnd().split('\r\n');
    assert.equal(table.length - 1, shown);
    await reach(page, radio(page, 'What happened'), 'Shift+Tab');
    await press(page, 'ArrowRight');
    await holdsFocus(page, radio(page, 'Who did what'));
    await use(page, button(page, 'Verify'));
    await page.getByText(/Verified \d\d:\d\d/).waitFor();
    await holdsFocus(page, button(page, 'Verify'));
    await press(page, '/');
    await page.keyboard.type('synced mri');
    await page
      .getByRole('row', { name: /synced Riverside Imaging · MRI done/ })
      .first()
      .waitFor();
    const { chain } = await agent.ask({ call: 'audit', limit: 1 });
    assert.ok(chain.intact);
    await page.context().close();
  });

  await stage.story('tasks: the note and the report are opened, written and saved, and the wall is left', async () => {
    const page = await stage.open(agent, '#/activity');
    await use(page, button(page, 'Handover note'));
    await heading(page, 'Handover note');
    await reach(page, page.getByLabel('Note for whoever comes next'));
    await press(page, 'Control+a');
    await page.keyboard.type('Ring the bell twice.');
    await page.evaluate(() => (window.print = () => (window.printed = true)));
    await use(page, button(page, 'Print'));
    assert.ok(await page.evaluate(() => window.printed), 'the printer was not asked');
    await holdsFocus(page, button(page, 'Print'));
    const links = (await agent.snapshot()).links.length;
    assert.equal((await save(page)).trimEnd().split('\r\n').length - 1, links);
    await press(page, 'Escape');
    await heading(page, 'What happened');
    await use(page, button(page, 'Monthly report'));
    await heading(page, /Monthly report, \w+ \d{4}/);
    await page.getByRole('row', { name: /Elm Veterinary · surgery/ }).waitFor();
    await reach(page, page.getByLabel('Month', { exact: true }));
    const report = await save(page);
    assert.equal(report.trimEnd().split('\r\n').length - 1, links);
    await press(page, 'Escape');
    await heading(page, 'What happened');
    await use(page, button(page, 'Wall view'));
    await page.getByRole('region', { name: 'Wall view' }).waitFor();
    await press(page, 'Escape');
    await heading(page, 'What happened');
    await page.context().close();
  });

  await stage.story('tasks: a device is thought over, and a wrong code is refused beside the receiver', async () => {
    const devices = () => agent.ask({ call: 'devices' });
    const before = (await devices()).map((one) => [one.id, one.revoked_at]);
    const page = await stage.open(agent, '#/receiver');
    await page.getByText('(this computer)').waitFor();
    const shut = page.locator('li', { hasText: '(this computer)' }).getByRole('button');
    await lookAndLeave(page, shut, (dialog) => dialog.getByText('the computer in front of you').first().waitFor());
    await press(page, 'Enter');
    await use(page, button(page.getByRole('dialog'), 'Keep'));
    await holdsFocus(page, shut);
    const after = (await devices()).map((one) => [one.id, one.revoked_at]);
    assert.deepEqual(after, before, 'every device may stay');
    await reach(page, page.getByRole('textbox', { name: 'Address' }));
    await page.keyboard.type(world.receiver);
    await press(page, 'Tab');
    await page.keyboard.type('AAAAA-AAAAA');
    await press(page, 'Enter');
    assert.match(await page.getByRole('alert').textContent(), /code/i);
    await holdsFocus(page, page.getByRole('textbox', { name: 'Pairing code' }));
    assert.equal((await agent.snapshot()).receivers.length, 1);
    await page.context().close();
  });

  await stage.story('the theme that a person chose is there with the first word', async () => {
    const before = await agent.ask({ call: 'settings' });
    await agent.ask({ call: 'set_settings', settings: { ...before, theme: 'dark', zone: 'utc' } });
    const page = await stage.open(agent);
    await page.addInitScript(() => {
      new MutationObserver(() => {
        window.themeAtFirst ??= document.querySelector('h1')
          ? (document.documentElement.dataset.theme ?? 'none')
          : undefined;
      }).observe(document, { childList: true, subtree: true });
    });
    let asked = 0;
    page.on('request', (request) => (asked += request.postData()?.includes('"settings"') ? 1 : 0));
    await page.reload();
    await page.locator('[role="row"][data-link]').first().waitFor();
    assert.equal(await page.evaluate(() => window.themeAtFirst), 'dark');
    assert.equal(asked, 0, 'what was told already is not asked for again');
    await page.context().close();
    await agent.ask({ call: 'set_settings', settings: before });
  });

  await stage.story(
    'tasks: theme, language, time zone and notifications are set and put back, diagnostics are read',
    async () => {
      const settings = () => agent.ask({ call: 'settings' });
      const before = await settings();
      const is = (part) =>
        until(JSON.stringify(part), async () => {
          const now = await settings();
          return Object.entries(part).every(([name, value]) => now[name] === value);
        });
      const page = await stage.open(agent, '#/settings');
      const theme = page.getByRole('radiogroup', { name: 'Theme' }).locator('[aria-checked="true"]');
      await reach(page, theme);
      await press(page, 'ArrowLeft');
      await is({ theme: 'dark' });
      await page.locator('html[data-theme="dark"]').waitFor();
      await press(page, 'ArrowRight');
      await is({ theme: before.theme });
      await reach(page, page.getByLabel('Language'));
      await page.keyboard.type('Deu');
      await heading(page, 'Einstellungen');
      await is({ language: 'de' });
      await holdsFocus(page, page.getByLabel('Sprache'));
      // The list begins with the system's, then English, then German.
      await press(page, before.language === 'en' ? 'ArrowUp' : 'Home');
      await is({ language: before.language });
      await heading(page, 'Settings');
      const zone = page.getByRole('radiogroup', { name: 'Time zone' }).locator('[aria-checked="true"]');
      await reach(page, zone);
      await press(page, 'ArrowLeft');
      await is({ zone: 'utc' });
      await press(page, 'ArrowRight');
      await is({ zone: before.zone });
      const bubbles = page.getByRole('switch', { name: 'Desktop notifications' });
      for (const on of [!before.notifications, before.notifications]) {
        await use(page, bubbles, 'Space');
        await is({ notifications: on });
        await holdsFocus(page, bubbles);
      }
      await lookAndLeave(page, button(page, 'Look at it'), async (dialog) => {
        await use(page, button(dialog, 'calendars.json'), 'Space');
        await dialog.locator('pre').filter({ hasText: '(clinic 1)' }).waitFor();
        await reach(page, dialog.locator('pre'));
      });
      assert.deepEqual(await settings(), before);
      await page.context().close();
    },
  );

  await stage.story(
    'tasks: a clinic is made, its Google account begun and given up, another thought over',
    async () => {
      const aside = await startAside(world);
      const own = await startAgent(['--receiver', aside.address, '--code', aside.code()]);
      await until('a paired agent', async () => (await own.snapshot()).connection.status === 'connected');
      const page = await stage.open(own, '#/clinics');
      const dialog = page.getByRole('dialog');
      const make = button(page, 'New clinic').first();
      await lookAndLeave(page, make);
      await press(page, 'Enter');
      await reach(page, dialog.getByLabel('Name'));
      await page.keyboard.type('Quay Street Dental');
      await reach(page, dialog.getByLabel('Time zone'));
      await page.keyboard.type('Europe/Lis');
      await use(page, button(dialog, 'Create clinic'));
      const clinic = await until('the clinic', async () => (await own.ask({ call: 'clinics' }))[0]);
      assert.deepEqual([clinic.name, clinic.time_zone], ['Quay Street Dental', 'Europe/Lisbon']);
      await use(page, button(dialog, 'Open Google'));
      await until('an attempt', async () => (await own.snapshot()).attempt?.state.status === 'waiting');
      await holdsFocus(page, dialog);
      await use(page, button(dialog, 'Cancel'));
      await until('none any more', async () => (await own.snapshot()).attempt.state.status === 'cancelled');
      await holdsFocus(page, dialog);
      await press(page, 'Escape');
      await dialog.waitFor({ state: 'detached' });
      await holdsFocus(page, make);
      const connect = button(page, 'Connect Google for Quay Street Dental');
      await lookAndLeave(page, connect);
      const edit = button(page, 'Edit Quay Street Dental');
      await lookAndLeave(page, edit);
      await press(page, 'Enter');
      await reach(page, dialog.getByLabel('Monday'));
      await page.keyboard.type('8');
      await dialog.getByText('Not readable: Monday.').waitFor();
      await page.keyboard.type('-12, 13.30–18:00');
      await use(page, button(dialog, 'All weekdays like Monday'));
      await stage.photograph(page, 'clinics-edit');
      await use(page, button(dialog, 'Save'));
      await dialog.waitFor({ state: 'detached' });
      await holdsFocus(page, edit);
      await page.getByText('open 5 days a week').waitFor();
      const { opening_hours: hours } = (await own.ask({ call: 'clinics' }))[0];
      assert.deepEqual(
        hours.filter((one) => one.weekday === 5),
        [
          { weekday: 5, opens: '08:00', closes: '12:00' },
          { weekday: 5, opens: '13:30', closes: '18:00' },
        ],
      );
      assert.equal(hours.length, 10);
      await page.context().close();

      const account = 'team@elmvet.example';
      const office = await stage.open(agent, '#/clinics');
      const leave = button(office, `Disconnect ${account}`);
      await lookAndLeave(office, leave, (asks) => asks.getByText('the consent revoked').waitFor());
      await press(office, 'Enter');
      await use(office, button(office.getByRole('dialog'), 'Keep connected'));
      await holdsFocus(office, leave);
      const grant = (await agent.snapshot()).grants.find((one) => one.account === account);
      assert.equal(grant.state, 'working');
      await office.context().close();
    },
  );

  await stage.story('tasks: a further calendar of an account is added', async () => {
    const account = 'team@elmvet.example';
    await world.sim('POST', '/calendars', { account, summary: 'after hours' });
    const page = await stage.open(agent, '#/clinics');
    const dialog = page.getByRole('dialog');
    const add = button(page, `Add calendar of ${account}`);
    await lookAndLeave(page, add);
    await press(page, 'Enter');
    await use(page, button(dialog, 'Add after hours'));
    await until('a further calendar', () => agent.link('Elm Veterinary · after hours'));
    await holdsFocus(page, dialog);
    await use(page, button(dialog, 'Close'));
    await dialog.waitFor({ state: 'detached' });
    await holdsFocus(page, add);
    await until('a channel that is proved', async () => (await agent.link('after hours')).state === 'live');
    await page.context().close();
  });
}
