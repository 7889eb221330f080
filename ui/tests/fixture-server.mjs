// Serves ui/dist and an invented agent on loopback, for developing and photographing the window.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agent } from './fixture.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const CSP = [
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:",
  "font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'",
].join('; ');

/** Starts on a free port; resolves to its address, the invented agent and a way to stop. */
export function serve(options = {}, port = 0) {
  const listeners = new Set();
  const invented = agent(options, (entity, rev) => {
    for (const response of listeners) response.write(`data: ${JSON.stringify({ entity, rev })}\n\n`);
  });
  options.adjust?.(invented.snapshot);
  const server = createServer((request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (path === '/rpc') {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(invented.answer(JSON.parse(body))));
      });
    } else if (path === '/hints') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(': open\n\n');
      listeners.add(response);
      request.on('close', () => listeners.delete(response));
    } else {
      let file = join(dist, normalize(path));
      if (!file.startsWith(dist) || !existsSync(file) || statSync(file).isDirectory()) file = join(dist, 'index.html');
      response.writeHead(200, {
        'content-type': types[extname(file)] ?? 'application/octet-stream',
        'content-security-policy': CSP,
      });
      createReadStream(file).pipe(response);
    }
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const stop = () => {
        for (const response of listeners) response.end();
        server.closeAllConnections();
        server.close();
      };
      resolve({ url: `http://127.0.0.1:${server.address().port}`, agent: invented, stop });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serve({ mode: process.argv[2] ?? 'good' }, Number(process.env.PORT ?? 0));
  process.stdout.write(`${url}\n`);
}
