import type { Link } from '$lib/wire';

/** What is known of a link's receiver. */
export interface Reach {
  /** It does not answer. */
  silent(link: Link): boolean;
  /** This computer may act there. */
  mayOperate(link: Link): boolean;
  /** What it is called; nothing where there is only one. */
  name(link: Link): string | undefined;
}

/** Links that something can be asked for, and how many can't take part and why. */
export interface Parted {
  able: Link[];
  silent: number;
  /** The receivers that are silent, each once. */
  names: string[];
  viewed: number;
}

/** Parts those of whose receiver nothing can be asked now from the others. */
export function part(links: readonly Link[], reach: Reach): Parted {
  const silent = links.filter((link) => reach.silent(link));
  const answering = links.filter((link) => !reach.silent(link));
  const able = answering.filter((link) => reach.mayOperate(link));
  const names = new Set(silent.map((link) => reach.name(link)).filter((name) => name !== undefined));
  return { able, silent: silent.length, names: [...names], viewed: answering.length - able.length };
}
