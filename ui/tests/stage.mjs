// A browser for the window's tests: stories that pass or fail, photographs in every size and colour, axe over each.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { openSheet } from './sheet.mjs';

const out = process.env.PHOTOGRAPHS ?? fileURLToPath(new URL('../../artifacts/ui/', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [
  { width: 1280, height: 832 },
  { width: 1024, height: 700 },
];
/** A display at 150 %: the same window, and the smallest there is. */
const SIZES_150 = [
  { width: 853, height: 555 },
  { width: 720, height: 480 },
];
const only = process.argv.slice(2);

/** Opens Debian's Chromium; `finish` closes it and says how many stories failed. */
export async function openStage() {
  mkdirSync(out, { recursive: true });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
  const failed = [];
  const sheet = openSheet(out);
  let pictures = 0;
  /** What the agent knew when a story failed; set by who starts it. */
  let witness = async () => '';

  /** A window of its own on the agent; `errors` collects what the page complains about. */
  async function open(agent, hash = '#/overview', viewport = SIZES[0], timezoneId = undefined) {
    return enter(await blank({ viewport, timezoneId }), agent, hash);
  }

  /** The same on a display at 150 %. */
  async function open150(agent, hash) {
    const page = await blank({ viewport: SIZES_150[0], deviceScaleFactor: 1.5 });
    page.sizes = SIZES_150;
    return enter(page, agent, hash);
  }

  async function enter(page, agent, hash) {
    await page.goto(agent.entry);
    await page.goto(`${agent.origin}/${hash}`);
    await page.locator('h1, h2').first().waitFor();
    return page;
  }

  async function blank(options) {
    const context = await browser.newContext({ ...options, colorScheme: 'light', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.errors = [];
    page.on('pageerror', (error) => page.errors.push(`error: ${error.message}`));
    page.on('console', (message) => message.type() === 'error' && page.errors.push(`console: ${message.text()}`));
    // WebKit reports "C" under LANG=C.UTF-8; the page must live with it.
    await page.addInitScript(() =>
      Object.defineProperty(Navigator.prototype, 'language', { get: () => 'C', configurable: true }),
    );
    return page;
  }

  /** One thing that the window must do; goes on with the next when it fails. */
  async function story(name, act) {
    if (only.length > 0 && !only.some((words) => name.includes(words))) return;
    const began = Date.now();
    try {
      await act();
      process.stdout.write(`ok   ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)\n`);
    } catch (error) {
      failed.push(name);
      const words = String(error.stack ?? error)
        .split('\n')
        .slice(0, 12)
        .join('\n     ');
      const seen = await witness().catch((silence) => String(silence));
      process.stdout.write(`BAD  ${name}\n     ${words}\n     ${seen}\n`);
    }
  }

  /** Pictures of what the page shows now, light and dark, in both sizes; throws on a violation or a page error. */
  async function photograph(page, name) {
    await page.evaluate(() => document.fonts.ready);
    const problems = [];
    const sizes = page.sizes ?? SIZES;
    for (const size of sizes) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        // Two frames: one to lay out, one for the charts that redraw after it.
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        const file = `${name}-${size.width}-${colorScheme}.png`;
        await page.screenshot({ path: `${out}/${file}` });
        pictures += 1;
        const found = await judge(page);
        sheet.add(name, file, found);
        problems.push(...found.map((line) => `${name} ${size.width} ${colorScheme}: ${line}`));
      }
    }
    await page.setViewportSize(sizes[0]);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    problems.push(...page.errors.splice(0));
    if (problems.length > 0) throw new Error(problems.join('\n'));
  }

  /** What axe finds, and a page that is wider than its window or goes on after its end. */
  async function judge(page) {
    if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    const found = violations.flatMap((violation) =>
      violation.nodes
        .slice(0, 3)
        .map((node) => `axe ${violation.id}: ${node.target.join(' ')} ${node.failureSummary?.split('\n')[1] ?? ''}`),
    );
    const wide = await page.evaluate(() => {
      const root = document.scrollingElement;
      return root.scrollWidth > root.clientWidth ? root.scrollWidth - root.clientWidth : 0;
    });
    if (wide > 0) found.push(`the page is ${wide} px wider than the window`);
    const beyond = await page.evaluate(() => {
      const main = document.querySelector('main');
      if (!main || main.scrollHeight <= main.clientHeight) return 0;
      const { paddingBottom } = getComputedStyle(main);
      const covered = parseFloat(getComputedStyle(main).getPropertyValue('--covered')) || 0;
      const top = main.getBoundingClientRect().top - main.scrollTop;
      const end = Math.max(...[...main.children].map((child) => child.getBoundingClientRect().bottom)) - top;
      return Math.round(main.scrollHeight - end - parseFloat(paddingBottom) - covered);
    });
    if (beyond > 0) found.push(`the page goes on for ${beyond} px after what stands on it`);
    return found;
  }

  async function finish() {
    await browser.close();
    const unseen = sheet.write();
    process.stdout.write(`${pictures} photographs in ${out}, listed in states.html\n`);
    // Only a whole run can have reached every state.
    if (only.length === 0) failed.push(...unseen.map((state) => `no photograph of ${state}`));
    if (failed.length > 0) process.stdout.write(`failed: ${failed.join('; ')}\n`);
    return failed.length;
  }

  const hear = (agent) => (witness = agent.summary);

  return { browser, out, open, open150, story, photograph, hear, finish };
}
