import { parse, type Screen, walked } from '$lib/route';

/** Where the window is; the address after `#` is the truth. */
class Router {
  screen = $state.raw<Screen>(parse(location.hash));
  /** The addresses from the first to this one, without those that were gone back from. */
  #way: readonly string[] = [location.hash];

  start(): () => void {
    const moved = (): void => {
      this.screen = parse(location.hash);
      this.#way = walked(this.#way, location.hash);
    };
    window.addEventListener('hashchange', moved);
    // It may have moved since the page was read.
    moved();
    return () => window.removeEventListener('hashchange', moved);
  }

  /** To where the person came from; from the first screen to the overview. */
  back(): void {
    if (this.#way.length > 1) history.back();
    else this.go('#/overview');
  }

  go(hash: string): void {
    location.hash = hash;
  }
}

export const router = new Router();
