import { ask } from '$lib/backend';
import { t } from '$lib/messages.svelte';
import type { FileContent } from '$lib/wire';
import { notes } from './notes.svelte';

/** Has the agent save a file into the person's downloads, and says where it lies. */
export async function saveFile(name: string, content: FileContent): Promise<void> {
  try {
    const { path } = await ask({ call: 'save_file', name, content });
    notes.show({ cause: 'saved', tone: 'ok', title: t('save.saved'), body: path });
  } catch (thrown) {
    notes.fail('saved', thrown);
  }
}

/** "2026-11-25", for names of files. */
export function fileDay(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
