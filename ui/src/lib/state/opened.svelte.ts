/** A dialog that any screen, the palette or a key may open. */
export type Opened =
  | { what: 'palette' }
  | { what: 'keys' }
  | { what: 'test'; link: string | null }
  | { what: 'pause'; links: readonly string[] };

/** The one dialog that is open over the screen; each screen keeps those that only it needs. */
class OpenedDialog {
  now = $state.raw<Opened | null>(null);

  open(dialog: Opened): void {
    this.now = dialog;
  }

  close(): void {
    this.now = null;
  }
}

export const opened = new OpenedDialog();
