import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The agent's loopback face, when the interface is developed in a browser: AGENT=http://127.0.0.1:PORT npm run dev
const agent = process.env.AGENT;

export default defineConfig({
  plugins: [svelte()],
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
