import { svelte } from '@sveltejs/vite-plugin-svelte';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

// The agent's loopback face, when the interface is developed in a browser: AGENT=http://127.0.0.1:PORT npm run dev
const agent = process.env.AGENT;

const messages = fileURLToPath(new URL('./messages/', import.meta.url));
const read = (language: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${messages}${language}.json`, 'utf8')) as Record<string, unknown>;

/** A value that a program's text carries, to be read by the parser that is made for it; in ASCII, so that the text stays narrow. */
function packed(value: unknown): string {
  const text = JSON.stringify(value).replace(
    /[^\x20-\x7e]/g,
    (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `JSON.parse(${JSON.stringify(text)})`;
}

/** Of a book that is read later, only its words are packed: its keys are those of English, which is always there. */
const oneSetOfKeys: Plugin = {
  name: 'one-set-of-keys',
  apply: 'build',
  enforce: 'pre',
  resolveId(source) {
    const [, language] = /messages\/(de|en|es|fr)\.json$/.exec(source) ?? [];
    return language ? `\0words:${language}` : null;
  },
  load(id) {
    if (!id.startsWith('\0words:')) return null;
    const english = read('en');
    if (id === '\0words:en') return `export default ${packed(english)};`;
    const book = read(id.slice('\0words:'.length));
    const words = Object.keys(english).map((key) => book[key]);
    return `import en from ${JSON.stringify(`${messages}en.json`)};
const words = ${packed(words)};
export default Object.fromEntries(Object.keys(en).map((key, at) => [key, words[at]]));`;
  },
};

export default defineConfig({
  plugins: [oneSetOfKeys, svelte()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    // One sheet: what comes later draws nothing anew.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // One character past Latin-1 would have the webview hold and read the whole text at twice its width.
        charset: 'ascii',
        // What is drawn first is one file: nothing to link, and one way to fetch it.
        codeSplitting: { groups: [{ name: 'start', tags: ['$initial'] }] },
      },
    },
  },
  server: agent ? { proxy: { '/rpc': agent, '/hints': agent } } : {},
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
