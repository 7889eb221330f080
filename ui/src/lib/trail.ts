import type { AuditEntry, Chain, Clinic, Device, Grant, Link } from '$lib/wire';
import { t } from './messages.svelte';

/** Actions that this version has words for. */
const DID = [
  'create_clinic',
  'change_clinic',
  'delete_clinic',
  'forget_clinic',
  'begin_connect',
  'connect_google',
  'disconnect_google',
  'add_link',
  'delete_link',
  'renew_due',
  'renew',
  'sync',
  'test_delivery',
  'fire_drill',
  'pause',
  'resume',
  'approve',
  'reject',
  'revoke_device',
  'pair',
  'pause_receiver',
  'resume_receiver',
  'drain_receiver',
  'create_appointment',
  'change_appointment',
  'cancel_appointment',
  'restore_appointment',
  'add_webhook_endpoint',
  'change_webhook_endpoint',
  'delete_webhook_endpoint',
  'replay_webhooks',
  'read',
] as const;

/** What was done, in words; an action this version does not know is shown as it is called. */
export function whatWords(entry: AuditEntry): string {
  const known = DID.find((one) => one === entry.what);
  return known ? t(`did.${known}`) : entry.what.replaceAll('_', ' ');
}

/** "done", or "refused: no permission". */
export function resultWords(entry: AuditEntry): string {
  const code = /^refused: (.*)$/.exec(entry.result)?.[1];
  if (code) return t('trail.refused', { why: code.replaceAll('_', ' ') });
  return entry.result === 'done' ? t('trail.done') : entry.result;
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
  return clinic?.name ?? grant?.account ?? device?.name ?? t('trail.gone', { id: id.slice(0, 8) });
}

/** Whether the trail can be trusted, in a sentence. */
export function chainWords(chain: Chain): string {
  const { entries: n } = chain;
  if (chain.intact) return n === 1 ? t('trail.one_intact') : t('trail.intact', { n });
  return t('trail.broken', { at: chain.broken_at ?? '?', n });
}
