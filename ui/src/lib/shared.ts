/** What was told again: every part that says the same stays the very same object, so that nothing is drawn anew for it. */
export function shared<T>(before: unknown, after: T): T {
  if (Object.is(before, after)) return after;
  if (Array.isArray(before) && Array.isArray(after)) {
    const parts = after.map((part, i) => shared(before[i], part));
    return (
      before.length === parts.length && parts.every((part, i) => Object.is(part, before[i])) ? before : parts
    ) as T;
  }
  if (!isRecord(before) || !isRecord(after)) return after;
  const keys = Object.keys(after);
  const parts = Object.fromEntries(keys.map((key) => [key, shared(before[key], after[key])]));
  const same = Object.keys(before).length === keys.length && keys.every((key) => Object.is(parts[key], before[key]));
  return (same ? before : parts) as T;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
