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

/** Of a book that is read later, only its words are packed: its keys are those of English, which is always there. */
const oneSetOfKeys: Plugin = {
  name: 'one-set-of-keys',
  apply: 'build',
  enforce: 'pre',
  resolveId(source) {
    const [, language] = /messages\/(de|es|fr)\.json$/.exec(source) ?? [];
    return language ? `\0words:${language}` : null;
  },
  load(id) {
    if (!id.startsWith('\0words:')) return null;
    const book = read(id.slice('\0words:'.length));
    const words = JSON.stringify(Object.keys(read('en')).map((key) => book[key]));
    return `import en from ${JSON.stringify(`${messages}en.json`)};
const words = JSON.parse(${JSON.stringify(words)});
export default Object.fromEntries(Object.keys(en).map((key, at) => [key, words[at]]));`;
  },
};

export default defineConfig({
  plugins: [oneSetOfKeys, svelte()],
  resolve: { alias: { $lib: fileURLToPath(new URL('./src/lib', import.meta.url)) } },
  json: { stringify: true },
  build: {
    target: 'es2022',
    sourcemap: false,
    assetsInlineLimit: 0,
    // One sheet: what comes later draws nothing anew.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
  server: agent ? { proxy: { '/rpc': agent, '/hints': agent } } : {},
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
});
