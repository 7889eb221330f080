import './locale-guard';
import en from '../../messages/en.json';
import type { Gaps } from './gaps';
import { languageOf, localeOf } from './language';
import type { Language } from './wire';

export type MessageKey = keyof typeof en;
type Counted = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };
type Message = string | Counted;
type Given<K extends MessageKey> = K extends keyof Gaps ? [gaps: Gaps[K]] : [];

type Book = Record<MessageKey, Message>;

/** English is always at hand; the others are read when they are first spoken. */
const shelf: Record<Language, () => Promise<{ default: Book }>> = {
  en: () => Promise.resolve({ default: en }),
  de: () => import('../../messages/de.json'),
  es: () => import('../../messages/es.json'),
  fr: () => import('../../messages/fr.json'),
};
const tags = typeof navigator === 'undefined' ? [] : [navigator.language, ...(navigator.languages ?? [])];

/** The language of the window, and how it writes numbers and dates; read by whatever shows words. */
class Speech {
  language = $state.raw<Language>('en');
  book = $state.raw<Book>(en);
  /** What was asked for last, and its taking effect; a slower one before it means nothing any more. */
  #wanted: Language | null = null;
  #spoken: Promise<void> = Promise.resolve();
  readonly locale = $derived(localeOf(this.language, tags));
  readonly plural = $derived(new Intl.PluralRules(this.locale));
  readonly whole = $derived(new Intl.NumberFormat(this.locale, { maximumFractionDigits: 0 }));

  /** Speaks `language` from the moment on that its words are there. */
  use(language: Language): Promise<void> {
    if (language !== this.#wanted) {
      this.#wanted = language;
      this.#spoken = this.#take(language);
    }
    return this.#spoken;
  }

  async #take(language: Language): Promise<void> {
    const { default: book } = await shelf[language]();
    if (this.#wanted !== language) return;
    this.language = language;
    this.book = book;
    if (typeof document !== 'undefined') document.documentElement.lang = this.locale;
  }
}

export const speech = new Speech();

/** The system's own language, until the agent tells which one the person chose. */
export const systemLanguage = (): Language => languageOf(tags);

/** A message in the window's language; numbers in its gaps are written as the language does. */
export function t<K extends MessageKey>(key: K, ...given: Given<K>): string {
  const message: Message = speech.book[key];
  if (typeof message === 'string' && given[0] === undefined) return message;
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
