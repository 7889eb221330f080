// Receivers and trust: those that sign for themselves, where a person compares a fingerprint once, and again when the certificate changed.
import assert from 'node:assert/strict';
import { startAgent, startOwnSigned } from '../world.mjs';
import { heading } from './rows.mjs';

/** As the window and the receiver write it. */
const grouped = (hex) => hex.toUpperCase().match(/.{4}/g).join(' ');

export async function certificates({ stage, agent: live }) {
  await stage.story('certificates: compared once, and again when it is another one', async () => {
    const receiver = await startOwnSigned();
    const agent = await startAgent();
    const page = await stage.open(agent);
    await heading(page, 'Where is your receiver?');
    await page.getByLabel('Address').fill(receiver.address);
    await page.getByLabel('Pairing code').fill(receiver.pair().code);
    await page.keyboard.press('Enter');
    const compare = page.getByRole('alert');
    await compare.getByText(grouped(receiver.fingerprint)).waitFor();
    await stage.photograph(page, 'pair-compare');
    await page.getByRole('button', { name: 'They are the same: accept' }).click();
    await page.getByRole('dialog').getByRole('heading', { name: 'New clinic' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('link', { name: 'Receiver', exact: true }).click();
    await page.getByRole('main').getByText(grouped(receiver.fingerprint)).waitFor();
    await page.getByRole('button', { name: 'Copy fingerprint of' }).click();
    await page.getByText('Fingerprint copied').waitFor();
    await page
      .getByRole('main')
      .getByText(/^\d+ \w{3}, in \d+ d/)
      .waitFor();
    await stage.photograph(page, 'receiver-pinned');

    const was = receiver.fingerprint;
    const now = await receiver.rotate();
    assert.notEqual(was, now);
    await page.getByText('shows another certificate').first().waitFor();
    await stage.photograph(page, 'certificate-changed');
    await page.getByRole('button', { name: 'Compare…' }).click();
    await compare.getByText(grouped(was)).waitFor();
    await compare.getByText(grouped(now)).waitFor();
    await stage.photograph(page, 'certificate-compare');
    await page.getByRole('button', { name: 'They are the same: accept' }).click();
    await page.getByText('Receiver connected').waitFor();
    await page.context().close();
  });

  await stage.story('certificates: a link whose key is another sends no code', async () => {
    const receiver = await startOwnSigned();
    const agent = await startAgent();
    const { link, code } = receiver.pair();
    const now = await receiver.rotate();
    await agent.ask({ call: 'follow_link', link });
    const page = await stage.open(agent);
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Connect to the receiver' }).click();
    await dialog.getByText(grouped(now)).waitFor();
    assert.equal(await dialog.getByRole('button', { name: /accept/ }).count(), 0, 'nothing to accept');
    assert.equal(await dialog.getByRole('button', { name: 'Leave it' }).count(), 0, 'one way out');
    await stage.photograph(page, 'link-other-key');
    await dialog.getByRole('button', { name: 'Not now' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.context().close();
    // The code was sent to nobody, so it is still good.
    await agent.ask({ call: 'pair', address: receiver.address, code, pin: now });
  });

  await stage.story('certificates: a receiver of a newer version is named with what to update', async () => {
    const page = await stage.open(live);
    // The receivers here are all of this version: only what the agent makes of another is put in.
    await page.route('**/rpc', async (route) => {
      const response = await route.fetch();
      const body = await response.json();
      if (body.ok?.kind === 'snapshot') {
        Object.assign(body.ok.value.connection, { version: '9.0.0', fit: 'newer_receiver' });
      }
      await route.fulfill({ response, json: body });
    });
    await page.reload();
    await page.getByText('The receiver (9.0.0) is newer than this app').waitFor();
    await stage.photograph(page, 'receiver-newer');
    // A question may be on its way.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
    await page.context().close();
  });
}
