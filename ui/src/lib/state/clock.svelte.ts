import { createSubscriber } from 'svelte/reactivity';

const SECOND_MS = 1000;
const MINUTE_MS = 60_000;
/** The whole minute is looked for this often, so that a computer that slept shows it soon. */
const LOOKS_EVERY_MS = 10_000;
const wholeMinute = (at: number): number => Math.floor(at / MINUTE_MS) * MINUTE_MS;

/** The window's one clock. It ticks while the window is visible, and each second only while somebody shows seconds. */
class Clock {
  /** The time cut to whole steps, for what need not move each second. */
  minute = $state(wholeMinute(Date.now()));
  #now = Date.now();
  #ticks = false;
  #tell: () => void = () => undefined;
  readonly #seconds = createSubscriber((tell) => {
    this.#now = Date.now();
    this.#ticks = true;
    this.#tell = tell;
    const stop = onEach(SECOND_MS, () => this.#look());
    return () => {
      this.#ticks = false;
      stop();
    };
  });

  /** Moves each second for whoever shows it. */
  get now(): number {
    this.#seconds();
    return this.#ticks ? this.#now : Date.now();
  }

  start(): () => void {
    const look = (): void => this.#look();
    document.addEventListener('visibilitychange', look);
    const stop = onEach(LOOKS_EVERY_MS, look);
    look();
    return () => {
      stop();
      document.removeEventListener('visibilitychange', look);
    };
  }

  #look(): void {
    if (document.hidden) return;
    this.#now = Date.now();
    this.minute = wholeMinute(this.#now);
    if (this.#ticks) this.#tell();
  }
}

/** Acts at the beginning of each whole step of the clock on the wall, until the returned function is called. */
function onEach(step: number, act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        act();
        wait();
      },
      step - (Date.now() % step) + 5,
    );
  };
  wait();
  return () => {
    clearTimeout(timer);
  };
}

export const clock = new Clock();
