import type { AuditEntry, Chain, Clinic, Device, Grant, Link } from '$lib/wire';
import { count, counted } from './format';

const DID: Record<string, string> = {
  create_clinic: 'added a clinic',
  change_clinic: 'changed a clinic',
  delete_clinic: 'deleted a clinic',
  forget_clinic: 'had a clinic forgotten',
  begin_connect: 'began to connect Google',
  connect_google: 'connected Google',
  disconnect_google: 'disconnected Google',
  add_link: 'added a calendar',
  delete_link: 'removed a calendar',
  renew_due: 'renewed all that was due',
  renew: 'renewed',
  sync: 'synced',
  test_delivery: 'tested delivery',
  fire_drill: 'began a fire drill',
  pause: 'paused',
  resume: 'resumed',
  approve: 'approved held cancellations',
  reject: 'kept appointments whose cancellation was held',
  revoke_device: 'shut a device out',
  pair: 'paired a device',
  pause_receiver: 'paused the receiver',
  resume_receiver: 'resumed the receiver',
  drain_receiver: 'drained the receiver',
  create_appointment: 'booked an appointment',
  change_appointment: 'changed an appointment',
  cancel_appointment: 'cancelled an appointment',
  restore_appointment: 'restored an appointment',
  add_webhook_endpoint: 'added a webhook endpoint',
  change_webhook_endpoint: 'changed a webhook endpoint',
  delete_webhook_endpoint: 'removed a webhook endpoint',
  replay_webhooks: 'sent webhooks again',
  read: 'looked',
};

/** What was done, in words; an action this version does not know is shown as it is called. */
export function whatWords(entry: AuditEntry): string {
  return DID[entry.what] ?? entry.what.replaceAll('_', ' ');
}

/** "done", or "refused: no permission". */
export function resultWords(entry: AuditEntry): string {
  const code = /^refused: (.*)$/.exec(entry.result)?.[1];
  return code ? `refused: ${code.replaceAll('_', ' ')}` : entry.result;
}

export interface Known {
  links: ReadonlyMap<string, Link>;
  clinics: readonly Clinic[];
  grants: readonly Grant[];
  devices: readonly Device[];
}

/** What it was done to, as far as it is still known here. */
export function subjectWords(entry: AuditEntry, known: Known): string {
  const id = entry.subject_id;
  if (!id) return '';
  const link = known.links.get(id);
  if (link) return `${link.clinic_name} · ${link.calendar_name}`;
  const clinic = known.clinics.find((one) => one.id === id);
  const grant = known.grants.find((one) => one.id === id);
  const device = known.devices.find((one) => one.id === id);
  return clinic?.name ?? grant?.account ?? device?.name ?? `no longer here (${id.slice(0, 8)})`;
}

/** Whether the trail can be trusted, in a sentence. */
export function chainWords(chain: Chain): string {
  if (chain.intact)
    return chain.entries === 1
      ? 'The one entry is as it was written.'
      : `All ${count(chain.entries)} entries are as they were written, and none is missing.`;
  const which = `Entry ${chain.broken_at ?? '?'} of ${counted(chain.entries, 'entry', 'entries')}`;
  return `${which} was changed or is missing. Ask who can reach the receiver’s database, and compare with a backup.`;
}
