// The whole surface of the simulator, driven by Google's Node client as it comes. One JSON line per check.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import { auth, calendar } from "@googleapis/calendar";

const { SIM, PROXY, CLIENT_ID, CLIENT_SECRET } = process.env;
const ADMIN = "admin@clinic.example";
const SCOPE = "https://www.googleapis.com/auth/calendar";
const REDIRECT = "http://127.0.0.1:9/callback";

const received = [];
const hook = createServer((request, response) => {
  received.push(request.headers);
  response.writeHead(200).end();
  hook.emit("notified");
}).listen(0, "127.0.0.1");
await once(hook, "listening");
const address = `http://127.0.0.1:${hook.address().port}/hook`;

const client = new auth.OAuth2({
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
  redirectUri: REDIRECT,
  forceRefreshOnFailure: true,
  endpoints: {
    oauth2AuthBaseUrl: `${PROXY}/o/oauth2/v2/auth`,
    oauth2TokenUrl: `${PROXY}/token`,
    oauth2RevokeUrl: `${PROXY}/revoke`,
  },
});
const api = calendar({ version: "v3", auth: client, rootUrl: `${PROXY}/`, retry: false });
const primary = { calendarId: "primary" };

async function check(name, work) {
  try {
    await work();
    console.log(JSON.stringify({ ok: true, name }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, name, why: String(error.stack ?? error).slice(0, 600) }));
  }
}

async function control(method, path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${SIM}/sim${path}`, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path} ${answer.status}`);
  return answer.json();
}

async function refused(status, reason, work) {
  const error = await work().then(
    () => assert.fail(`not refused with ${status} ${reason}`),
    (error) => error,
  );
  assert.equal(error.response?.status, status, String(error));
  if (reason) assert.equal(error.response.data.error.errors[0].reason, reason);
}

async function notified(channel, state, count) {
  const rows = () => received.filter((row) => row["x-goog-channel-id"] === channel && row["x-goog-resource-state"] === state);
  const signal = AbortSignal.timeout(10_000);
  while (rows().length < count) await once(hook, "notified", { signal });
  return rows();
}

function event(more = {}) {
  const at = (minutes) => ({ dateTime: new Date(Date.now() + minutes * 60_000).toISOString() });
  return { summary: "Check-up", start: at(60), end: at(90), ...more };
}

async function consent(extra, form) {
  const verifier = randomBytes(48).toString("base64url");
  const challenge = createHash("sha256").update(verifier).digest("base64url");
  const url = client.generateAuthUrl({
    access_type: "offline",
    prompt: "consent",
    scope: [SCOPE],
    state: "state-1",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...extra,
  });
  const page = await (await fetch(url)).text();
  assert.match(page, /Allow/);
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
  const back = new URL(answer.headers.get("location")).searchParams;
  assert.equal(back.get("state"), "state-1");
  return { verifier, back };
}

await check("a denied consent comes back as access_denied", async () => {
  const { back } = await consent({}, { decision: "deny" });
  assert.equal(back.get("error"), "access_denied");
});

await check("consent with PKCE gives tokens, once", async () => {
  const { verifier, back } = await consent({}, { decision: "allow", account: ADMIN });
  const code = back.get("code");
  await assert.rejects(client.getToken({ code, codeVerifier: "wrong".repeat(10) }), /invalid_grant/);
  const { tokens } = await client.getToken({ code, codeVerifier: verifier });
  assert.ok(tokens.refresh_token && tokens.access_token && tokens.expiry_date > Date.now());
  await assert.rejects(client.getToken({ code, codeVerifier: verifier }), /invalid_grant/);
  client.setCredentials(tokens);
});

await check("no refresh token without a fresh offline consent", async () => {
  const { verifier, back } = await consent({ access_type: "online", prompt: undefined }, { decision: "allow", account: ADMIN });
  const { tokens } = await client.getToken({ code: back.get("code"), codeVerifier: verifier });
  assert.equal(tokens.refresh_token, undefined);
});

await check("an expired access token is refreshed", async () => {
  await control("POST", `/accounts/${ADMIN}/expire-access-tokens`);
  await api.calendarList.list();
  const { credentials } = await client.refreshAccessToken();
  assert.ok(credentials.access_token);
});

await check("calendars", async () => {
  const { data } = await api.calendarList.list();
  assert.deepEqual(data.items.map((item) => item.id), [ADMIN]);
  assert.equal((await api.calendarList.get(primary)).data.primary, true);
  assert.equal((await api.calendars.get(primary)).data.id, ADMIN);
  await refused(404, "notFound", () => api.calendarList.get({ calendarId: "nobody@clinic.example" }));
});

await check("the life of an event", async () => {
  const { data: made } = await api.events.insert({ ...primary, sendUpdates: "none", requestBody: event({ id: randomUUID().replaceAll("-", "") }) });
  await refused(409, "duplicate", () => api.events.insert({ ...primary, requestBody: event({ id: made.id }) }));
  const eventId = made.id;
  assert.deepEqual((await api.events.get({ ...primary, eventId })).data, made);
  const { data: patched } = await api.events.patch({ ...primary, eventId, requestBody: { location: "Room 2" } });
  assert.equal(patched.summary, made.summary);
  const stale = { headers: { "If-Match": made.etag } };
  await refused(412, "conditionNotMet", () => api.events.update({ ...primary, eventId, requestBody: event() }, stale));
  const fresh = { headers: { "If-Match": patched.etag } };
  const { data: updated } = await api.events.update({ ...primary, eventId, requestBody: event({ summary: "New" }) }, fresh);
  assert.equal(updated.location, undefined);
  await api.events.delete({ ...primary, eventId });
  await refused(410, "deleted", () => api.events.delete({ ...primary, eventId }));
});

await check("a cursor tells of changes and tombstones", async () => {
  for (let n = 0; n < 5; n += 1) await api.events.insert({ ...primary, requestBody: event() });
  let page;
  const seen = [];
  do {
    ({ data: page } = await api.events.list({ ...primary, maxResults: 2, pageToken: page?.nextPageToken }));
    seen.push(...page.items);
  } while (page.nextPageToken);
  assert.equal(seen.length, 5);
  const syncToken = page.nextSyncToken;
  await api.events.delete({ ...primary, eventId: seen[0].id });
  const { data: changes } = await api.events.list({ ...primary, syncToken });
  assert.deepEqual(changes.items.map((item) => [item.id, item.status]), [[seen[0].id, "cancelled"]]);
  await refused(400, "badRequest", () => api.events.list({ ...primary, syncToken, q: "x" }));
  await control("POST", `/calendars/${ADMIN}/expire-sync-tokens`);
  await refused(410, "fullSyncRequired", () => api.events.list({ ...primary, syncToken }));
});

await check("a series and its instances", async () => {
  const body = { recurrence: ["RRULE:FREQ=DAILY;COUNT=3"] };
  const day = { start: { date: "2026-06-01" }, end: { date: "2026-06-02" } };
  const { data: master } = await api.events.insert({ ...primary, requestBody: { summary: "Course", ...day, ...body } });
  const { data: rows } = await api.events.instances({ ...primary, eventId: master.id });
  assert.deepEqual(rows.items.map((row) => row.id), ["20260601", "20260602", "20260603"].map((suffix) => `${master.id}_${suffix}`));
  const { data: one } = await api.events.get({ ...primary, eventId: rows.items[1].id });
  assert.equal(one.originalStartTime.date, "2026-06-02");
});

await check("a channel is opened, proved, told and stopped", async () => {
  const id = `clinic_${randomUUID()}_0a1b2c3d`;
  const { data: channel } = await api.events.watch({ ...primary, requestBody: { id, type: "web_hook", address, token: "t" } });
  const [handshake] = await notified(id, "sync", 1);
  assert.equal(handshake["x-goog-message-number"], "1");
  assert.equal(handshake["x-goog-resource-id"], channel.resourceId);
  await control("POST", `/calendars/${ADMIN}/events`, event());
  const [change] = await notified(id, "exists", 1);
  assert.ok(Number(change["x-goog-message-number"]) > 1);
  assert.equal(change["x-goog-channel-token"], "t");
  const stop = () => api.channels.stop({ requestBody: { id, resourceId: channel.resourceId } });
  assert.equal((await stop()).status, 204);
  await refused(404, "notFound", stop);
});

await check("faults wear Google's bodies", async () => {
  for (const [status, reason] of [[403, "userRateLimitExceeded"], [429, "rateLimitExceeded"], [503, "backendError"]]) {
    // On 403 this client refreshes its token and asks once more.
    const count = status === 403 ? 2 : 1;
    await control("POST", "/faults", { match: { operation: "events.*" }, action: { kind: "refuse", status, reason }, count });
    await refused(status, reason, () => api.events.list(primary));
  }
});

await check("a revoked consent is over", async () => {
  await client.revokeToken(client.credentials.refresh_token);
  await assert.rejects(client.refreshAccessToken(), /invalid_grant/);
});

hook.close();
hook.closeAllConnections();
