import { t } from './messages.svelte';

const isMac = typeof navigator !== 'undefined' && /Mac/.test(navigator.userAgent);

/** What stands on this computer's keys that open the palette. */
export const paletteKeys = (): string => (isMac ? '⌘K' : `${t('keys.control')} K`);
