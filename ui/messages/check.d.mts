type Book = Record<string, string | Record<string, string>>;
export function faults(messages: { en: Book } & Record<string, Book>, sources: readonly string[]): string[];
export function typesOf(english: Book): string;
