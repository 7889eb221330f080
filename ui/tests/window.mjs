// The window over the real agent, receiver and simulator, in Debian's Chromium: what a click or a key does, and how
// every screen looks.
//   npm run window                  all stories
//   npm run window -- renew keys    those whose name has one of the words
import { openStage } from './stage.mjs';
import { endAll, startAgent, startWire, startWorld, until } from './world.mjs';
import { certificates } from './stories/certificates.mjs';
import { citizen } from './stories/citizen.mjs';
import { firstRun } from './stories/first-run.mjs';
import { goodDay } from './stories/good-day.mjs';
import { hands } from './stories/hands.mjs';
import { keyboard } from './stories/keyboard.mjs';
import { latency } from './stories/latency.mjs';
import { pages } from './stories/pages.mjs';
import { receiver } from './stories/receiver.mjs';
import { record } from './stories/record.mjs';
import { roughDay } from './stories/rough-day.mjs';
import { several } from './stories/several.mjs';
import { states } from './stories/states.mjs';
import { tasks } from './stories/tasks.mjs';
import { tasksOfReading } from './stories/tasks-reading.mjs';
import { tipsByKeys } from './stories/tips.mjs';
import { silence } from './stories/silence.mjs';
import { banners } from './stories/banners.mjs';
import { crowd } from './stories/crowd.mjs';
import { alerts, silentAlerts } from './stories/alerts.mjs';

const began = Date.now();
const stage = await openStage();
let failed = 1;
try {
  const world = await startWorld();
  const wire = await startWire(world.receiver);
  const agent = await startAgent(['--receiver', wire.url, '--code', world.code('admin')]);
  stage.hear(agent);
  await until('thirteen calendars', async () => (await agent.snapshot()).links.length === 13);
  await until('a withdrawn consent that is noticed', async () => {
    await world.sim('POST', '/accounts/hello@harbourphysio.example/expire-access-tokens', {});
    const lost = await agent.link('Harbour Physio · appointments');
    if (lost.state !== 'reconnect_needed') await agent.ask({ call: 'sync', link_id: lost.id }).catch(() => undefined);
    return lost.state === 'reconnect_needed';
  });
  const set = { stage, world, wire, agent };
  const chapters = [
    firstRun,
    certificates,
    goodDay,
    keyboard,
    tipsByKeys,
    record,
    citizen,
    receiver,
    latency,
    pages,
    hands,
    alerts,
    tasks,
    tasksOfReading,
    roughDay,
    several,
    states,
    silence,
    silentAlerts,
    crowd,
    banners,
  ];
  for (const chapter of chapters) await chapter(set);
  wire.end();
  failed = await stage.finish();
} catch (error) {
  process.stdout.write(`${error.stack}\n`);
} finally {
  await endAll();
}
process.stdout.write(`${Math.round((Date.now() - began) / 1000)} s\n`);
process.exit(failed > 0 ? 1 : 0);
