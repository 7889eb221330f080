/** Shows a dialog over everything else. When it is taken away, the focus goes back to what opened it. */
export function modal(node: HTMLDialogElement): () => void {
  const opener = document.activeElement;
  node.showModal();
  return () => {
    if (opener instanceof HTMLElement) opener.focus();
  };
}
