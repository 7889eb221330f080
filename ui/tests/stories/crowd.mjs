// Ten thousand calendars. More than a simulator should hold, so this one agent is invented (`fixture-server.mjs`).
import assert from 'node:assert/strict';
import { serve } from '../fixture-server.mjs';

export async function crowd({ stage }) {
  await stage.story('ten thousand rows scroll and only a screenful is drawn', async () => {
    const server = await serve({ count: 10_000, mode: 'rough' });
    const page = await stage.open({ entry: server.url, origin: server.url });
    await page.locator('.row').first().waitFor();
    await page.locator('.viewport').evaluate((node) => (node.scrollTop = node.scrollHeight));
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[data-row]')].some((one) => one.dataset.row > 9980),
    );
    const drawn = await page.locator('.row').count();
    assert.ok(drawn > 5 && drawn < 60, `${drawn} rows are drawn`);
    await stage.photograph(page, 'overview-crowd');
    await page.context().close();
    server.stop();
  });
}
