const FALLBACK = 'en-GB';

/** Whether `Intl` takes the tag; WebKit reports "C" under LANG=C.UTF-8, and `Intl` throws on it. */
export function isLocale(tag: string | undefined): tag is string {
  if (!tag) return false;
  try {
    // Not `supportedLocalesOf`: for that WebKit gathers all locales there are.
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

/** Replaces a language that `Intl` refuses, before libraries read it at load time. */
export function guardNavigatorLanguage(target: Navigator): void {
  if (isLocale(target.language)) return;
  Object.defineProperty(target, 'language', { value: FALLBACK, configurable: true });
  Object.defineProperty(target, 'languages', { value: [FALLBACK], configurable: true });
}
