/** Where the webview's own ratio of a display's pixels to the page's is read. */
function ratioOf(page: Window): () => number {
  const own =
    Object.getOwnPropertyDescriptor(page, 'devicePixelRatio') ??
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(page) as object, 'devicePixelRatio');
  return () => (own?.get ? (own.get.call(page) as number) : ((own?.value as number | undefined) ?? 1));
}

/** How much larger the page is drawn, in twentieths: a window's frame is no magnification. */
function magnification(page: Window): number {
  const times = page.outerWidth / page.innerWidth;
  return Number.isFinite(times) && times > 0 ? Math.round(times * 20) / 20 : 1;
}

/**
 * WebKit leaves `devicePixelRatio` as it is while a page is magnified, so that a canvas is drawn softly. Here it follows,
 * as it does in Chromium, and so do the questions after it (`dppx`) that wait for a change.
 */
export function followMagnification(page: Window): void {
  const { userAgent } = page.navigator;
  if (!userAgent.includes('AppleWebKit') || userAgent.includes('Chrome/')) return;
  const own = ratioOf(page);
  const matchMedia = page.matchMedia.bind(page);
  let asked: EventTarget[] = [];
  let times = magnification(page);
  Object.defineProperty(page, 'devicePixelRatio', { get: () => own() * times, configurable: true });
  page.matchMedia = (words) => {
    const query = matchMedia(words);
    if (words.includes('dppx')) asked.push(query);
    return query;
  };
  page.addEventListener('resize', () => {
    const now = magnification(page);
    if (now === times) return;
    times = now;
    const waiting = asked;
    asked = [];
    for (const query of waiting) query.dispatchEvent(new Event('change'));
  });
}
