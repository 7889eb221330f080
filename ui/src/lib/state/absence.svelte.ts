import { HOUR, MINUTE } from '$lib/format';

const KEY = 'seen-at';
/** A shorter look elsewhere is no absence. */
const ABSENT_FROM_MS = HOUR;

function kept(): number | null {
  try {
    const at = Number(localStorage.getItem(KEY));
    return at > 0 ? at : null;
  } catch {
    return null;
  }
}

/** When a person last had this window before them, on this computer; a longer time without is an absence. */
class Absence {
  /** The absence that has just ended and was not yet read about. */
  last = $state.raw<{ from: number; to: number } | null>(null);

  start(): () => void {
    this.#look();
    const timer = setInterval(() => this.#look(), MINUTE);
    const turned = (): void => this.#look();
    document.addEventListener('visibilitychange', turned);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', turned);
    };
  }

  read(): void {
    this.last = null;
  }

  #look(): void {
    if (document.hidden) return;
    const [before, now] = [kept(), Date.now()];
    if (before !== null && now - before >= ABSENT_FROM_MS) this.last = { from: before, to: now };
    try {
      localStorage.setItem(KEY, String(now));
    } catch {
      // Without storage nobody is ever away.
    }
  }
}

export const absence = new Absence();
