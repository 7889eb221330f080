const wholeMinute = (at: number): number => Math.floor(at / 60_000) * 60_000;

/** The window's one clock: ticks on the second while the window is visible. */
class Clock {
  now = $state(Date.now());
  /** The time cut to whole steps, for what need not move each second; of its own, so that nobody is asked each second. */
  minute = $state(wholeMinute(Date.now()));
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): () => void {
    const look = (): void => {
      if (document.hidden) return;
      this.now = Date.now();
      this.minute = wholeMinute(this.now);
    };
    const tick = (): void => {
      look();
      this.#timer = setTimeout(tick, 1000 - (Date.now() % 1000) + 5);
    };
    document.addEventListener('visibilitychange', look);
    tick();
    return () => {
      clearTimeout(this.#timer);
      document.removeEventListener('visibilitychange', look);
    };
  }
}

export const clock = new Clock();
