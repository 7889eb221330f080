import { HOUR, MINUTE } from '$lib/format';

/** With the desk behind it: windows of all data folders share one storage. */
const KEY = 'seen-at ';
/** A shorter look elsewhere is no absence. */
const ABSENT_FROM_MS = HOUR;

function kept(desk: string): number | null {
  try {
    const at = Number(localStorage.getItem(KEY + desk));
    return at > 0 ? at : null;
  } catch {
    return null;
  }
}

/** When a person last had this window before them, on this computer; a longer time without is an absence. */
class Absence {
  /** The absence that has just ended and was not yet read about. */
  last = $state.raw<{ from: number; to: number } | null>(null);

  /** `desk` is whose state the window shows: an absence from one is none from another. */
  start(desk: string): () => void {
    const look = (): void => this.#look(desk);
    this.last = null;
    look();
    const timer = setInterval(look, MINUTE);
    document.addEventListener('visibilitychange', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
    };
  }

  read(): void {
    this.last = null;
  }

  #look(desk: string): void {
    if (document.hidden) return;
    const [before, now] = [kept(desk), Date.now()];
    if (before !== null && now - before >= ABSENT_FROM_MS) this.last = { from: before, to: now };
    try {
      localStorage.setItem(KEY + desk, String(now));
    } catch {
      // Without storage nobody is ever away.
    }
  }
}

export const absence = new Absence();
