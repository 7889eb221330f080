/** Nobody reads and aims faster: a press before was meant for what stood there. */
const SETTLES_MS = 500;

/** What has just appeared takes no press of a pointer; keys, which go where the focus is, it takes at once. */
export function settle(node: HTMLElement): () => void {
  const since = performance.now();
  const stray = (event: MouseEvent): void => {
    if (event.detail === 0 || event.timeStamp - since > SETTLES_MS) return;
    event.preventDefault();
    event.stopPropagation();
  };
  node.addEventListener('click', stray, true);
  return () => node.removeEventListener('click', stray, true);
}
