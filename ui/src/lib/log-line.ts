import { civil } from './zone.svelte';

const two = (n: number): string => String(n).padStart(2, '0');

/** "07:54:21 INFO the receiver answers, tls false": a line of the receiver's log as one reads it; others stay as they are. */
export function logLine(line: string): string {
  const entry = entryOf(line);
  if (!entry) return line;
  const { message, ...rest } = entry.fields;
  const facts = Object.entries(rest).map(([name, value]) => `${name} ${plain(value)}`);
  return `${timeOf(entry.timestamp)} ${entry.level} ${[plain(message ?? ''), ...facts].join(', ')}`;
}

interface Entry {
  timestamp: string;
  level: string;
  fields: Record<string, unknown>;
}

function entryOf(line: string): Entry | null {
  if (!line.startsWith('{')) return null;
  try {
    const read = JSON.parse(line) as Partial<Entry>;
    const whole = typeof read.timestamp === 'string' && typeof read.level === 'string' && !!read.fields;
    return whole ? (read as Entry) : null;
  } catch {
    return null;
  }
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function timeOf(at: string): string {
  const ms = Date.parse(at);
  if (Number.isNaN(ms)) return at;
  const { hour, minute } = civil(ms);
  return `${two(hour)}:${two(minute)}:${two(Math.floor(ms / 1000) % 60)}`;
}
