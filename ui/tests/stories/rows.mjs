// How stories find their way in the channel table.
export const row = (page, text) => page.locator('.row', { hasText: text });
export const names = (page) => page.locator('.row .name').allTextContents();
export const go = (page, hash) => page.evaluate((to) => (location.hash = to), hash);
export const heading = (page, name) => page.getByRole('heading', { name }).first().waitFor();
