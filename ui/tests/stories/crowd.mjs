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

    // While whole screens fly by, state and name are enough; where they land, a row is whole again.
    const aloft = await page.locator('.viewport').evaluate(async (node) => {
      const seen = [];
      for (let frame = 0; frame < 8; frame += 1) {
        node.scrollTop -= 4000;
        await new Promise(requestAnimationFrame);
        await new Promise((done) => queueMicrotask(done));
        const rows = [...node.querySelectorAll('.row')];
        seen.push({
          named: rows.every((row) => row.querySelector('.clinic')?.textContent),
          full: rows.filter((row) => row.querySelector('button')).length,
        });
      }
      return seen;
    });
    assert.ok(
      aloft.every((frame) => frame.named),
      JSON.stringify(aloft),
    );
    assert.equal(aloft.at(-1).full, 0, 'buttons are drawn in flight');
    await page.waitForFunction(() =>
      [...document.querySelectorAll('.viewport .row')].every((row) => row.querySelector('button')),
    );
    await page.context().close();
    server.stop();
  });
}
