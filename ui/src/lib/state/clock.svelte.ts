/** The window's one clock: ticks on the second while the window is visible. */
class Clock {
  now = $state(Date.now());
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): () => void {
    const tick = (): void => {
      if (!document.hidden) this.now = Date.now();
      this.#timer = setTimeout(tick, 1000 - (Date.now() % 1000) + 5);
    };
    const woke = (): void => {
      if (!document.hidden) this.now = Date.now();
    };
    document.addEventListener('visibilitychange', woke);
    tick();
    return () => {
      clearTimeout(this.#timer);
      document.removeEventListener('visibilitychange', woke);
    };
  }

  /** The time cut to whole steps, for what need not move each second. */
  readonly minute = $derived(Math.floor(this.now / 60_000) * 60_000);
}

export const clock = new Clock();
