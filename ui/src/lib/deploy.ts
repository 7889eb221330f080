import type { MessageKey } from './messages.svelte';

/** Where a receiver can run so that Google reaches it. */
export const HOSTS = ['server', 'docker', 'fly'] as const;
export type Host = (typeof HOSTS)[number];

/** What the commands are filled with. */
export interface Place {
  /** Https, without a path. */
  address: string;
  clientId: string;
  version: string;
}

export interface Step {
  about: MessageKey;
  /** To copy into a terminal. */
  code: string;
}

/** The https address that somebody typed, without a path; null while it is none that Google could reach. */
export function publicAddress(typed: string): string | null {
  const text = typed.trim();
  const named = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (!URL.canParse(named)) return null;
  const url = new URL(named);
  const isName = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(url.hostname) && !/^[\d.]+$/.test(url.hostname);
  const isHere = url.hostname.endsWith('.localhost') || url.hostname.endsWith('.local');
  return url.protocol === 'https:' && isName && !isHere && url.username === '' ? `https://${url.host}` : null;
}

const ENV = '/etc/syncward/receiver.env';

function environment({ address, clientId }: Place): Step {
  const code = [
    'sudo install -d -m 0700 /etc/syncward',
    `sudo install -m 0600 /dev/stdin ${ENV} <<'END'`,
    `SYNCWARD_PUBLIC_URL=${address}`,
    `SYNCWARD_GOOGLE_CLIENT_ID=${clientId}`,
    'SYNCWARD_GOOGLE_CLIENT_SECRET=',
    'END',
    `sudoedit ${ENV}`,
  ].join('\n');
  return { about: 'deploy.settings', code };
}

function proxy({ address }: Place): Step {
  const host = new URL(address).host;
  const code = [
    'sudo apt install caddy',
    `printf '%s\\n' '${host} {' '  reverse_proxy 127.0.0.1:8480' '}' | sudo tee -a /etc/caddy/Caddyfile`,
    'sudo systemctl reload caddy',
  ].join('\n');
  return { about: 'deploy.proxy', code };
}

const check = ({ address }: Place): Step => ({ about: 'deploy.check', code: `curl -i ${address}/readyz` });

const SERVER = (place: Place): Step[] => [
  { about: 'deploy.package', code: `sudo apt install ./Syncward_${place.version}_amd64.deb` },
  environment(place),
  { about: 'deploy.start', code: 'sudo systemctl enable --now syncward-receiver' },
  proxy(place),
  check(place),
  {
    about: 'deploy.pair',
    code: `sudo SYNCWARD_DATA_DIR=/var/lib/syncward SYNCWARD_PUBLIC_URL=${place.address} syncward-receiver pair --role admin`,
  },
];

const DOCKER = (place: Place): Step[] => [
  { about: 'deploy.image', code: 'docker build -f deploy/Dockerfile -t syncward-receiver .' },
  environment(place),
  {
    about: 'deploy.start',
    code: [
      'sudo docker run -d --name syncward-receiver --restart always \\',
      `  --env-file ${ENV} -v syncward_data:/data -p 127.0.0.1:8480:8480 syncward-receiver`,
    ].join('\n'),
  },
  proxy(place),
  check(place),
  {
    about: 'deploy.pair',
    code: 'sudo docker exec --user syncward syncward-receiver syncward-receiver pair --role admin',
  },
];

function fly(place: Place): Step[] {
  const { hostname } = new URL(place.address);
  const own = hostname.endsWith('.fly.dev');
  const app = own ? hostname.slice(0, -'.fly.dev'.length) : `${hostname.replaceAll('.', '-')}-syncward`;
  const config = '--config deploy/fly.toml';
  const fill = `s#^app = .*#app = "${app}"#; s#^SYNCWARD_PUBLIC_URL = .*#SYNCWARD_PUBLIC_URL = "${place.address}"#`;
  const secrets = [
    `fly secrets set ${config} \\`,
    `  SYNCWARD_GOOGLE_CLIENT_ID=${place.clientId} SYNCWARD_GOOGLE_CLIENT_SECRET=… \\`,
    '  SYNCWARD_SECRET_KEY="$(openssl rand -base64 32 | tee syncward-secret.key)"',
  ].join('\n');
  const user = 'setpriv --reuid=syncward --regid=syncward --clear-groups';
  return [
    {
      about: 'deploy.fly_app',
      code: [
        `sed -i '${fill}' deploy/fly.toml`,
        `fly apps create ${app}`,
        `fly volumes create syncward_data --size 3 ${config}`,
        ...(own ? [] : [`fly certs add ${hostname} ${config}`]),
      ].join('\n'),
    },
    { about: 'deploy.fly_secrets', code: secrets },
    { about: 'deploy.start', code: `fly deploy . ${config} --ha=false` },
    check(place),
    {
      about: 'deploy.pair',
      code: `fly ssh console ${config} --command "${user} syncward-receiver pair --role admin"`,
    },
  ];
}

/** What to do there, in order, each ready to be copied. */
export function stepsOf(host: Host, place: Place): Step[] {
  switch (host) {
    case 'server':
      return SERVER(place);
    case 'docker':
      return DOCKER(place);
    case 'fly':
      return fly(place);
  }
}
