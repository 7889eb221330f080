// Alerts that come while the window is looked at. Only the desktop's shell knows of eyes, so this one agent is invented.
import assert from 'node:assert/strict';
import { serve } from '../fixture-server.mjs';

export async function banners({ stage }) {
  await stage.story(
    'an alert that comes while somebody looks is a banner, until it is read or acted upon',
    async () => {
      const told =
        (id, severity) =>
        ({ alerts }) => {
          const { title, body } = alerts.find((one) => one.id === id);
          return { id: `banner-${id}`, incident: id, title, body, severity };
        };
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
}
