const seen = new Set<string>();

/** Notes in the page's timeline when something was first painted; `benches/start.py` and the inspector read it. */
export function firstPainted(what: 'rows' | 'live rows'): void {
  if (seen.has(what)) return;
  seen.add(what);
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(what)));
}
