import { parse, type Screen } from '$lib/route';

/** Where the window is; the address after `#` is the truth. */
class Router {
  screen = $state.raw<Screen>(parse(location.hash));

  start(): () => void {
    const moved = (): void => {
      this.screen = parse(location.hash);
    };
    window.addEventListener('hashchange', moved);
    // It may have moved since the page was read.
    moved();
    return () => window.removeEventListener('hashchange', moved);
  }

  go(hash: string): void {
    location.hash = hash;
  }
}

export const router = new Router();
