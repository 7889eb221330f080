// Generated from messages/en.json by `npm run messages`: what each message must be given.
export interface Gaps {
  'shell.up': { span: string | number };
  'stale.as_of': { when: string | number };
  'stale.next_try': { span: string | number };
  'time.ago': { span: string | number };
  'announce.renewed': { name: string | number; when: string | number };
  'settings.token_kept': { where: string | number };
  'settings.none': { words: string | number };
  'updates.daily_note': { address: string | number };
  'updates.current': { when: string | number };
  'updates.available': { version: string | number };
  'updates.fetch': { version: string | number };
  'updates.fetching': { version: string | number };
  'updates.fetched': { file: string | number; version: string | number };
  'diagnostics.saved': { file: string | number };
  'visit.pair_replaces': { address: string | number };
}
