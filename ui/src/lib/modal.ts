/**
 * Shows a dialog over everything else. While it is there the focus stays in it, whatever in it goes away; when it is
 * taken away, the focus goes back to what opened it, or near to where that was. A click beside it closes it.
 */
export function modal(node: HTMLDialogElement): () => void {
  const way = wayUp(document.activeElement);
  node.showModal();
  const watch = new MutationObserver(() => {
    if (document.activeElement === document.body) node.focus();
  });
  watch.observe(node, { childList: true, subtree: true });
  // Who marks a text and lets go beside the dialog does not mean to close it.
  let pressed: EventTarget | null = null;
  node.addEventListener('pointerdown', (event) => (pressed = event.target));
  node.addEventListener('click', (event) => {
    if (event.target === node && pressed === node) node.close();
  });
  return () => {
    watch.disconnect();
    for (const one of way) if (focusIn(one)) return;
  };
}

/** Up to the whole screen, which may be another one by then. */
function wayUp(from: Element | null): HTMLElement[] {
  return from instanceof HTMLElement && !from.matches('main, body') ? [from, ...wayUp(from.parentElement)] : [];
}

/** Whether it, or the first thing in it that can, took the focus. */
function focusIn(one: HTMLElement): boolean {
  one.focus();
  if (document.activeElement === one) return true;
  const first = one.querySelector<HTMLElement>('button:not(:disabled), a[href], input:not(:disabled)');
  first?.focus();
  return first !== null && document.activeElement === first;
}
