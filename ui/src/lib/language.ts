import { isLocale } from './locale';
import type { Language } from './wire';

const FALLBACK: Record<Language, string> = { en: 'en-GB', de: 'de-DE', es: 'es-ES', fr: 'fr-FR' };
const KNOWN = Object.keys(FALLBACK) as Language[];

/** Each language in its own words. */
export const LANGUAGE_NAMES: Record<Language, string> = {
  en: 'English',
  de: 'Deutsch',
  es: 'Español',
  fr: 'Français',
};

/** The first language of the reader's that the messages are written in, else English. */
export function languageOf(tags: readonly (string | undefined)[]): Language {
  for (const tag of tags) {
    const start = tag?.toLowerCase().split(/[-_]/)[0];
    const found = KNOWN.find((language) => language === start);
    if (found) return found;
  }
  return 'en';
}

/** The reader's own variant of a language ("en-AU", "de-CH"), for dates and numbers; else its usual one. */
export function localeOf(language: Language, tags: readonly (string | undefined)[]): string {
  const own = tags.find((tag) => isLocale(tag) && tag.toLowerCase().startsWith(`${language}-`));
  return own ?? FALLBACK[language];
}
