// Alerts that come while the window is looked at. Only the desktop's shell knows of eyes, so this one agent is invented.
import assert from 'node:assert/strict';
import { serve } from '../fixture-server.mjs';

const told =
  (id, severity) =>
  ({ alerts }) => {
    const { title, body } = alerts.find((one) => one.id === id);
    return { id: `banner-${id}`, incident: id, title, body, severity };
  };
/** A new banner for an invented agent that is watched. */
function tell({ agent }, id, severity) {
  agent.snapshot.banners = [...agent.snapshot.banners, told(id, severity)(agent.snapshot)];
  agent.answer({ call: 'banner_read', banner: 'none, but told to the window' });
}

/** What of the page can be pressed: where it begins, and whether it is seen there; `reach` scrolls to each first. */
const controls = (page, reach = false) =>
  page.evaluate((reaches) => {
    const main = document.querySelector('main');
    const all = [...main.querySelectorAll('a, button, input, [tabindex="0"]')].filter((one) => one.checkVisibility());
    return all.map((one) => {
      if (reaches) one.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = one.getBoundingClientRect();
      const above = document.elementFromPoint(x + width / 2, y + height / 2);
      return { words: one.textContent.trim(), x, y, seen: above !== null && main.contains(above) };
    });
  }, reach);

export async function banners({ stage }) {
  await stage.story(
    'an alert that comes while somebody looks is a banner, until it is read or acted upon',
    async () => {
      const server = await serve({
        mode: 'rough',
        adjust(snapshot) {
          snapshot.banners = [told('grant-1', 'urgent')(snapshot), told('polling-1', 'notice')(snapshot)];
        },
      });
      const page = await stage.open({ entry: server.url, origin: server.url });
      const [lost, polled] = ['grant-1', 'polling-1'].map((id) => page.locator(`[data-banner="${id}"]`));
      await lost.getByRole('button', { name: 'Reconnect', exact: true }).waitFor();
      await stage.photograph(page, 'overview-banners');
      await lost.getByRole('button', { name: /^Read: / }).click();
      await lost.waitFor({ state: 'detached' });
      const link = server.agent.snapshot.alerts.find((one) => one.id === 'polling-1').link_ids[0];
      await polled.getByRole('button', { name: 'Renew now' }).click();
      await polled.waitFor({ state: 'detached' });
      const [renewal] = server.agent.snapshot.operations.filter((one) => one.link_id === link);
      assert.equal(renewal.kind, 'renew');
      await page.context().close();
      server.stop();
    },
  );
  await stage.story('a banner makes the page lower, and leaves its cards whole', async () => {
    const server = await serve({
      mode: 'rough',
      adjust(snapshot) {
        snapshot.banners = [told('grant-1', 'urgent')(snapshot)];
      },
    });
    const { id } = server.agent.snapshot.links.find((one) => one.state === 'live');
    const size = { width: 1280, height: 700 };
    const page = await stage.open({ entry: server.url, origin: server.url }, `#/channels/${id}`, size);
    await page.locator('[data-banner]').waitFor();
    const delivery = page.getByRole('region', { name: 'Delivery' });
    await delivery.locator('svg').waitFor();
    const [card, bars] = [await delivery.boundingBox(), await delivery.locator('svg').boundingBox()];
    assert.ok(bars.y + bars.height <= card.y + card.height, 'the bars stay in their card');
    await page.context().close();
    server.stop();
  });
  await stage.story(
    'a banner covers nothing, moves nothing, and takes no press that was meant for the page',
    async () => {
      const server = await serve({ mode: 'rough' });
      const sizes = { 'a small window': [1024, 700], 'text at 200 %': [512, 350] };
      for (const [size, [width, height]] of Object.entries(sizes)) {
        server.agent.snapshot.banners = [];
        const page = await stage.open({ entry: server.url, origin: server.url }, '#/overview', { width, height });
        const [lost, polled] = ['grant-1', 'polling-1'].map((id) => page.locator(`[data-banner="${id}"]`));
        await page.locator('main').getByRole('button').first().waitFor();
        const before = await controls(page);
        // Whoever was about to press something at the foot of the page.
        await page.evaluate(() => {
          globalThis.hasty = new Promise((pressed) => {
            const look = new MutationObserver(() => {
              const button = document.querySelector('[data-banner] button[aria-label]');
              if (!button) return;
              look.disconnect();
              button.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 }));
              pressed();
            });
            look.observe(document.body, { subtree: true, childList: true });
          });
        });
        tell(server, 'grant-1', 'urgent');
        await page.evaluate(() => globalThis.hasty);
        await lost.waitFor();
        const place = await lost.boundingBox();
        tell(server, 'polling-1', 'notice');
        await polled.waitFor();
        const after = await controls(page);
        for (const one of after.filter(({ seen }) => seen)) {
          const still = before.some(({ words, x, y }) => words === one.words && x === one.x && y === one.y);
          assert.ok(still, `${size}: "${one.words}" moved`);
        }
        const hidden = (await controls(page, true)).filter((one) => !one.seen);
        assert.deepEqual(hidden, [], `${size}: can’t be reached`);
        if (width > 620) assert.deepEqual(await lost.boundingBox(), place, `${size}: the first banner moved`);
        assert.equal(server.agent.snapshot.banners.length, 2, `${size}: a stray press was taken`);
        page.sizes = [{ width, height }];
        await stage.photograph(page, width > 620 ? 'overview-banners-small' : 'overview-banners-200');
        await polled.getByRole('button', { name: /^Read: / }).click();
        await polled.waitFor({ state: 'detached' });
        await page.context().close();
      }
      server.stop();
    },
  );
}
