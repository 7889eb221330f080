import { MINUTE } from './format';

/** What the rule says before anybody edits it. */
const AT_FIRST_MS = 20 * MINUTE;

/** Read wherever a calendar's standing is shown, so that all of it follows the rule. */
let unsent_ms = $state(AT_FIRST_MS);

/** So long may an edit wait for Google before it is worth a look. */
export const unsentAfter = (): number => unsent_ms;

/** From now on as the alert rule says. */
export function countAsUnsent(after_ms = AT_FIRST_MS): void {
  unsent_ms = after_ms;
}
