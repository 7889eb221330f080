import './lib/backend/first';
import './first-look';
import '@fontsource-variable/inter';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { known } from './first-look';
import { screens } from './views/screens.svelte';

/** So long after the first is drawn the other screens are read, sooner when somebody goes to one. */
const OTHERS_AFTER_MS = 400;

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

// Drawn once with what is known, rather than empty first.
await known;
mount(App, { target });
setTimeout(() => void screens.load(), OTHERS_AFTER_MS);
