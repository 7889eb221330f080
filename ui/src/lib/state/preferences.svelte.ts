import { ask } from '$lib/backend';
import type { Settings, Theme } from '$lib/wire';
import { notes } from './notes.svelte';

/** Settings of this computer, kept by the agent; the theme is applied here. */
class Preferences {
  settings = $state.raw<Settings | null>(null);

  /** Shows them as they are kept. */
  take(settings: Settings): void {
    this.settings = settings;
    this.#apply(settings.theme);
  }

  async load(): Promise<void> {
    try {
      this.take(await ask({ call: 'settings' }));
    } catch {
      // The snapshot says why the agent does not answer; until then the system's theme stands.
    }
  }

  async change(part: Partial<Settings>): Promise<void> {
    const before = this.settings;
    if (!before) return;
    const wanted = { ...before, ...part };
    this.take(wanted);
    try {
      this.settings = await ask({ call: 'set_settings', settings: wanted });
    } catch (thrown) {
      this.take(before);
      notes.fail('settings', thrown);
    }
  }

  #apply(theme: Theme): void {
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  }
}

export const preferences = new Preferences();

/** Grows when light turned dark or back, for what is drawn on a canvas. */
class Appearance {
  rev = $state(0);

  start(): () => void {
    const media = window.matchMedia('(prefers-color-scheme: dark)');
    const turned = (): void => {
      this.rev += 1;
    };
    media.addEventListener('change', turned);
    const observer = new MutationObserver(turned);
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    return () => {
      media.removeEventListener('change', turned);
      observer.disconnect();
    };
  }
}

export const appearance = new Appearance();
