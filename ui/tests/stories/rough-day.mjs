// Everything that can be wrong at once, brought about at Google.
import assert from 'node:assert/strict';
import { go, heading, row } from './rows.mjs';
import { until } from '../world.mjs';

export async function roughDay({ stage, world, agent }) {
  const fault = (link, action, operation = 'events.watch') =>
    world.sim('POST', '/faults', { match: { operation, calendar: link.google_calendar_id }, action });
  const state = async (text, ...wanted) =>
    until(`${text} ${wanted}`, async () => wanted.includes((await agent.link(text)).state));
  const renew = (link) => agent.ask({ call: 'renew', link_id: link.id });
  /** A further calendar of an account, with a rule at Google that waits for it. */
  async function calendar(like, name, action) {
    const known = await agent.link(like);
    const made = await world.sim('POST', '/calendars', { account: known.account, summary: name });
    const rule = await fault({ google_calendar_id: made.id }, action);
    await agent.ask({
      call: 'add_link',
      clinic_id: known.clinic_id,
      grant_id: known.grant_id,
      google_calendar_id: made.id,
    });
    return { made, rule };
  }

  await stage.story('rough: a silent handshake is Unproved, a lease that runs out is Expired', async () => {
    await calendar('Elm Veterinary · surgery', 'night shift', { kind: 'silent_handshake' });
    const { rule } = await calendar('Riverside Imaging · MRI', 'mobile unit', { kind: 'shorten', ttl_s: 4 });
    await until('its first channel', async () => (await agent.link('mobile unit'))?.channel);
    await world.sim('DELETE', `/faults/${rule.id}`);
    await fault(await agent.link('mobile unit'), { kind: 'refuse', status: 503, reason: 'backendError' });
    await state('night shift', 'unproved');
    await state('mobile unit', 'expired', 'polling');
  });

  await stage.story('rough: a mass of cancellations is held until a person decides', async () => {
    const link = await agent.link('Northside Family · Dr. B calendar');
    const calendar = encodeURIComponent(link.google_calendar_id);
    const { items } = await world.sim('GET', `/calendars/${calendar}/events`);
    const gone = items.filter((event) => event.status !== 'cancelled' && !event.recurrence);
    await world.sim('POST', '/trickle', { every_ms: 0 });
    // One listing must see them all at once, as after a person emptied the calendar while nothing was listed.
    await agent.ask({ call: 'pause', link_id: link.id });
    await state('Dr. B calendar', 'paused');
    for (const event of gone) await world.sim('DELETE', `/calendars/${calendar}/events/${event.id}`);
    await agent.ask({ call: 'resume', link_id: link.id });
    await until('cancellations held', async () => (await agent.link('Dr. B calendar')).held_cancellations > 0);
  });

  await stage.story('rough: a renewal that keeps failing is late, a pause is a pause', async () => {
    const late = await agent.link('Elm Veterinary · exam rooms');
    await fault(late, { kind: 'refuse', status: 403, reason: 'rateLimitExceeded' });
    await renew(late);
    const paused = await agent.link('Lakeview Paediatrics · vaccination');
    await agent.ask({ call: 'pause', link_id: paused.id });
    await state('vaccination', 'paused');
    await world.sim('POST', '/accounts/booking@riversideimaging.example/revoke', {});
    const lost = await agent.link('Riverside Imaging · X-ray');
    await until('a lost consent', async () => {
      await world.sim('POST', '/accounts/booking@riversideimaging.example/expire-access-tokens', {});
      await agent.ask({ call: 'sync', link_id: lost.id }).catch(() => undefined);
      return (await agent.link('X-ray')).state === 'reconnect_needed';
    });
  });

  await stage.story('rough: an appointment that Google has long not taken is Unsent', async () => {
    const link = await agent.link('Oak Street Dental · hygiene');
    await fault(link, { kind: 'refuse', status: 503, reason: 'backendError' }, 'events.insert');
    await world.book(link, 'Check-up');
    await until('an edit that waits', async () => (await agent.link('hygiene')).outbound?.failure);
    const later = await stage.open(agent, `#/channels/${link.id}`);
    // Half an hour later on this computer.
    await later.clock.install({ time: Date.now() + 30 * 60_000 });
    await later.reload();
    await later.getByText('Unsent').first().waitFor();
    await later.getByText(/1 edit of the clinic’s system has waited/).waitFor();
    await stage.photograph(later, 'channel-unsent');
    await later.context().close();
  });

  const page = await stage.open(agent);
  for (const [name, hash, title] of [
    ['overview-rough', '#/overview', /calendars are live/],
    ['channels-rough', '#/channels', /calendars watched/],
    ['alerts-rough', '#/alerts', /needs? a look/],
    ['clinics-rough', '#/clinics', /must be reconnected/],
    ['activity-rough', '#/activity', 'What happened'],
  ]) {
    await stage.story(`picture: ${name}`, async () => {
      await go(page, hash);
      await heading(page, title);
      await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
      await stage.photograph(page, name);
    });
  }
  for (const which of ['night shift', 'mobile unit', 'Dr. B calendar', 'exam rooms']) {
    await stage.story(`picture: channel of ${which}`, async () => {
      const link = await agent.link(which);
      await go(page, `#/channels/${link.id}`);
      await heading(page, which);
      await page.getByText('Loading…').first().waitFor({ state: 'hidden' });
      if (which === 'exam rooms') await page.getByText(/\d attempts? failed(; the next is at \d\d:\d\d)?\./).waitFor();
      await stage.photograph(page, `channel-rough-${which.replace(/\W+/g, '-').toLowerCase()}`);
    });
  }
  await stage.story('rough: the worst rows stand first', async () => {
    await go(page, '#/overview');
    const states = await page.locator('.row').evaluateAll((rows) => rows.map((one) => one.dataset.state));
    assert.ok(states.indexOf('live') > states.indexOf('reconnect_needed'), states.join(' '));
    await row(page, 'night shift').first().waitFor();
  });
  await stage.story('rough: what is held is kept when a person says so', async () => {
    const link = await agent.link('Northside Family · Dr. B calendar');
    await go(page, `#/channels/${link.id}`);
    const held = page.getByRole('region', { name: 'Held cancellations' });
    await held.getByText(/Google cancelled \d+ appointments at once/).waitFor();
    await held.getByRole('button', { name: 'Keep them' }).click();
    await held.waitFor({ state: 'detached' });
    await until('nothing held', async () => (await agent.link('Dr. B calendar')).held_cancellations === 0);
  });
  await page.context().close();
}
