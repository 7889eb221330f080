// The webhook as many would write it first: Express, better-sqlite3, one committed insert per request.
// node server.mjs DATABASE; prints {"listening": "http://127.0.0.1:PORT"} when it answers.
import Database from 'better-sqlite3';
import express from 'express';

const database = new Database(process.argv[2]);
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.exec(`
  create table if not exists inbox (
    channel_id text not null,
    message_number integer not null,
    resource_id text not null,
    resource_state text not null,
    received_at_ms integer not null,
    primary key (channel_id, message_number)
  )
`);
const insert = database.prepare('insert or ignore into inbox values (?, ?, ?, ?, ?)');
const token = process.env.BENCH_CHANNEL_TOKEN;

const app = express();
app.disable('x-powered-by');
app.post('/webhooks/calendar/google', (request, response) => {
  const header = (name) => request.get(`x-goog-${name}`);
  const number = Number(header('message-number'));
  if (!header('channel-id') || !header('resource-id') || !Number.isSafeInteger(number)) {
    response.status(400).json({ status: 'malformed' });
  } else if (header('channel-token') !== token) {
    response.status(401).json({ status: 'unauthorized' });
  } else {
    const { changes } = insert.run(header('channel-id'), number, header('resource-id'), header('resource-state'), Date.now());
    response.json({ status: changes === 1 ? 'accepted' : 'duplicate' });
  }
});

const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` }));
});
// Ends with whoever started it.
process.stdin.on('end', () => process.exit(0)).resume();
