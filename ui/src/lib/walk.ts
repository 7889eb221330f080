/** j and k walk the lines of a list that is one stop of the Tab key; the first is the uppermost that is seen. */
export function walk(list: HTMLElement): () => void {
  const keys = (event: KeyboardEvent): void => {
    const step = event.key === 'j' ? 1 : event.key === 'k' ? -1 : 0;
    if (step === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const lines = [...list.querySelectorAll<HTMLElement>('[data-tips][tabindex]')];
    const at = lines.findIndex((line) => line.contains(document.activeElement));
    const top = list.getBoundingClientRect().top;
    const first = lines.findIndex((line) => line.getBoundingClientRect().bottom > top + 8);
    const next = at < 0 ? first : Math.min(lines.length - 1, Math.max(0, at + step));
    lines[next]?.focus();
  };
  list.addEventListener('keydown', keys);
  return () => list.removeEventListener('keydown', keys);
}
