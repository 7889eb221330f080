// The record: what happened, who did what, and taking it along.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { go, heading } from './rows.mjs';

/** Presses the button and reads the file that the window says it saved. */
export async function saved(page, press) {
  await press();
  const note = page.locator('.message', { hasText: 'Saved.' });
  await note.waitFor();
  const path = (await note.locator('p').textContent()).trim();
  await note.getByRole('button', { name: 'Close' }).click();
  return { path, bytes: readFileSync(path) };
}

export async function record({ stage, agent }) {
  await stage.story('record: the biography is filtered by kind, time and words, and saved as a table', async () => {
    const page = await stage.open(agent, '#/activity');
    await heading(page, 'What happened');
    const lines = page.getByRole('region', { name: 'Entries' }).getByRole('listitem');
    await lines.first().waitFor();
    await page.getByRole('radio', { name: 'Channels' }).click();
    await page.getByRole('radio', { name: '24 h' }).click();
    await page.getByLabel('Filter the activity').fill('riverside proved');
    await lines.first().waitFor();
    for (const line of await lines.allTextContents()) assert.match(line, /Riverside Imaging.*proved/);
    await stage.photograph(page, 'activity-filtered');
    const shown = await lines.count();
    const { path, bytes } = await saved(page, () => page.getByRole('button', { name: 'Save CSV' }).click());
    assert.match(path, /downloads\/Syncward activity \d{4}-\d\d-\d\d\.csv$/);
    const table = bytes.toString('utf8').trimEnd().split('\r\n');
    assert.equal(table[0], '\uFEFFTime (UTC),Calendar,What,Detail,Result');
    assert.equal(table.length - 1, shown);
    await page.getByLabel('Filter the activity').fill('nothing of the kind');
    await page.getByText('No entry matches.').waitFor();
    await page.context().close();
  });

  await stage.story('record: who did what stands in a chain that is verified', async () => {
    const page = await stage.open(agent, '#/activity');
    const link = await agent.link('Riverside Imaging · MRI');
    await agent.ask({ call: 'sync', link_id: link.id });
    await page.getByRole('radio', { name: 'Who did what' }).click();
    await page.getByText(/All \d+ entries are as they were written, and none is missing/).waitFor();
    await page
      .getByRole('row', { name: /synced Riverside Imaging · MRI done/ })
      .first()
      .waitFor();
    await stage.photograph(page, 'audit-trail');
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText(/Verified \d\d:\d\d/).waitFor();
    const { bytes } = await saved(page, () => page.getByRole('button', { name: 'Save CSV' }).click());
    assert.match(bytes.toString('utf8'), /synced,Riverside Imaging · MRI,done,[0-9a-f]{64}/);
    await go(page, '#/overview');
    await page.context().close();
  });
}
