import { BrowserBackend } from './browser';
import { ask as askThrough, refusalOf, type AnswerTo, type Ask, type Backend, type Call } from './backend';
import { TauriBackend } from './tauri';

export { Refusal, refusalOf } from './backend';
export type { Backend } from './backend';

/** The one backend of this window. */
export const backend: Backend = '__TAURI_INTERNALS__' in window ? new TauriBackend() : new BrowserBackend();

export function ask<C extends Call>(request: Ask<C>): Promise<AnswerTo<C>> {
  return askThrough(backend, request);
}

/** Does it, and answers with what went wrong, in words; empty when nothing did. */
export async function troubleOf(order: () => Promise<unknown>): Promise<string> {
  try {
    await order();
    return '';
  } catch (thrown) {
    const refusal = refusalOf(thrown);
    return `${refusal.message} ${refusal.action}`;
  }
}
