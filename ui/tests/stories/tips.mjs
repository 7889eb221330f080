// The whole time for the eyes of who works by keys: a tip beside what has the focus.
import assert from 'node:assert/strict';
import { go, heading } from './rows.mjs';
import { until } from '../world.mjs';

const WHOLE = /^\w{3} \d{1,2} \w{3} \d{4}, \d\d:\d\d:\d\d \S+/;
const tips = (page) => page.locator('.tip');

/** Walks on until what has the focus has a tip; its text. */
async function walked(page, key) {
  await until(`a tip on ${key}`, async () => {
    await page.keyboard.press(key);
    return (await tips(page).count()) === 1;
  });
  return tips(page).textContent();
}

async function inside(page) {
  const { width, height } = page.viewportSize();
  for (const box of await tips(page).evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON())))
    assert.ok(box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height, JSON.stringify(box));
}

/** Where everything is that a tip could have moved. */
const layout = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('main *')].map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return [x, y, width, height].map(Math.round).join(' ');
    }),
  );

export async function tipsByKeys({ stage, agent }) {
  await stage.story(
    'tips: a row in focus shows when its channel expires, moves nothing, and Escape lets it go',
    async () => {
      const page = await stage.open(agent, '#/overview');
      await go(page, '#/channels');
      await heading(page, /calendars watched/);
      const words = await walked(page, 'j');
      assert.match(words, /expires in .+, \w{3} \d{1,2} \w{3}, \d\d:\d\d/);
      await inside(page);
      const shown = await layout(page);
      await page.keyboard.press('Escape');
      await tips(page).waitFor({ state: 'detached' });
      assert.deepEqual(await layout(page), shown);
      // Whoever goes back does so in a moment.
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.match(page.url(), /#\/channels$/);
      await page.keyboard.press('Escape');
      await heading(page, /calendars are live/);
      await page.context().close();
    },
  );

  await stage.story(
    'tips: j walks the activity and each line shows its whole time, to the last one in sight',
    async () => {
      const page = await stage.open(agent, '#/activity', { width: 1024, height: 700 });
      await heading(page, 'What happened');
      const list = page.getByRole('region', { name: 'Entries' });
      await list.getByRole('listitem').nth(20).waitFor();
      await list.focus();
      assert.equal(await tips(page).count(), 0, 'a list shows no tips');
      const place = () =>
        list.getByRole('listitem').evaluateAll((all) => all.findIndex((one) => one === document.activeElement));
      for (let n = 0, last = -1; n < 20; n += 1) {
        await page.keyboard.press('j');
        const here = await place();
        assert.ok(here > last, `line ${here} after ${last}`);
        last = here;
        assert.match(await tips(page).textContent(), WHOLE);
        await inside(page);
      }
      assert.equal(
        await tips(page).textContent(),
        await page.evaluate(() => document.activeElement.querySelector('time').title),
      );
      await stage.photograph(page, 'activity-tip');
      await page.keyboard.press('k');
      await page.keyboard.press('Tab');
      assert.ok(await page.evaluate(() => document.activeElement.matches('a')));
      assert.match(await tips(page).textContent(), WHOLE);
      await page.mouse.click(5, 5);
      await tips(page).waitFor({ state: 'detached' });
      await list
        .getByRole('listitem')
        .first()
        .click({ position: { x: 4, y: 4 } });
      assert.equal(await tips(page).count(), 0, 'a pointer has the title');
      await page.getByRole('radio', { name: 'Who did what' }).click();
      await page.getByRole('region', { name: 'Entries' }).getByRole('row').nth(1).waitFor();
      await page.getByRole('region', { name: 'Entries' }).focus();
      await page.keyboard.press('j');
      assert.match(await tips(page).textContent(), WHOLE);
      await page.context().close();
    },
  );

  await stage.story('tips: the facts of a calendar and of the receiver are one stop, each time in full', async () => {
    const link = await agent.link('Lakeview Paediatrics · intake');
    const page = await stage.open(agent, `#/channels/${link.id}`);
    await heading(page, /intake/);
    const facts = page.getByRole('group', { name: 'Facts, in full' });
    await facts.first().waitFor();
    await until('the facts in focus by Tab', async () => {
      await page.keyboard.press('Tab');
      return facts.first().evaluate((one) => one === document.activeElement);
    });
    const whole = await tips(page).allTextContents();
    assert.ok(whole.filter((words) => WHOLE.test(words)).length >= 3, whole.join('; '));
    await inside(page);
    await stage.photograph(page, 'channel-tips');
    await page.keyboard.press('Tab');
    await tips(page).first().waitFor({ state: 'detached' });
    await go(page, '#/receiver');
    await heading(page, 'The receiver answers.');
    await facts.first().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Shift+Tab');
    assert.match((await tips(page).allTextContents()).join('; '), /\d{4}, \d\d:\d\d:\d\d/);
    await stage.photograph(page, 'receiver-tips');
    await page.context().close();
  });

  await stage.story('tips: at 200 % and in forced colours they are whole, and an alert has its own', async () => {
    const page = await stage.open(agent, '#/alerts', { width: 512, height: 400 });
    await page.emulateMedia({ forcedColors: 'active' });
    await page.locator('article').first().waitFor();
    assert.match(await walked(page, 'j'), WHOLE);
    await inside(page);
    const [border, style] = await tips(page).evaluate((one) => {
      const own = getComputedStyle(one);
      return [own.borderTopWidth, own.borderTopStyle];
    });
    assert.deepEqual([border, style], ['1px', 'solid']);
    await go(page, '#/channels');
    await heading(page, /calendars watched/);
    await walked(page, 'j');
    await inside(page);
    await page.context().close();
  });
}
