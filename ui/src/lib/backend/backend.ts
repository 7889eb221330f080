import { t } from '$lib/messages.svelte';
import { sentenceWords } from '$lib/told';
import type { Answer, Fault, Hint, Request, Response, StrangeCertificate } from '$lib/wire';

export type Call = Request['call'];
type Kind = Answer['kind'];

/** Which answer each call gets, as the agent's `Request` documents it. */
const answers = {
  snapshot: 'snapshot',
  link: 'link',
  lag: 'lag',
  delivery: 'delivery',
  coverage: 'coverage',
  activity: 'activity',
  missed_changes: 'missed_changes',
  fire_drills: 'fire_drills',
  audit: 'audit',
  renew: 'operation',
  renew_due: 'operation',
  sync: 'operation',
  test_delivery: 'operation',
  fire_drill: 'operation',
  pause: 'operation',
  resume: 'operation',
  approve: 'operation',
  reject: 'operation',
  clinics: 'clinics',
  create_clinic: 'clinic',
  set_clinic: 'clinic',
  grants: 'grants',
  grant_health: 'grant_health',
  calendars: 'calendars',
  add_link: 'link',
  disconnect: 'done',
  connect_google: 'connect',
  connect_state: 'connect',
  connect_open_again: 'connect',
  connect_cancel: 'connect',
  acknowledge: 'done',
  snooze: 'done',
  snooze_link: 'done',
  banner_read: 'done',
  closed_to_tray: 'done',
  pause_alerts: 'done',
  resume_alerts: 'done',
  alert_history: 'alert_history',
  alert_rules: 'alert_rules',
  set_alert_rule: 'alert_rules',
  set_quiet_hours: 'alert_rules',
  backtest: 'backtest',
  test_alert: 'done',
  pair: 'receivers',
  trust_certificate: 'receivers',
  follow_link: 'done',
  visit_seen: 'done',
  start_local_receiver: 'receivers',
  stop_local_receiver: 'receivers',
  restart_local_receiver: 'receivers',
  local_log: 'local_log',
  receiver_health: 'receiver_health',
  pause_receiver: 'done',
  resume_receiver: 'done',
  drain_receiver: 'operation',
  begin_demo: 'done',
  leave_demo: 'done',
  receivers: 'receivers',
  choose_receiver: 'receivers',
  rename_receiver: 'receivers',
  forget_receiver: 'receivers',
  devices: 'devices',
  revoke_device: 'done',
  settings: 'settings',
  set_settings: 'settings',
  save_file: 'saved',
  startup: 'startup',
  set_startup: 'startup',
  check_update: 'done',
  fetch_update: 'done',
  diagnostics: 'diagnostics',
  save_diagnostics: 'saved',
  about: 'about',
} as const satisfies Record<Call, Kind>;

type ValueOf<K extends Kind> = Extract<Answer, { kind: K }> extends { value: infer V } ? V : undefined;
export type AnswerTo<C extends Call> = ValueOf<(typeof answers)[C]>;
export type Ask<C extends Call> = Extract<Request, { call: C }>;

/** The way to the agent: one question at a time, and hints that something changed. */
export interface Backend {
  send(request: Request): Promise<Response>;
  /** Calls back with every hint until the returned function is called; `lost` tells that the way itself broke. */
  listen(hint: (hint: Hint) => void, lost: (broken: boolean) => void): () => void;
}

/** A fault as an exception: what is wrong, and what heals it. */
export class Refusal extends Error {
  readonly code: string;
  readonly action: string;
  /** The certificate that was not taken, for a person to compare. */
  readonly certificate: StrangeCertificate | null;

  constructor(fault: Fault) {
    super(sentenceWords(fault.message));
    this.name = 'Refusal';
    this.code = fault.code;
    this.action = sentenceWords(fault.action);
    this.certificate = fault.certificate ?? null;
  }
}

/** Asks and takes the answer out of its envelope; throws `Refusal`. */
export async function ask<C extends Call>(backend: Backend, request: Ask<C>): Promise<AnswerTo<C>> {
  const response = await backend.send(request);
  if ('error' in response) throw new Refusal(response.error);
  const expected = answers[request.call];
  if (response.ok.kind !== expected) {
    throw new Refusal({
      code: 'unexpected_answer',
      message: t('agent.misfit', { call: request.call, kind: response.ok.kind }),
      action: t('agent.restart'),
    });
  }
  return ('value' in response.ok ? response.ok.value : undefined) as AnswerTo<C>;
}

/** What to show for anything that was thrown. */
export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof Refusal) return thrown;
  return new Refusal({
    code: 'agent_unreachable',
    message: t('agent.silent'),
    action: t('agent.tries_again'),
  });
}
