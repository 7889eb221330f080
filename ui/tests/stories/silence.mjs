// The receiver can't be reached: the last state stays, greyed and dated, and heals by itself.
import { heading } from './rows.mjs';

export async function silence({ stage, wire, agent }) {
  await stage.story(
    'a silent receiver greys the last known state and says since when; it heals by itself',
    async () => {
      const page = await stage.open(agent);
      await heading(page, /calendars are live/);
      wire.cut();
      await page
        .getByText(/can't be reached|can’t be reached/)
        .first()
        .waitFor();
      await stage.photograph(page, 'overview-offline');
      await page.evaluate(() => (location.hash = '#/receiver'));
      await heading(page, /unsteady|silent/);
      await stage.photograph(page, 'receiver-offline');
      wire.mend();
      await page.getByText('Receiver connected').waitFor({ timeout: 60_000 });
      await page.context().close();
    },
  );

  await stage.story('a lost way to the agent greys the last state and heals', async () => {
    const page = await stage.open(agent);
    await heading(page, /calendars are live/);
    await page.route('**/rpc', (route) => route.abort());
    await page.evaluate(() => window.dispatchEvent(new Event('focus')));
    await agent.ask({ call: 'set_settings', settings: { theme: 'system', notifications: true, zone: 'clinic' } });
    await page.getByText('Agent not answering').waitFor();
    await page.unroute('**/rpc');
    await page.getByText('Receiver connected').waitFor({ timeout: 20_000 });
    await page.context().close();
  });
}
