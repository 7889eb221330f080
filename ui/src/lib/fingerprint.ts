/** A key's fingerprint in groups of four, as the receiver shows it. */
export function grouped(hex: string): string {
  return (hex.toUpperCase().match(/.{4}/g) ?? []).join(' ');
}
