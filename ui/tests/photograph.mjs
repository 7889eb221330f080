// Photographs every screen, light and dark, and asks axe for violations.
//   npm run photograph                       over the invented agent
//   AGENT='http://127.0.0.1:PORT/?token=…' npm run photograph   over a real one, as syncward-agent prints it
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { serve } from './fixture-server.mjs';

const out = process.env.PHOTOGRAPHS ?? fileURLToPath(new URL('../../artifacts/ui/', import.meta.url));
const only = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LINK = '00000000-0000-4000-8000-000000001001';
const at = (hours) => new Date(Date.now() - hours * 3_600_000).toISOString();

const offline = (snapshot) => {
  Object.assign(snapshot.connection, {
    status: 'offline',
    message: 'The receiver has been silent for 12 min.',
    round_trip_ms: null,
    retry_at: new Date(Date.now() + 45_000).toISOString(),
  });
  snapshot.as_of = at(0.2);
};
const unpaired = (snapshot) => {
  Object.assign(snapshot.connection, {
    status: 'unpaired',
    receiver: null,
    version: null,
    role: null,
    round_trip_ms: null,
    message: 'No receiver is known yet.',
  });
  Object.assign(snapshot, { overview: null, links: [], clinics: [], grants: [], alerts: [], as_of: null });
};
const empty = (snapshot) => {
  Object.assign(snapshot, { links: [], clinics: [], grants: [], alerts: [] });
  Object.assign(snapshot.overview, {
    sentence: 'No calendar is connected yet.',
    detail: 'Connect a clinic’s Google account to begin.',
    counts: {
      total: 0,
      live: 0,
      due: 0,
      renewing: 0,
      unproved: 0,
      polling: 0,
      expired: 0,
      reconnect_needed: 0,
      paused: 0,
    },
  });
  Object.assign(snapshot.overview.delivery_24h, { rate: null, changes: 0, missed_changes: 0 });
  Object.assign(snapshot.overview.lag_24h, { p50_ms: null, p95_ms: null, p99_ms: null, samples: 0 });
  Object.assign(snapshot.overview.coverage_30d, { rate: null, link_days: 0 });
};

/** name, address, fixture options, and what to do before the picture. */
const shots = [
  ['overview', '#/overview', { mode: 'good' }],
  ['overview-rough', '#/overview', { mode: 'rough' }],
  [
    'overview-renewing',
    '#/overview',
    { mode: 'good', stepMs: 500 },
    async (page) => {
      await page.locator('.row button').nth(1).click();
      await page
        .waitForSelector('[aria-current="step"]:has-text("overlapping")', { timeout: 5000 })
        .catch(() => undefined);
    },
  ],
  ['overview-offline', '#/overview', { mode: 'good', adjust: offline }],
  ['overview-empty', '#/overview', { mode: 'good', adjust: empty }],
  ['overview-huge', '#/overview', { mode: 'rough', count: 10_000 }],
  [
    'test-delivery',
    '#/overview',
    { mode: 'good' },
    (page) => page.getByRole('button', { name: 'Test delivery' }).click(),
  ],
  ['overview-small', '#/overview', { mode: 'rough' }, (page) => page.setViewportSize({ width: 720, height: 600 })],
  [
    'channel-small',
    `#/channels/${LINK}`,
    { mode: 'good' },
    (page) => page.setViewportSize({ width: 720, height: 600 }),
  ],
  ['channels', '#/channels', { mode: 'rough' }],
  ['channel', `#/channels/${LINK}`, { mode: 'good' }],
  ['channel-polling', '#/channels/00000000-0000-4000-8000-000000001000', { mode: 'good' }],
  ['latency', '#/latency', { mode: 'good' }],
  ['alerts', '#/alerts', { mode: 'rough' }],
  ['clinics', '#/clinics', { mode: 'rough' }],
  ['connect', '#/clinics?connect=00000000-0000-4000-8000-000000000001', { mode: 'good' }],
  ['activity', '#/activity', { mode: 'good' }],
  ['receiver', '#/receiver', { mode: 'good' }],
  ['settings', '#/settings', { mode: 'good' }],
  ['first-run', '#/overview', { mode: 'good', adjust: unpaired }],
];

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
let failures = 0;

async function photograph(name, url, colorScheme, act) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 832 }, colorScheme, reducedMotion: 'reduce' });
  const problems = [];
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('console', (message) => message.type() === 'error' && problems.push(`console: ${message.text()}`));
  // WebKit reports "C" under LANG=C.UTF-8; the page must live with it.
  await page.addInitScript(() =>
    Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C', configurable: true }),
  );
  await page.goto(url);
  await page.waitForSelector('h1, h2');
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(350);
  if (act) await act(page);
  await page.waitForTimeout(150);
  await page.screenshot({ path: `${out}/${name}-${colorScheme}.png` });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  for (const violation of violations) {
    for (const node of violation.nodes.slice(0, 3))
      problems.push(`axe ${violation.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`);
  }
  await page.close();
  failures += problems.length;
  process.stdout.write(
    `${problems.length === 0 ? 'ok  ' : 'BAD '} ${name} ${colorScheme}\n${problems.map((line) => `      ${line}\n`).join('')}`,
  );
}

/** The real agent's screens: every one that needs no invented state, and one channel of its own. */
async function realShots(address) {
  const { origin, searchParams } = new URL(address);
  const answer = await fetch(`${origin}/rpc`, {
    method: 'POST',
    headers: { authorization: `Bearer ${searchParams.get('token')}` },
    body: '{"call":"snapshot"}',
  });
  const links = (await answer.json()).ok?.value.links ?? [];
  const own = ['live', 'due', 'polling', 'reconnect_needed'].flatMap(
    (state) => links.find((link) => link.state === state) ?? [],
  );
  const screens = ['overview', 'channels', 'latency', 'alerts', 'clinics', 'activity', 'receiver', 'settings'].map(
    (name) => [name, `#/${name}`],
  );
  return [...screens, ...own.map((link) => [`channel-${link.state}`, `#/channels/${link.id}`])];
}

const agent = process.env.AGENT;
for (const [name, hash, options, act] of agent ? await realShots(agent) : shots) {
  if (only.length > 0 && !only.includes(name)) continue;
  for (const colorScheme of ['light', 'dark']) {
    if (agent) {
      await photograph(`real-${name}`, `${agent}${hash}`, colorScheme, null);
      continue;
    }
    const server = await serve(options);
    await photograph(name, `${server.url}/${hash}`, colorScheme, act);
    server.stop();
  }
}
await browser.close();
process.exitCode = failures > 0 ? 1 : 0;
