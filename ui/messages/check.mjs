// Fails when a message is missing, unused or differs in its gaps between languages, and keeps the types of the
// messages fresh: `node messages/check.mjs`, and with `--write` it writes the types anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const languages = ['en', 'de', 'es', 'fr'];
/** Longer lines are broken as prettier breaks them. */
const WIDTH = 120;
const types = join(here, '../src/lib/gaps.ts');

/** The gaps of a message, such as `{span}`, and whether it counts something. */
const gapsOf = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))].sort();
const formsOf = (message) => (typeof message === 'string' ? { other: message } : message);

/** What is wrong with the messages; `sources` are the texts of the files that use them. */
export function faults(messages, sources) {
  const wrong = [];
  const keys = Object.keys(messages.en);
  for (const [language, own] of Object.entries(messages)) {
    const known = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const key of keys) if (!(key in own)) wrong.push(`${language} lacks ${key}`);
    for (const [key, message] of Object.entries(own)) {
      if (!(key in messages.en)) {
        wrong.push(`${language} has ${key}, which English does not know`);
        continue;
      }
      const counts = typeof messages.en[key] !== 'string';
      if (counts !== (typeof message !== 'string')) wrong.push(`${language} ${key}: counted in one language only`);
      const forms = formsOf(message);
      const needed = counts ? ['one', 'other'] : ['other'];
      for (const form of needed) if (!forms[form]?.trim()) wrong.push(`${language} ${key}: no words for "${form}"`);
      const wanted = gapsOf(Object.values(formsOf(messages.en[key])).join());
      for (const [form, text] of Object.entries(forms)) {
        if (!known.includes(form)) wrong.push(`${language} ${key}: "${form}" is no plural of the language`);
        const extra = gapsOf(text).filter((gap) => !wanted.includes(gap));
        if (extra.length > 0) wrong.push(`${language} ${key}: unknown gap {${extra.join('}, {')}}`);
      }
      const found = gapsOf(Object.values(forms).join());
      const lost = wanted.filter((gap) => !found.includes(gap));
      if (lost.length > 0) wrong.push(`${language} ${key}: lost the gap {${lost.join('}, {')}}`);
    }
  }
  const text = sources.join('\n');
  const starts = [...text.matchAll(/`([a-z_]+\.[a-z_.]*)\$\{/g)].map(([, start]) => start);
  for (const key of keys) {
    const named = text.includes(`'${key}'`) || text.includes(`"${key}"`);
    if (!named && !starts.some((start) => key.startsWith(start))) wrong.push(`${key} is used nowhere`);
  }
  return wrong;
}

/** The gaps of each message as TypeScript. */
export function typesOf(english) {
  const lines = Object.entries(english).flatMap(([key, message]) => {
    const gaps = gapsOf(Object.values(formsOf(message)).join());
    const counts = typeof message !== 'string';
    const all = counts && !gaps.includes('n') ? ['n', ...gaps] : gaps;
    if (all.length === 0) return [];
    const typed = all.map((gap) => `${gap}: ${counts && gap === 'n' ? 'number' : 'string | number'}`);
    const line = `  '${key}': { ${typed.join('; ')} };`;
    return line.length <= WIDTH ? [line] : [`  '${key}': {`, ...typed.map((one) => `    ${one};`), '  };'];
  });
  const head = '// Generated from messages/en.json by `npm run messages`: what each message must be given.\n';
  return `${head}export interface Gaps {\n${lines.join('\n')}\n}\n`;
}

function main() {
  const read = (path) => readFileSync(path, 'utf8');
  const messages = Object.fromEntries(languages.map((name) => [name, JSON.parse(read(join(here, `${name}.json`)))]));
  const fresh = typesOf(messages.en);
  if (process.argv.includes('--write')) writeFileSync(types, fresh);
  const files = walk(join(here, '../src')).filter((path) => /(?<!\.test)\.(ts|svelte)$/.test(path) && path !== types);
  const wrong = faults(messages, files.map(read));
  if (read(types) !== fresh) wrong.push('src/lib/gaps.ts is stale: npm run messages');
  if (wrong.length === 0) return;
  process.stderr.write(`${wrong.join('\n')}\n`);
  process.exitCode = 1;
}

function walk(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? walk(path) : [path];
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main();
