import type { Hint, Request, Response } from '$lib/wire';
import type { Backend } from './backend';

const ANSWER_WITHIN_MS = 20_000;

/** In a browser, over the agent's loopback face: `POST /rpc`, and hints as server-sent events. */
export class BrowserBackend implements Backend {
  async send(request: Request): Promise<Response> {
    const answer = await fetch('/rpc', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return (await answer.json()) as Response;
  }

  listen(hint: (hint: Hint) => void, lost: (broken: boolean) => void): () => void {
    const source = new EventSource('/hints');
    const take = (event: MessageEvent<string>): void => {
      try {
        hint(JSON.parse(event.data) as Hint);
      } catch {
        // A keep-alive or a foreign message; the next snapshot brings everything anyway.
      }
    };
    source.addEventListener('open', () => lost(false));
    source.addEventListener('error', () => lost(true));
    source.addEventListener('message', take);
    source.addEventListener('hint', take);
    return () => source.close();
  }
}
