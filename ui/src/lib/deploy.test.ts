import { describe, expect, it } from 'vitest';
import { HOSTS, publicAddress, stepsOf } from './deploy';

const place = {
  address: 'https://calendar.clinic.example',
  clientId: '12-ab.apps.googleusercontent.com',
  version: '0.1.0',
};
const text = (host: (typeof HOSTS)[number], at = place) =>
  stepsOf(host, at)
    .map((step) => step.code)
    .join('\n');

describe('an address that Google could reach', () => {
  it.each([
    ['https://calendar.clinic.example', 'https://calendar.clinic.example'],
    [' calendar.clinic.example/ ', 'https://calendar.clinic.example'],
    ['https://Calendar.Clinic.example:8443/path?x=1', 'https://calendar.clinic.example:8443'],
  ])('%s', (typed, read) => expect(publicAddress(typed)).toBe(read));

  it.each([
    '',
    'https://',
    'http://calendar.clinic.example',
    'https://127.0.0.1:8480',
    'https://[::1]:8480',
    'https://localhost',
    'https://receiver.local',
    'https://user:secret@calendar.clinic.example',
    "https://x.example'; rm -rf /",
    'ftp://calendar.clinic.example',
  ])('not %s', (typed) => expect(publicAddress(typed)).toBeNull());
});

describe('the deploy guide', () => {
  it.each(HOSTS)('of %s names the address and the client, and ends with pairing', (host) => {
    expect(text(host)).toContain('https://calendar.clinic.example');
    expect(text(host)).toContain(place.clientId);
    expect(stepsOf(host, place).at(-1)?.code).toContain('pair --role admin');
    expect(stepsOf(host, place).at(-1)?.about).toBe('deploy.pair');
  });

  it('hands https to the receiver, by the name alone', () => {
    expect(text('server')).toContain("'calendar.clinic.example {'");
    expect(text('server')).toContain('reverse_proxy 127.0.0.1:8480');
  });

  it('never asks for the secret in a command that a shell remembers', () => {
    for (const host of ['server', 'docker'] as const) expect(text(host)).toMatch(/CLIENT_SECRET=$/m);
  });

  it('takes the app’s name from a host of Fly.io', () => {
    const own = text('fly', { ...place, address: 'https://nord-clinic.fly.dev' });
    expect(own).toContain('fly apps create nord-clinic\n');
    expect(own).not.toContain('fly certs');
    expect(text('fly')).toContain('fly certs add calendar.clinic.example');
  });
});
