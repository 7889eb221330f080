import { Channel, invoke } from '@tauri-apps/api/core';
import type { Hint, Request, Response } from '$lib/wire';
import type { Backend } from './backend';
import { firstAnswer } from './first';

/** Inside the app: one command for questions, one channel for hints. */
export class TauriBackend implements Backend {
  send(request: Request): Promise<Response> {
    const ahead = request.call === 'snapshot' ? firstAnswer() : null;
    return ahead ?? invoke<Response>('rpc', { request });
  }

  listen(hint: (hint: Hint) => void, lost: (broken: boolean) => void): () => void {
    const channel = new Channel<Hint>();
    let open = true;
    channel.onmessage = (message) => {
      if (open) hint(message);
    };
    invoke('hints', { channel }).then(
      () => lost(false),
      () => lost(true),
    );
    return () => {
      open = false;
    };
  }
}
