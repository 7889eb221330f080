/**
 * Shows a dialog over everything else. While it is there the focus stays in it, whatever in it goes away; when it is
 * taken away, the focus goes back to what opened it.
 */
export function modal(node: HTMLDialogElement): () => void {
  const opener = document.activeElement;
  node.showModal();
  const watch = new MutationObserver(() => {
    if (document.activeElement === document.body) node.focus();
  });
  watch.observe(node, { childList: true, subtree: true });
  return () => {
    watch.disconnect();
    if (opener instanceof HTMLElement) opener.focus();
  };
}
