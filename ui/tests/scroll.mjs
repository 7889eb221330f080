// Measures how smoothly ten thousand rows scroll: `npm run scroll`. Prints figures, judges nothing.
import { chromium } from 'playwright-core';
import { serve } from './fixture-server.mjs';

const SECONDS = 4;
const server = await serve({ count: 10_000, mode: 'rough' });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 832 } });
await page.goto(`${server.url}/#/overview`);
await page.locator('.row').first().waitFor();
for (const [name, px] of [
  ['wheel, 120 px a frame', 120],
  ['flung, 2,000 px a frame', 2000],
]) {
  const session = await page.context().newCDPSession(page);
  // The page's own thread: what else runs on the machine does not count.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const cost = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map((metric) => [metric.name, metric.value]));
  };
  const before = await cost();
  const frames = await page.locator('.viewport').evaluate(
    async (node, [by, ms]) => {
      node.scrollTop = 0;
      const times = [];
      const end = performance.now() + ms;
      let last = await new Promise(requestAnimationFrame);
      let down = by;
      while (performance.now() < end) {
        if (node.scrollTop + node.clientHeight >= node.scrollHeight - 1) down = -by;
        if (node.scrollTop <= 0) down = by;
        node.scrollTop += down;
        const now = await new Promise(requestAnimationFrame);
        times.push(now - last);
        last = now;
      }
      return times;
    },
    [px, SECONDS * 1000],
  );
  const after = await cost();
  const sorted = frames.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(1);
  const each = (metric) => (((after[metric] - before[metric]) * 1000) / frames.length).toFixed(2);
  const slow = frames.filter((ms) => ms > 32).length;
  process.stdout.write(
    `${name}: ${(frames.length / SECONDS).toFixed(0)} frames/s, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, worst ${at(1)} ms, ` +
      `${slow} over 32 ms; per frame: script ${each('ScriptDuration')} ms, style ${each('RecalcStyleDuration')} ms, ` +
      `layout ${each('LayoutDuration')} ms; ${await page.locator('.row').count()} rows drawn\n`,
  );
}
await browser.close();
server.stop();
