export type Screen =
  | { name: 'overview' }
  | { name: 'channels' }
  | { name: 'channel'; id: string }
  | { name: 'latency' }
  | { name: 'alerts' }
  | { name: 'clinics'; connect: string | null; clinic: string | null; fresh: boolean }
  | { name: 'activity'; trail: boolean }
  | { name: 'receiver' }
  | { name: 'settings' }
  | { name: 'handover' }
  | { name: 'report'; month: string | null }
  | { name: 'wall' };

/** Reads the address: `#/channels/<id>`, `#/clinics?connect=<id>`, `#/clinics?new`; anything unknown is the overview. */
export function parse(hash: string): Screen {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [first = '', second] = path.split('/');
  switch (first) {
    case 'channels':
      return second ? { name: 'channel', id: decode(second) } : { name: 'channels' };
    case 'clinics': {
      const asked = new URLSearchParams(query);
      return { name: 'clinics', connect: asked.get('connect'), clinic: asked.get('clinic'), fresh: asked.has('new') };
    }
    case 'activity':
      return { name: 'activity', trail: new URLSearchParams(query).has('trail') };
    case 'report':
      return { name: 'report', month: /^\d{4}-\d\d$/.exec(second ?? '')?.[0] ?? null };
    case 'handover':
    case 'wall':
    case 'latency':
    case 'alerts':
    case 'receiver':
    case 'settings':
      return { name: first };
    default:
      return { name: 'overview' };
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const channelHref = (id: string): string => `#/channels/${encodeURIComponent(id)}`;
export const connectHref = (clinicId: string): string => `#/clinics?connect=${encodeURIComponent(clinicId)}`;
export const clinicHref = (clinicId: string): string => `#/clinics?clinic=${encodeURIComponent(clinicId)}`;
export const reportHref = (month: string): string => `#/report/${month}`;

/** The way to an address: one step longer, or shorter when it is the one before. */
export function walked(way: readonly string[], hash: string): readonly string[] {
  if (way.at(-1) === hash) return way;
  return way.at(-2) === hash ? way.slice(0, -1) : [...way, hash];
}
