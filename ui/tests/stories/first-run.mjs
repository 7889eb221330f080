// From an agent that knows no receiver to a paired one, and a receiver of this computer's own.
import assert from 'node:assert/strict';
import { startAgent } from '../world.mjs';
import { heading } from './rows.mjs';

export async function firstRun({ stage, world }) {
  await stage.story('first run: a wrong code is refused in words, the right one opens the overview', async () => {
    const agent = await startAgent();
    const page = await stage.open(agent);
    await heading(page, 'Where is your receiver?');
    await stage.photograph(page, 'first-run');
    await page.getByLabel('Address').fill(world.receiver);
    await page.getByLabel('Pairing code').fill('AAAAA-AAAAA');
    await page.keyboard.press('Enter');
    const refusal = await page.getByRole('alert').textContent();
    assert.match(refusal, /code/i);
    await stage.photograph(page, 'first-run-refused');
    await page.getByLabel('Pairing code').fill(world.code('viewer'));
    await page.keyboard.press('Enter');
    await heading(page, /calendars are live/);
    assert.equal(
      await page
        .getByRole('button', { name: /^Renew/ })
        .first()
        .isDisabled(),
      true,
      'a viewer may not renew',
    );
    await page.context().close();
  });

  await stage.story('first run: a receiver on this computer is empty, polls, and says so', async () => {
    const agent = await startAgent();
    const page = await stage.open(agent);
    await page.getByRole('button', { name: 'Run a receiver here' }).click();
    await heading(page, /No calendar|no calendar/);
    await stage.photograph(page, 'overview-empty');
    await page.getByRole('button', { name: 'Connect Google' }).first().click();
    await page.getByText('No clinic yet.').waitFor();
    await stage.photograph(page, 'clinics-empty');
    await page.context().close();
  });
}
