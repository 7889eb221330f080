// Every task that changes something, done with no mouse at all: the agent says that it is done, the focus is never lost.
import assert from 'node:assert/strict';
import { heading, row } from './rows.mjs';
import { holdsFocus, lookAndLeave, press, reach, use } from './reach.mjs';
import { until } from '../world.mjs';

const button = (scope, name) => scope.getByRole('button', { name });

export async function tasks({ stage, agent }) {
  const operation = async (link, kind) =>
    (await agent.snapshot()).operations.find((one) => one.link_id === link.id && one.kind === kind && one.finished);
  /** From the overview to the page of a calendar. */
  const openCalendar = async (words, title) => {
    const page = await stage.open(agent, '#/overview');
    await press(page, '/');
    await page.keyboard.type(words);
    await press(page, 'Enter', 'Enter');
    await heading(page, title);
    return page;
  };

  await stage.story('tasks: on a calendar, delivery is tested, it is synced, and a drill is thought over', async () => {
    const link = await agent.link('Riverside Imaging · MRI');
    const page = await openCalendar('mri', /MRI/);
    await use(page, button(page, 'Test delivery'));
    await until('a test of the delivery', () => operation(link, 'test_delivery'));
    await holdsFocus(page, button(page, 'Test delivery'));
    const { synced_at } = await agent.link('Riverside Imaging · MRI');
    await use(page, button(page, 'Sync now'), 'Space');
    await until('a later sync run', async () => (await agent.link('Riverside Imaging · MRI')).synced_at > synced_at);
    await holdsFocus(page, button(page, 'Sync now'));
    const drills = () => agent.ask({ call: 'fire_drills', link: link.id, limit: 20 });
    const before = await drills();
    const drill = button(page, 'Fire drill…');
    await lookAndLeave(page, drill, (dialog) => dialog.getByText('changes arrive by polling only').waitFor());
    await press(page, 'Enter');
    await use(page, button(page.getByRole('dialog'), 'Keep the channel'));
    await holdsFocus(page, drill);
    assert.deepEqual(await drills(), before, 'nothing was stopped');
    await page.context().close();
  });

  await stage.story('tasks: a calendar is paused after its cost was read, and resumed', async () => {
    const state = async () => (await agent.link('Riverside Imaging · MRI')).state;
    const page = await openCalendar('mri', /MRI/);
    const pause = button(page, 'Pause…');
    await lookAndLeave(page, pause, (dialog) => dialog.getByText('1 open channel runs out there unrenewed').waitFor());
    await press(page, 'Enter');
    await use(page, button(page.getByRole('dialog'), 'Keep watching'));
    await holdsFocus(page, pause);
    assert.notEqual(await state(), 'paused');
    await press(page, 'Enter');
    await use(page, button(page.getByRole('dialog'), 'Pause it'));
    await until('a paused calendar', async () => (await state()) === 'paused');
    await use(page, button(page, 'Resume'));
    await until('live again', async () => ['live', 'due'].includes(await state()));
    await holdsFocus(page, button(page, 'Renew now'));
    await page.context().close();
  });

  await stage.story('tasks: rows are picked by x, let go, and picked again to be renewed', async () => {
    const names = ['Lakeview Paediatrics · intake', 'Lakeview Paediatrics · vaccination'];
    const channels = () => Promise.all(names.map(async (name) => (await agent.link(name)).channel.id));
    const page = await stage.open(agent, '#/overview');
    await press(page, '/');
    await page.keyboard.type('lakeview');
    await press(page, 'Enter');
    const bar = page.getByRole('toolbar');
    const pick = async () => {
      for (const name of names) {
        // From the top: the worst stands first, whichever that is by now.
        await press(page, 'k', 'k', 'k', 'k');
        await reach(page, row(page, name.split(' · ')[1]).getByRole('link'), 'j');
        await press(page, 'x');
      }
      await bar.getByText('2 calendars picked').waitFor();
    };
    await pick();
    await press(page, 'Escape');
    await bar.waitFor({ state: 'detached' });
    await pick();
    const before = await channels();
    await lookAndLeave(page, button(bar, 'Pause 2…'), (dialog) => dialog.getByText('2 open channels').waitFor());
    await use(page, button(bar, 'Renew 2'));
    await until('two new channels', async () => (await channels()).every((id) => !before.includes(id)));
    await bar.waitFor({ state: 'detached' });
    await holdsFocus(page, row(page, 'vaccination').getByRole('link'));
    await page.context().close();
  });

  await stage.story('tasks: a rule is changed, tried on the past and put back', async () => {
    const rule = async (kind) => (await agent.ask({ call: 'alert_rules' })).rules.find((one) => one.kind === kind);
    const before = (await rule('polling')).parts[0].value;
    const page = await stage.open(agent, '#/alerts');
    await reach(page, page.getByRole('radio', { name: 'Now' }));
    await press(page, 'ArrowLeft');
    await holdsFocus(page, page.getByRole('radio', { name: 'Rules and quiet hours' }));
    const polling = page.locator('[data-rule="polling"]');
    const minutes = polling.getByRole('spinbutton');
    await reach(page, minutes);
    await page.keyboard.type('0');
    assert.ok(await button(polling, 'Keep').isDisabled(), 'no minute at all is refused');
    await press(page, 'Control+a');
    await page.keyboard.type(`${before + 7}`);
    await use(page, button(polling, /^Try on the last 30 days/));
    await polling.getByText(/^Would have told you/).waitFor();
    await holdsFocus(page, button(polling, /^Try on the last 30 days/));
    await reach(page, button(polling, 'Keep'), 'Shift+Tab');
    await press(page, 'Enter');
    await until('a changed rule', async () => (await rule('polling')).parts[0].value === before + 7);
    await holdsFocus(page, minutes);
    await press(page, 'Control+a');
    await page.keyboard.type(`${before}`);
    await press(page, 'Enter');
    await until('the rule as it was', async () => (await rule('polling')).parts[0].value === before);
    await holdsFocus(page, minutes);
    const { on } = await rule('polling');
    for (const wanted of [!on, on]) {
      await reach(page, polling.getByRole('switch'), 'Shift+Tab');
      await press(page, 'Space');
      await until('a switched rule', async () => (await rule('polling')).on === wanted);
      await holdsFocus(page, polling.getByRole('switch'));
    }
    await page.context().close();
  });

  await stage.story(
    'tasks: quiet hours are switched on, moved and off, and all alerts paused and resumed',
    async () => {
      const quiet = async () => (await agent.ask({ call: 'alert_rules' })).quiet_hours;
      assert.deepEqual(await quiet(), []);
      const page = await stage.open(agent, '#/alerts');
      const paused = async () => (await agent.snapshot()).hush.paused_until !== null;
      await use(page, button(page, 'Pause alerts for 1 h'));
      await until('paused alerts', paused);
      await holdsFocus(page, button(page, 'Resume alerts'));
      await press(page, 'Enter');
      await until('alerts that go on', async () => !(await paused()));
      await holdsFocus(page, button(page, 'Pause alerts for 1 h'));
      await reach(page, page.getByRole('radio', { name: 'Now' }));
      await press(page, 'ArrowRight', 'ArrowRight');
      const friday = page.getByRole('switch', { name: 'Quiet hours that begin on Friday' });
      await use(page, friday, 'Space');
      await until('a quiet Friday', async () => (await quiet()).length === 1);
      await holdsFocus(page, friday);
      await reach(page, page.getByLabel('Friday: from'));
      await page.keyboard.type('0930PM');
      await press(page, 'Tab');
      await until('a later one', async () => (await quiet())[0].from === '21:30');
      await reach(page, friday, 'Shift+Tab');
      await press(page, 'Space');
      await until('no quiet hours', async () => (await quiet()).length === 0);
      await holdsFocus(page, friday);
      await page.context().close();
    },
  );
}
