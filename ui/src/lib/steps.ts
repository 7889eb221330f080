import { t } from './messages.svelte';
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
  return kind === 'sync' || kind === 'test_delivery' ? t(`step.${kind}`) : t('done.asked');
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

type Progress = Pick<OperationState, 'step' | 'finished'>;

/** Old and new channel live side by side: nothing is done meanwhile, only time passes. */
export function onlyWaits(operation: Progress | undefined): boolean {
  return operation !== undefined && !operation.finished && operation.step === 'overlapping';
}

/** Something is being done, so that nothing else is to be begun. */
export function isWorking(operation: Progress | undefined): boolean {
  return operation !== undefined && !operation.finished && !onlyWaits(operation);
}
