const WORDS: [RegExp, string][] = [
  [/\/auth\/calendar\.events\.readonly$/, 'read appointments'],
  [/\/auth\/calendar\.events(\.owned)?$/, 'read and change appointments'],
  [/\/auth\/calendar\.calendarlist(\.readonly)?$/, 'see the list of calendars'],
  [/\/auth\/calendar\.readonly$/, 'read calendars'],
  [/\/auth\/calendar$/, 'read and change calendars'],
  [/^(openid|email|.*userinfo\.email)$/, 'know the account’s address'],
];

/** What a grant allows, in words. */
export function scopeWords(scopes: readonly string[]): string {
  const words = scopes.map((scope) => WORDS.find(([pattern]) => pattern.test(scope))?.[1] ?? scope);
  const unique = [...new Set(words)];
  return unique.length === 0 ? 'nothing' : unique.join(', ');
}
