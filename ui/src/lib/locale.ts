const FALLBACK = 'en-GB';

/** Whether `Intl` takes the tag; WebKit reports "C" under LANG=C.UTF-8, and `Intl` throws on it. */
export function isLocale(tag: string | undefined): tag is string {
  if (!tag) return false;
  try {
    return Intl.DateTimeFormat.supportedLocalesOf([tag]).length > 0;
  } catch {
    return false;
  }
}

/** The texts are English, so dates and numbers follow an English locale: the reader's own if it is one. */
export function pickLocale(tags: readonly (string | undefined)[]): string {
  const own = tags.find((tag) => isLocale(tag) && tag.toLowerCase().startsWith('en-'));
  return own ?? FALLBACK;
}

/** Replaces a language that `Intl` refuses, before libraries read it at load time. */
export function guardNavigatorLanguage(target: Navigator): void {
  if (isLocale(target.language)) return;
  Object.defineProperty(target, 'language', { value: FALLBACK, configurable: true });
  Object.defineProperty(target, 'languages', { value: [FALLBACK], configurable: true });
}
