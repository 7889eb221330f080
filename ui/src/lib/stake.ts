import type { GrantHealth, Link } from './wire';

/** More accounts than this are not asked one by one before a question is shown. */
export const GRANTS_MOST = 60;

/** How many appointments rest on some Google accounts: of the next 24 hours, and of the next 7 days. */
export interface Stake {
  soon: number;
  week: number;
}

/** The accounts behind the calendars, each once; none when they are too many to be asked. */
export function grantsOf(links: readonly Pick<Link, 'grant_id'>[]): string[] {
  const grants = [...new Set(links.map((link) => link.grant_id))];
  return grants.length > GRANTS_MOST ? [] : grants;
}

export function stakeOf(healths: readonly Pick<GrantHealth, 'rests_on_it'>[]): Stake {
  const sum = (of: 'appointments_24h' | 'appointments_7d'): number =>
    healths.reduce((total, { rests_on_it }) => total + rests_on_it[of], 0);
  return { soon: sum('appointments_24h'), week: sum('appointments_7d') };
}
