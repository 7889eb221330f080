import { describe, expect, it } from 'vitest';
import { followMagnification } from './magnified';

const WEBKIT = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15';
const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36';

/** A window on a display of two pixels a point, and a page in it that a person magnifies. */
class Page extends EventTarget {
  outerWidth = 1280;
  innerWidth = 1280;
  readonly navigator: { userAgent: string };
  constructor(userAgent: string) {
    super();
    this.navigator = { userAgent };
  }
  get devicePixelRatio(): number {
    return 2;
  }
  matchMedia(): EventTarget {
    return new EventTarget();
  }
  magnify(times: number): void {
    this.innerWidth = Math.round(this.outerWidth / times);
    this.dispatchEvent(new Event('resize'));
  }
}

function opened(userAgent: string): { page: Page; changes: () => number } {
  const page = new Page(userAgent);
  followMagnification(page as unknown as Window);
  let seen = 0;
  const ask = (): void =>
    (page.matchMedia as (words: string) => EventTarget)('(min-resolution: 2dppx)').addEventListener('change', () => {
      seen += 1;
      ask();
    });
  ask();
  return { page, changes: () => seen };
}

describe('a magnified page', () => {
  it('has as many pixels a point as the display shows, where WebKit does not tell', () => {
    const { page, changes } = opened(WEBKIT);
    expect(page.devicePixelRatio).toBe(2);
    page.magnify(1.2);
    expect(page.devicePixelRatio).toBeCloseTo(2.4);
    expect(changes()).toBe(1);
    page.dispatchEvent(new Event('resize'));
    expect(changes()).toBe(1);
    page.magnify(1);
    expect([page.devicePixelRatio, changes()]).toEqual([2, 2]);
  });
  it('takes a window’s frame, and a window that is not shown, for no magnification', () => {
    const { page } = opened(WEBKIT);
    page.innerWidth = 1274;
    page.dispatchEvent(new Event('resize'));
    expect(page.devicePixelRatio).toBe(2);
    page.outerWidth = page.innerWidth = 0;
    page.dispatchEvent(new Event('resize'));
    expect(page.devicePixelRatio).toBe(2);
  });
  it('is left alone in Chromium, which tells it itself', () => {
    const { page, changes } = opened(CHROMIUM);
    page.magnify(1.2);
    expect([page.devicePixelRatio, changes()]).toEqual([2, 0]);
  });
});
