import './lib/locale-guard';
import './lib/first-look';
import '@fontsource-variable/inter';
import 'uplot/dist/uPlot.min.css';
import './styles/tokens.css';
import './styles/base.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { known } from './lib/first-look';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');

// Drawn once with what is known, rather than empty first.
await known;
mount(App, { target });
