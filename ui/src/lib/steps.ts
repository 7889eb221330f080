import { t } from './messages.svelte';
import { millis } from './format';
import type { OperationState } from './wire';

type StepName = 'opening' | 'proving' | 'overlapping' | 'old_stopped' | 'stopping' | 'polling';

/** The steps of what takes several, by the kind of operation, each with the words that stand for it on the wire. */
const TRACKS: Record<string, readonly { name: StepName; words: readonly string[] }[]> = {
  renew: [
    { name: 'opening', words: ['asked', 'opening'] },
    { name: 'proving', words: ['proving'] },
    { name: 'overlapping', words: ['overlapping'] },
    { name: 'old_stopped', words: ['stopping'] },
  ],
  test_delivery: [
    { name: 'opening', words: ['asked', 'opening'] },
    { name: 'proving', words: ['proving'] },
  ],
  fire_drill: [
    { name: 'stopping', words: ['asked', 'stopping'] },
    { name: 'polling', words: ['running'] },
    { name: 'opening', words: ['opening'] },
    { name: 'proving', words: ['proving'] },
  ],
};

/** The names of an operation's steps; none for what is done in one. */
export function stepsOf(kind: string): string[] {
  return TRACKS[kind]?.map((step) => t(`step.${step.name}`)) ?? [];
}

/** What is under way, in words. */
export function stepWords(operation: Pick<OperationState, 'kind' | 'step'>): string {
  const { kind } = operation;
  const step = stepsOf(kind)[stepAt(operation)] ?? t('step.all_done');
  if (kind === 'renew') return t('step.renewal', { step });
  if (kind === 'fire_drill') return t('step.drill', { step });
  if (kind === 'test_delivery') return t('step.test', { step });
  return t(kind === 'sync' ? 'step.sync' : 'done.asked');
}

/** How far an operation is: the index of the step under way; the number of steps once all are done. */
export function stepAt(operation: Pick<OperationState, 'kind' | 'step'>): number {
  const track = TRACKS[operation.kind] ?? [];
  if (operation.step === 'done') return track.length;
  return Math.max(
    0,
    track.findIndex((step) => step.words.includes(operation.step)),
  );
}

/** The states that an operation went through, as far as they were seen, the first first. */
export type Course = readonly Pick<OperationState, 'id' | 'kind' | 'step' | 'at'>[];

/** The course with the operation's present state; another operation begins anew. */
export function follow(course: Course, { id, kind, step, at }: Course[number]): Course {
  const own = course.filter((one) => one.id === id);
  return own.some((one) => one.step === step) ? own : [...own, { id, kind, step, at }];
}

/** How far it came, counted as by `stepAt`; one that failed stays at the step that did. */
export function furthest(course: Course): number {
  return Math.max(0, ...course.map(stepAt));
}

/** How many milliseconds each step took; null for what is not over, and where its begin or its end was not seen. */
export function stepTimes(course: Course): (number | null)[] {
  const track = TRACKS[course[0]?.kind ?? ''] ?? [];
  const beginOf = (words: readonly string[]): number | null =>
    millis(course.find((one) => words.includes(one.step))?.at);
  const ends = { done: beginOf(['done']), failed: beginOf(['failed']) };
  return track.map(({ words }, i) => {
    const next = track[i + 1];
    const failedHere = ends.failed !== null && i === furthest(course);
    const [from, to] = [beginOf(words), failedHere ? ends.failed : next ? beginOf(next.words) : ends.done];
    return from === null || to === null ? null : Math.max(0, to - from);
  });
}

type Progress = Pick<OperationState, 'step' | 'finished'>;

/** Old and new channel live side by side: nothing is done meanwhile, only time passes. */
export function onlyWaits(operation: Progress | undefined): boolean {
  return operation !== undefined && !operation.finished && operation.step === 'overlapping';
}

/** Something is being done, so that nothing else is to be begun. */
export function isWorking(operation: Progress | undefined): boolean {
  return operation !== undefined && !operation.finished && !onlyWaits(operation);
}
