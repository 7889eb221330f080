// Generated from messages/en.json by `npm run messages`: what each message must be given.
export interface Gaps {
  'shell.up': { span: string | number };
  'stale.as_of': { when: string | number };
  'stale.next_try': { span: string | number };
  'time.ago': { span: string | number };
  'announce.renewed': { name: string | number; when: string | number };
  'settings.token_kept': { where: string | number };
  'settings.none': { words: string | number };
}
