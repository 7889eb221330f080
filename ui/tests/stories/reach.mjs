// A hand that has no mouse: Tab until what is wanted has the focus, and a look at where the focus is.
import assert from 'node:assert/strict';
import { until } from '../world.mjs';

/** More presses than any screen has places to stop at. */
const MOST_STOPS = 90;

/** Presses the keys one after the other, each a name of Playwright's. */
export async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.press(key);
}

const focused = (wanted) => wanted.evaluate((node) => node === document.activeElement);

/** Where the focus is, in words. */
const whereabouts = (page) =>
  page.evaluate(() => {
    const node = document.activeElement;
    return `${node.tagName.toLowerCase()} “${(node.getAttribute('aria-label') ?? node.textContent).trim().slice(0, 50)}”`;
  });

/** That a person who looks at the screen sees the focus on it. */
async function assertSeen(wanted) {
  const seen = await wanted.evaluate((node) => {
    const drawn = (style) => style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    return (
      node.matches(':focus-visible') && (drawn(getComputedStyle(node)) || drawn(getComputedStyle(node, '::after')))
    );
  });
  assert.ok(seen, `no focus ring on ${wanted}`);
}

/** Goes to it by Tab, or by Shift+Tab; fails when a whole round doesn't come by. */
export async function reach(page, wanted, key = 'Tab') {
  await wanted.waitFor();
  for (let stop = 0; stop <= MOST_STOPS; stop += 1) {
    if (await focused(wanted)) return assertSeen(wanted);
    await page.keyboard.press(key);
  }
  assert.fail(`${key} does not come to ${wanted}; it is at ${await whereabouts(page)}`);
}

/** Goes to it by Tab and presses the key on it, once it can be pressed. */
export async function use(page, wanted, key = 'Enter') {
  await reach(page, wanted);
  await until(`${wanted} to be free`, () => wanted.isEnabled());
  await page.keyboard.press(key);
}

/** That the focus is there by itself, such as back where a dialog was opened. */
export async function holdsFocus(page, wanted) {
  await until(`the focus on ${wanted}`, () => focused(wanted), 5000).catch(async (error) => {
    throw new Error(`${error.message}; it is at ${await whereabouts(page)}`);
  });
  await assertSeen(wanted);
}

/** Opens a dialog with the key that `opener` takes, leaves it by Escape, and looks that the focus is back on `opener`. */
export async function lookAndLeave(page, opener, look = async () => undefined) {
  const dialog = page.getByRole('dialog');
  await use(page, opener);
  await dialog.waitFor();
  await look(dialog);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await holdsFocus(page, opener);
}
