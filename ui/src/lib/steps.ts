import type { OperationState } from '$lib/wire';

export const RENEWAL_STEPS = ['opening', 'proving', 'overlapping', 'old stopped'] as const;

/** How far a renewal is: the index of the step under way; 4 once all are done. */
export function renewalStep(operation: Pick<OperationState, 'step'>): number {
  switch (operation.step) {
    case 'asked':
    case 'opening':
      return 0;
    case 'proving':
      return 1;
    case 'overlapping':
      return 2;
    case 'stopping':
      return 3;
    case 'done':
      return RENEWAL_STEPS.length;
    default:
      return 0;
  }
}
