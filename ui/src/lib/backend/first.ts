// Asks the agent for everything before the rest of the page is read and sets up its languages. Imported before all else.
import { invoke } from '@tauri-apps/api/core';
import type { Request, Response } from '$lib/wire';

const everything: Request = { call: 'snapshot' };
let asked = '__TAURI_INTERNALS__' in window ? invoke<Response>('rpc', { request: everything }) : null;

/** The answer to what was asked ahead; whoever takes it first has it. */
export function firstAnswer(): Promise<Response> | null {
  const answer = asked;
  asked = null;
  return answer;
}
