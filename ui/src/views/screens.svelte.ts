type Others = typeof import('./others');

/** The screens and dialogs that are read once the overview is drawn, or sooner when somebody goes to one. */
class Screens {
  others = $state.raw<Others | null>(null);

  async load(): Promise<void> {
    this.others ??= await import('./others');
  }
}

export const screens = new Screens();
