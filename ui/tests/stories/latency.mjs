// The latency screen: three ways to look, every length of time, by mouse and by keys.
import assert from 'node:assert/strict';
import { heading } from './rows.mjs';
import { saved } from './record.mjs';
import { until } from '../world.mjs';

export async function latency({ stage, agent }) {
  await stage.story('latency: the band, the heatmap and the table show the same changes', async () => {
    await until('changes that were measured', async () => (await agent.snapshot()).overview.lag_24h.samples >= 3);
    const page = await stage.open(agent, '#/latency');
    await heading(page, /Half of all changes are applied within/);
    await page.getByText(/all calendars, \d+ change/).waitFor();
    await page.getByRole('radio', { name: 'Heatmap' }).click();
    await page.getByText('few to many changes').waitFor();
    await stage.photograph(page, 'latency-heat');
    await page.getByRole('radio', { name: 'Table' }).click();
    await page.getByRole('region', { name: 'Sync latency as a table' }).getByRole('row').nth(1).waitFor();
    await page.getByLabel('against the period before').check();
    await page.getByRole('columnheader', { name: 'p50 before' }).waitFor();
    await stage.photograph(page, 'latency-table');
    const { bytes } = await saved(page, () => page.getByRole('button', { name: 'Save CSV' }).click());
    assert.match(bytes.toString('utf8'), /^\uFEFFFrom \(UTC\),Changes,p50 ms,/);
    await page.getByRole('radio', { name: 'Band' }).click();
    await page.getByText('p50 before').waitFor();
    await stage.photograph(page, 'latency-compared');
    const picture = await saved(page, () => page.getByRole('button', { name: 'Save PNG' }).click());
    assert.equal(picture.bytes.subarray(1, 4).toString(), 'PNG');
    assert.ok(picture.bytes.length > 5000, `${picture.bytes.length} bytes`);
    await page.context().close();
  });

  await stage.story('latency: by keys, a point is read aloud, and plus and minus zoom', async () => {
    const page = await stage.open(agent, '#/latency');
    await heading(page, /Half of all changes/);
    const chart = page.getByRole('group', { name: /Sync latency of all calendars/ });
    await chart.focus();
    await page.keyboard.press('End');
    const spoken = chart.locator('[aria-live]');
    await until('a spoken line', async () =>
      /^.*\d\d:\d\d: (p50 .* \d+ changes?|no change)$/.test(await spoken.textContent()),
    );
    await page.keyboard.press('+');
    await page.getByRole('button', { name: /^Back to/ }).waitFor();
    await page.keyboard.press('t');
    await page.getByRole('button', { name: /^Back to/ }).waitFor({ state: 'detached' });
    await page.context().close();
  });

  await stage.story('latency: dragging zooms, and any other time can be typed', async () => {
    const page = await stage.open(agent, '#/latency');
    await heading(page, /Half of all changes/);
    const box = await page.locator('.u-over').boundingBox();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 60);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.7, box.y + 60, { steps: 5 });
    await page.mouse.up();
    const back = page.getByRole('button', { name: /^Back to/ });
    await back.waitFor();
    await stage.photograph(page, 'latency-zoomed');
    await back.click();
    await page.getByRole('button', { name: 'Custom…' }).click();
    await page.getByLabel('From', { exact: true }).fill('2026-01-02T00:00');
    await page.getByLabel('To', { exact: true }).fill('2026-01-03T00:00');
    await stage.photograph(page, 'latency-custom');
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await heading(page, 'No change was measured then.');
    await page.context().close();
  });
}
