import { onlyWaits } from './steps';
import type { OperationState } from './wire';

/** How far what was begun together has come. */
export interface Outcome {
  done: number;
  failed: OperationState[];
  open: number;
}

/** Of the operations begun, those that are over; a renewal is done once the new channel has proved itself. */
export function outcomeOf(begun: readonly string[], operations: readonly OperationState[]): Outcome {
  const known = operations.filter((one) => begun.includes(one.id));
  const failed = known.filter((one) => one.failed);
  const done = known.filter((one) => !one.failed && (one.finished || onlyWaits(one))).length;
  return { done, failed, open: begun.length - done - failed.length };
}
