// From the press on "30 days" to the drawn latency, over a receiver that holds a month: `npm run pixels -- FOLDER`. Prints
// figures, judges nothing. FOLDER is what the receiver's load bench leaves:
//
//   cargo bench -p syncward-receiver --bench load -- questions --changes-a-day 34 --keep FOLDER
//   cargo build --release -p syncward-receiver -p syncward-agent --bins
//   SYNCWARD_TEST_BINARIES=target/release npm --prefix ui run pixels -- FOLDER
import { chromium } from 'playwright-core';
import { endAll, startAgent, startOver, until } from './world.mjs';

const TIMES = 21;
const receiver = await startOver(process.argv[2]);
const agent = await startAgent(['--receiver', receiver.address, '--code', receiver.code()]);
await until('a paired agent', async () => (await agent.snapshot()).links.length > 0);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 832 } });
await page.goto(agent.entry);
await page.evaluate(() => (location.hash = '#/latency'));
await page.locator('canvas').first().waitFor();

/** Presses a range and waits until the page tells another number of changes and two more frames were drawn. */
const press = (label) =>
  page.evaluate(async (words) => {
    const told = () => document.querySelector('main section .note')?.textContent ?? '';
    const frame = () => new Promise(requestAnimationFrame);
    const button = [...document.querySelectorAll('main [role=radio]')].find((one) => one.textContent.trim() === words);
    const before = told();
    const began = performance.now();
    button.click();
    while (told() === before) await frame();
    await frame();
    await frame();
    return { ms: performance.now() - began, told: told() };
  }, label);

for (const sight of ['Band', 'Heatmap']) {
  await page.getByRole('radio', { name: sight }).click();
  const took = [];
  let told = '';
  for (let time = 0; time < TIMES; time += 1) {
    await press('24 h');
    const seen = await press('30 d');
    took.push(seen.ms);
    told = seen.told;
  }
  took.sort((a, b) => a - b);
  process.stdout.write(
    `${sight}, ${told}: p50 ${took[TIMES >> 1].toFixed(0)} ms, slowest of ${TIMES} ${took.at(-1).toFixed(0)} ms\n`,
  );
}
await browser.close();
await endAll();
