import { t } from './messages.svelte';

type ScopeKey = `scope.${'read_events' | 'change_events' | 'list' | 'read_calendars' | 'change_calendars' | 'address'}`;

const WORDS: [RegExp, ScopeKey][] = [
  [/\/auth\/calendar\.events\.readonly$/, 'scope.read_events'],
  [/\/auth\/calendar\.events(\.owned)?$/, 'scope.change_events'],
  [/\/auth\/calendar\.calendarlist(\.readonly)?$/, 'scope.list'],
  [/\/auth\/calendar\.readonly$/, 'scope.read_calendars'],
  [/\/auth\/calendar$/, 'scope.change_calendars'],
  [/^(openid|email|.*userinfo\.email)$/, 'scope.address'],
];

/** What a grant allows, in words. */
export function scopeWords(scopes: readonly string[]): string {
  const words = scopes.map((scope) => {
    const key = WORDS.find(([pattern]) => pattern.test(scope))?.[1];
    return key ? t(key) : scope;
  });
  const unique = [...new Set(words)];
  return unique.length === 0 ? t('scope.nothing') : unique.join(', ');
}
