/** A text that stands beside what it explains: where its anchor is, in points of the window. */
export interface Tip {
  text: string;
  left: number;
  right: number;
  top: number;
  bottom: number;
  /** In the anchor's place, as in a list of facts whose tips would stand on each other. */
  inPlace: boolean;
}

/** The tips of what has the keyboard's focus: its own, or those of the row, line or card that it is in. */
export function tipsOf(focused: Element | null): Tip[] {
  if (!focused?.matches(':focus-visible') || focused.closest('dialog, [role="menu"]')) return [];
  const item = focused.closest<HTMLElement>('[data-tips]');
  const inPlace = item?.dataset.tips === 'in place';
  // A list of facts has buttons of its own, which are not about its times.
  if (inPlace && item !== focused) return [];
  const anchors = [...(item?.querySelectorAll<HTMLElement>('[data-tip]') ?? [])];
  return anchors.flatMap((anchor) => {
    const { left, right, top, bottom } = anchor.getBoundingClientRect();
    // Scrolled away, or under something else.
    const seen = item?.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
    return seen ? [{ text: anchor.dataset.tip ?? '', left, right, top, bottom, inPlace }] : [];
  });
}
