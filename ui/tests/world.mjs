// Starts the real thing for the window's tests: the simulator, a receiver that is seeded like the demo, and the agent
// on loopback. Every child ends with its standard input, and the agents when this process does, so none outlives the test.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder =
  process.env.SYNCWARD_TEST_BINARIES ?? join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug');
const children = [];
const folders = [];

/** The agent listens to no standard input; it ends on TERM. */
const isAgent = (child) => child.spawnargs[0].endsWith('syncward-agent');

// Also after an error that nobody caught. A signal would end this process without a word to anybody.
process.on('exit', () => children.filter(isAgent).forEach((child) => child.kill('SIGTERM')));
for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
  process.once(signal, () => process.exit(128 + number));
}

/** Runs a program and takes the JSON of its first line. */
async function start(program, args, env = {}) {
  const child = spawn(join(folder, program), args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.once('spawn', () => children.push(child));
  let said = '';
  child.stderr.on('data', (part) => (said = (said + part).slice(-4000)));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => line),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${program} ended (${code}): ${said}`))),
    once(child, 'error').then(([error]) => Promise.reject(error)),
  ]);
  lines.on('line', () => undefined);
  return { child, ...JSON.parse(first) };
}

async function json(method, url, body, headers = {}) {
  const answer = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Asks `look` again and again until it is truthy; gives up after `patience_ms`. */
export async function until(what, look, patience_ms = 60_000) {
  const end = Date.now() + patience_ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${patience_ms / 1000} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** The demo's world, and the simulator's own controls. */
export async function startWorld() {
  const env = {
    SYNCWARD_OVERLAP: '4s',
    SYNCWARD_HANDSHAKE_TIMEOUT: '3s',
    CARGO_TARGET_DIR: join(folder, '..'),
  };
  const world = await start('xtask', ['world'], env);
  const pairingCode = (role) => {
    const { stdout, stderr, status } = spawnSync(
      join(folder, 'syncward-receiver'),
      ['pair', '--role', role, '--json'],
      {
        env: {
          ...process.env,
          SYNCWARD_DATA_DIR: join(root, 'target/demo/receiver'),
          SYNCWARD_GOOGLE_CLIENT_ID: 'demo.apps.googleusercontent.com',
        },
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`pair: ${stderr}`);
    return JSON.parse(stdout).code;
  };
  return {
    ...world,
    sim: (method, path, body) => json(method, `${world.google}/sim${path}`, body),
    /** The clinic's own system books an appointment. */
    book: async (link, title) => {
      const api = `${world.receiver}/api/v1`;
      const { token } = await json('POST', `${api}/pair`, {
        code: pairingCode('integration'),
        device: 'clinic system',
      });
      const draft = { link_id: link.id, title, start: '2031-03-04T09:00:00Z', end: '2031-03-04T09:30:00Z' };
      return json('POST', `${api}/appointments`, draft, { authorization: `Bearer ${token}` });
    },
    /** One more one-time code, from the receiver's own command line. */
    code: pairingCode,
  };
}

/** An agent with a folder of its own; `ask` puts a question to it as the window would. */
export async function startAgent(args = [], env = { SYNCWARD_DEMO: 'true' }) {
  const own = mkdtempSync(join(tmpdir(), 'syncward-window-'));
  folders.push(own);
  const options = ['--no-keychain', '--data-dir', join(own, 'agent'), '--pages', join(root, 'ui/dist'), ...args];
  const agent = await start('syncward-agent', options, {
    BROWSER: 'true',
    DBUS_SESSION_BUS_ADDRESS: 'disabled:',
    SYNCWARD_ALERT_AFTER: '2',
    ...env,
    XDG_DOWNLOAD_DIR: join(own, 'downloads'),
  });
  const { origin, searchParams } = new URL(agent.listening);
  const ask = async (request) => {
    const bearer = { authorization: `Bearer ${searchParams.get('token')}` };
    const answer = await json('POST', `${origin}/rpc`, request, bearer);
    if (answer.error) throw new Error(`${request.call}: ${answer.error.code} ${answer.error.message}`);
    return answer.ok.value;
  };
  const snapshot = () => ask({ call: 'snapshot' });
  const link = async (text) =>
    (await snapshot()).links.find((one) => `${one.clinic_name} · ${one.calendar_name}`.includes(text));
  /** Where everything stands, in one line: for who has to find out why a story failed. */
  const summary = async () => {
    const { connection, links, alerts } = await snapshot();
    const calendars = links.map((one) => `${one.calendar_name} ${one.state} ${one.reason?.code ?? ''}`.trim());
    return [connection.status, ...calendars, ...alerts.map((one) => `${one.id} ${one.state}`)].join('; ');
  };
  return { entry: agent.listening, origin, ask, snapshot, link, summary, folder: own, process: agent.child };
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  await new Promise((closed) => server.close(closed));
  return port;
}

/** A receiver, and what its command line `pair` prints. */
async function startReceiver(env) {
  const running = await start('syncward-receiver', ['serve', '--exit-with-stdin'], env);
  const pair = () => {
    const { stdout, stderr, status } = spawnSync(join(folder, 'syncward-receiver'), ['pair', '--json'], {
      env: { ...process.env, ...env },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`pair: ${stderr}`);
    return JSON.parse(stdout);
  };
  return { ...running, pair };
}

/** A receiver over a folder that another one filled. */
export async function startOver(kept) {
  const { listening, pair } = await startReceiver({
    SYNCWARD_DATA_DIR: kept,
    SYNCWARD_LISTEN: `127.0.0.1:${await freePort()}`,
    SYNCWARD_GOOGLE_CLIENT_ID: 'bench',
    SYNCWARD_GOOGLE_API_URL: 'http://127.0.0.1:9',
    SYNCWARD_LOG: 'error',
  });
  return { address: listening, code: () => pair().code };
}

/** One more receiver over the world's simulator, with a store of its own and no calendar yet; Google may reach it. */
export async function startAside({ google }, { reached } = { reached: false }) {
  const own = mkdtempSync(join(tmpdir(), 'syncward-aside-'));
  folders.push(own);
  const env = {
    SYNCWARD_DATA_DIR: own,
    SYNCWARD_LISTEN: '127.0.0.1:0',
    SYNCWARD_GOOGLE_CLIENT_ID: 'demo.apps.googleusercontent.com',
    SYNCWARD_GOOGLE_API_URL: google,
    SYNCWARD_GOOGLE_AUTH_URL: `${google}/o/oauth2/v2/auth`,
    SYNCWARD_GOOGLE_TOKEN_URL: `${google}/token`,
    SYNCWARD_GOOGLE_REVOKE_URL: `${google}/revoke`,
    SYNCWARD_OVERLAP: '4s',
    SYNCWARD_HANDSHAKE_TIMEOUT: '12s',
  };
  if (reached) {
    env.SYNCWARD_LISTEN = `127.0.0.1:${await freePort()}`;
    env.SYNCWARD_PUBLIC_URL = `http://${env.SYNCWARD_LISTEN}`;
  }
  const { listening, pair } = await startReceiver(env);
  return { address: listening, code: () => pair().code };
}

/** An empty receiver that signs for itself; `rotate` gives it another certificate at the same address. */
export async function startOwnSigned() {
  const own = mkdtempSync(join(tmpdir(), 'syncward-signed-'));
  folders.push(own);
  const env = {
    SYNCWARD_DATA_DIR: own,
    SYNCWARD_LISTEN: '127.0.0.1:0',
    SYNCWARD_TLS: 'self-signed',
    SYNCWARD_GOOGLE_CLIENT_ID: 'demo.apps.googleusercontent.com',
  };
  let running = await startReceiver(env);
  const address = running.listening;
  env.SYNCWARD_LISTEN = new URL(address).host;
  const rotate = async () => {
    const gone = once(running.child, 'exit');
    running.child.stdin.end();
    await gone;
    rmSync(join(own, 'tls.pem'));
    running = await startReceiver(env);
    return running.fingerprint;
  };
  return { address, fingerprint: running.fingerprint, pair: running.pair, rotate };
}

/** A way to the receiver that can be cut, held up so that answers are waited for, and mended. */
export async function startWire(target) {
  const { hostname, port } = new URL(target);
  const sockets = new Set();
  let whole = true;
  let held = false;
  let words = null;
  const hold = () => {
    held = true;
    for (const socket of sockets) socket.pause();
  };
  const server = createServer((near) => {
    if (!whole) return void near.destroy();
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => (sockets.delete(socket), other.destroy()));
    }
    near.on('data', (part) => words && part.includes(words) && hold());
    near.pipe(far).pipe(near);
    if (held) hold();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    whole = false;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    /** Answers stay on the way until `flow`. */
    hold,
    /** The same from the first request on that has these words. */
    holdAt: (theirs) => (words = theirs),
    flow: () => {
      [held, words] = [false, null];
      for (const socket of sockets) socket.resume();
    },
    mend: () => (whole = true),
    end: () => (cut(), server.close()),
  };
}

/** Ends every child that this module started and waits for it. */
export async function endAll() {
  await Promise.all(
    children.map(async (child) => {
      // Ended by itself, or by a signal.
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.stdin.end();
      if (isAgent(child)) child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await gone;
      clearTimeout(timer);
    }),
  );
  for (const own of folders) rmSync(own, { recursive: true, force: true });
}
