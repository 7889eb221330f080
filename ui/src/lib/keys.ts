/** How this computer writes the keys that open the palette. */
export const PALETTE_KEYS = typeof navigator !== 'undefined' && /Mac/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K';
