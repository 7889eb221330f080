// The import layers: lib < components < features < views; imports go down only.
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

/** Forbids a layer to import from the layers above it. */
function layer(files, above) {
  return {
    files,
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: above.map((name) => ({ group: [`**/${name}/**`], message: `${files[0]} must not import ${name}` })),
        },
      ],
    },
  };
}

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/lib/wire', 'tests/artifacts'] },
  ...ts.configs.recommended,
  ...svelte.configs['flat/recommended'],
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  // Maps and dates here are rebuilt whole by a `$derived`, never changed in place.
  { rules: { 'svelte/no-navigation-without-resolve': 'off', 'svelte/prefer-svelte-reactivity': 'off' } },
  layer(['src/lib/**/*'], ['components', 'features', 'views']),
  layer(['src/components/**/*'], ['features', 'views', 'backend', 'wire', 'state']),
  layer(['src/features/**/*'], ['views']),
);
