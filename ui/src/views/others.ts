// Every screen but the overview, and the dialogs over any of them.
export { default as Activity } from './Activity.svelte';
export { default as Alerts } from './Alerts.svelte';
export { default as Channel } from './Channel.svelte';
export { default as Channels } from './Channels.svelte';
export { default as Clinics } from './Clinics.svelte';
export { default as Dialogs } from '../features/shell/Dialogs.svelte';
export { default as FirstRun } from './FirstRun.svelte';
export { default as Handover } from './Handover.svelte';
export { default as Latency } from './Latency.svelte';
export { default as Receiver } from './Receiver.svelte';
export { default as Report } from './Report.svelte';
export { default as Settings } from './Settings.svelte';
export { default as Visit } from '../features/shell/Visit.svelte';
export { default as Wall } from './Wall.svelte';
