import de from '../../messages/de.json';
import en from '../../messages/en.json';
import es from '../../messages/es.json';
import fr from '../../messages/fr.json';
import type { Gaps } from './gaps';
import { languageOf, localeOf } from './language';
import type { Language } from './wire';

export type MessageKey = keyof typeof en;
type Counted = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type Message = string | Counted;
type Given<K extends MessageKey> = K extends keyof Gaps ? [gaps: Gaps[K]] : [];

const books: Record<Language, Record<MessageKey, Message>> = { en, de, es, fr };
const tags = typeof navigator === 'undefined' ? [] : [navigator.language, ...(navigator.languages ?? [])];

/** The language of the window, and how it writes numbers and dates; read by whatever shows words. */
class Speech {
  language = $state.raw<Language>(languageOf(tags));
  readonly locale = $derived(localeOf(this.language, tags));
  readonly plural = $derived(new Intl.PluralRules(this.locale));
  readonly whole = $derived(new Intl.NumberFormat(this.locale, { maximumFractionDigits: 0 }));

  /** Speaks `language` from now on. */
  use(language: Language): void {
    this.language = language;
    if (typeof document !== 'undefined') document.documentElement.lang = this.locale;
  }
}

export const speech = new Speech();

/** A message in the window's language; numbers in its gaps are written as the language does. */
export function t<K extends MessageKey>(key: K, ...given: Given<K>): string {
  const message: Message = books[speech.language][key];
  const gaps: Record<string, string | number> = given[0] ?? {};
  const text = typeof message === 'string' ? message : counted(message, Number(gaps.n));
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = gaps[name];
    return value === undefined ? whole : typeof value === 'number' ? speech.whole.format(value) : value;
  });
}

function counted(forms: Counted, n: number): string {
  return forms[speech.plural.select(n)] ?? forms.other;
}
