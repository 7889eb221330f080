import { HOUR, MINUTE, SECOND } from './format';

/** The ticks that people have names for, in milliseconds; the strong ones are always named. */
const NAMED: readonly { at: number; name: string; strong: boolean }[] = [
  { at: 1, name: '1 ms', strong: true },
  { at: 3, name: '3 ms', strong: false },
  { at: 10, name: '10 ms', strong: true },
  { at: 30, name: '30 ms', strong: false },
  { at: 100, name: '100 ms', strong: true },
  { at: 300, name: '300 ms', strong: false },
  { at: SECOND, name: '1 s', strong: true },
  { at: 3 * SECOND, name: '3 s', strong: false },
  { at: 10 * SECOND, name: '10 s', strong: true },
  { at: 30 * SECOND, name: '30 s', strong: false },
  { at: MINUTE, name: '1 min', strong: true },
  { at: 3 * MINUTE, name: '3 min', strong: false },
  { at: 10 * MINUTE, name: '10 min', strong: true },
  { at: 30 * MINUTE, name: '30 min', strong: false },
  { at: HOUR, name: '1 h', strong: true },
  { at: 6 * HOUR, name: '6 h', strong: false },
  { at: 24 * HOUR, name: '24 h', strong: true },
];

/** The ticks from `low` to `high`. */
export function logTicks(low: number, high: number): number[] {
  return NAMED.filter((tick) => tick.at >= low && tick.at <= high).map((tick) => tick.at);
}

/** The name of a tick; where many are shown only the strong ones have one. */
export function logName(at: number, shown: number): string {
  const tick = NAMED.find((one) => one.at === at);
  return tick && (tick.strong || shown <= 7) ? tick.name : '';
}

/** The named ticks that hold all values and the target between them. */
export function logRange(values: readonly (number | null | undefined)[], target: number): [number, number] {
  const known = values.filter((value): value is number => typeof value === 'number' && value > 0);
  const [low, high] = [Math.min(target / 10, ...known), Math.max(target * 1.5, ...known)];
  const below = NAMED.findLast((tick) => tick.at <= low)?.at ?? 1;
  const above = NAMED.find((tick) => tick.at >= high)?.at ?? 24 * HOUR;
  return [below, above];
}
