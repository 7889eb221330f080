-- The whole schema, for reading: written by a test from migrations/, which alone are run.

CREATE TABLE activity (
    activity_id integer primary key autoincrement,
    public_id text not null unique,
    link_id text,
    clinic_id text,
    operation_id text,
    kind text not null,
    tone text not null check (tone in ('quiet', 'good', 'warn', 'bad')),
    text text not null,
    detail text,
    at_ms integer not null
) strict;

CREATE INDEX activity_link on activity (link_id, activity_id);

CREATE INDEX activity_mark on activity (kind, at_ms, link_id) where kind = 'renewed' or kind = 'receiver_updated';

CREATE TABLE appointment (
    appointment_id text primary key,
    clinic_id text not null references clinic on delete cascade,
    link_id text not null references link on delete cascade,
    google_event_id text not null,
    -- Title, description, location and attendees, sealed as one.
    content blob not null,
    starts text not null,
    ends text not null,
    -- For ranges: the first instant, and the last one or null for a series without end.
    from_at_ms integer not null,
    until_at_ms integer,
    time_zone text,
    all_day integer not null check (all_day in (0, 1)),
    status text not null check (status in ('confirmed', 'tentative', 'cancelled')),
    recurrence text not null default '[]',
    series_event_id text,
    original_start text,
    etag text,
    google_updated_at_ms integer,
    -- The listing that saw it last, for mark and sweep.
    seen_run_id text,
    -- Cancelled in Google, but held by the mass-change guard.
    held integer not null default 0 check (held in (0, 1)),
    revision integer not null,
    updated_at_ms integer not null, echo_waits integer not null default 0 check (echo_waits in (0, 1)),
    unique (link_id, google_event_id)
) strict;

CREATE INDEX appointment_range on appointment (clinic_id, from_at_ms);

CREATE TABLE audit (
    audit_id integer primary key autoincrement,
    public_id text not null unique,
    who text not null,
    what text not null,
    subject_id text,
    result text not null,
    hash text not null,
    at_ms integer not null
) strict;

CREATE TABLE change_feed (
    change_feed_id integer primary key autoincrement,
    clinic_id text not null,
    appointment_id text not null references appointment on delete cascade,
    revision integer not null,
    at_ms integer not null
) strict;

CREATE TABLE channel (
    channel_id text primary key,
    link_id text not null references link on delete cascade,
    token_hash blob not null,
    resource_id text,
    state text not null default 'opening'
        check (state in ('opening', 'unproved', 'live', 'superseded', 'stopped', 'expired', 'refused')),
    expires_at_ms integer,
    notifications integer not null default 0,
    made_at_ms integer not null
) strict;

CREATE INDEX channel_link on channel (link_id);

CREATE INDEX channel_made on channel (made_at_ms);

CREATE TABLE clinic (
    clinic_id text primary key,
    name text not null check (length(name) between 1 and 200),
    time_zone text not null,
    opening_hours text not null default '[]' check (json_valid(opening_hours)),
    made_at_ms integer not null
) strict;

CREATE TABLE "coverage_span" (
    coverage_span_id integer primary key,
    link_id text not null references link on delete cascade,
    watching text not null check (watching in ('push', 'overlap', 'polling', 'gap')),
    generation integer,
    cause text,
    from_at_ms integer not null,
    until_at_ms integer
) strict;

CREATE INDEX coverage_span_link on coverage_span (link_id, from_at_ms);

CREATE INDEX coverage_span_open on coverage_span (link_id, until_at_ms);

CREATE INDEX coverage_span_until on coverage_span (until_at_ms);

CREATE TABLE cursor_step (
    cursor_step_id integer primary key autoincrement,
    link_id text not null references link on delete cascade,
    kind text not null check (kind in ('incremental', 'full')),
    trigger text not null,
    runs integer not null default 1 check (runs > 0),
    -- The first 128 bits of SHA-256, in hex; null where everything was listed.
    cursor_in text,
    cursor_out text not null,
    listed integer not null default 0,
    created integer not null default 0,
    changed integer not null default 0,
    cancelled integer not null default 0,
    echoes integer not null default 0,
    missed integer not null default 0,
    held integer not null default 0,
    -- Of the first run, and of the last.
    started_at_ms integer not null,
    finished_at_ms integer not null,
    check (kind = 'full' or cursor_in is not null)
) strict;

CREATE INDEX cursor_step_finished on cursor_step (finished_at_ms);

CREATE INDEX cursor_step_link on cursor_step (link_id, cursor_step_id);

CREATE TABLE delivery_fleet_hour (
    hour integer primary key,
    notifications integer not null default 0,
    changes integer not null default 0,
    push_changes integer not null default 0,
    missed_changes integer not null default 0
) strict;

CREATE TABLE delivery_hour (
    link_id text not null references link on delete cascade,
    hour integer not null,
    changes integer not null default 0,
    -- Changes found while push was the mode, and those of them that nothing announced.
    push_changes integer not null default 0,
    missed_changes integer not null default 0, notifications integer not null default 0,
    primary key (link_id, hour)
) strict, without rowid;

CREATE INDEX delivery_hour_hour on delivery_hour (hour);

CREATE TABLE device (
    device_id text primary key,
    name text not null,
    role text not null check (role in ('viewer', 'operator', 'admin', 'integration')),
    token_hash blob not null unique,
    paired_at_ms integer not null,
    seen_at_ms integer,
    revoked_at_ms integer
, expires_at_ms integer) strict;

CREATE TABLE "effect" (
    effect_id integer primary key autoincrement,
    link_id text not null references link on delete cascade,
    effect text not null check (json_valid(effect)),
    made_at_ms integer not null
, fence integer not null default 0) strict;

CREATE TABLE fire_drill (
    fire_drill_id integer primary key autoincrement,
    -- What a person followed; it goes before the evidence does.
    operation_id text not null unique,
    link_id text not null references link on delete cascade,
    -- The channel that was stopped on purpose, and the one that took over.
    generation integer not null,
    successor integer,
    asked_at_ms integer not null,
    stopped_at_ms integer,
    -- The first run without a channel began, and one ended well.
    polling_at_ms integer,
    run_at_ms integer,
    proved_at_ms integer,
    ended_at_ms integer,
    failure text,
    check (failure is null or ended_at_ms is not null)
) strict;

CREATE INDEX fire_drill_asked on fire_drill (asked_at_ms);

CREATE INDEX fire_drill_link on fire_drill (link_id, fire_drill_id);

CREATE TABLE google_grant (
    google_grant_id text primary key,
    clinic_id text not null references clinic on delete cascade,
    account text not null,
    -- Sealed; null once disconnected.
    refresh_token blob,
    scopes text not null,
    lost_reason text,
    lost_at_ms integer,
    ended_at_ms integer,
    made_at_ms integer not null, refresh_fence integer not null default 0, refresh_until_at_ms integer not null default 0,
    check ((lost_reason is null) = (lost_at_ms is null))
) strict;

CREATE UNIQUE INDEX google_grant_account on google_grant (clinic_id, account) where ended_at_ms is null;

CREATE TABLE grant_life (
    grant_life_id integer primary key autoincrement,
    google_grant_id text not null references google_grant on delete cascade,
    -- The OAuth client it was given to.
    client_id text not null,
    began_at_ms integer not null,
    -- The end that Google named when it was given.
    named_end_at_ms integer,
    -- When Google no longer honoured it, or a newer one took its place.
    ended_at_ms integer,
    reason text
) strict;

CREATE INDEX grant_life_grant on grant_life (google_grant_id, grant_life_id);

CREATE TABLE idempotency_key (
    device_id text not null,
    key text not null,
    clinic_id text not null,
    body_hash blob not null,
    status integer not null,
    -- Sealed.
    answer blob not null,
    at_ms integer not null,
    primary key (device_id, key)
) strict;

CREATE TABLE lag_span (
    lag_span_id integer primary key,
    link_id text references link on delete cascade,
    span_s integer not null check (span_s in (60, 3600)),
    start_s integer not null,
    -- Mergeable sketches (DataDog's), empty without a sample: the whole latency and its legs.
    whole blob not null,
    delivery blob not null,
    pickup blob not null,
    apply blob not null
) strict;

CREATE UNIQUE INDEX lag_span_place on lag_span (coalesce(link_id, ''), span_s, start_s);

CREATE INDEX lag_span_start on lag_span (span_s, start_s);

CREATE TABLE link (
    link_id text primary key,
    clinic_id text not null references clinic on delete cascade,
    google_grant_id text not null references google_grant,
    google_calendar_id text not null,
    calendar_name text not null,
    -- The engine's whole state, and when it wants to wake.
    engine text not null check (json_valid(engine)),
    deadline_at_ms integer,
    -- Whether notifications are worth a run: neither paused, nor lost, nor ended.
    watched integer not null default 1 check (watched in (0, 1)),
    cursor text,
    held_cancellations integer not null default 0,
    synced_at_ms integer,
    deleted_at_ms integer,
    made_at_ms integer not null,
    notifications integer not null default 0,
    duplicates integer not null default 0,
    changes integer not null default 0,
    missed_changes integer not null default 0,
    runs integer not null default 0
, echoes integer not null default 0, echoes_announced integer not null default 0) strict;

CREATE UNIQUE INDEX link_calendar on link (clinic_id, google_calendar_id) where deleted_at_ms is null;

CREATE INDEX link_deadline on link (deadline_at_ms);

CREATE TABLE missed_change (
    missed_change_id integer primary key autoincrement,
    link_id text not null references link on delete cascade,
    changed_at_ms integer not null,
    found_at_ms integer not null,
    -- The run's trigger.
    found_by text not null
) strict;

CREATE INDEX missed_change_found on missed_change (found_at_ms);

CREATE INDEX missed_change_link on missed_change (link_id, missed_change_id);

CREATE TABLE notification (
    notification_id integer primary key,
    channel_id text not null references channel on delete cascade,
    link_id text not null,
    message_number integer not null check (message_number > 0),
    kind text not null check (kind in ('handshake', 'change')),
    resource_id text not null,
    received_at_ms integer not null,
    processed_at_ms integer,
    unique (channel_id, message_number)
) strict;

CREATE INDEX notification_received on notification (link_id, received_at_ms);

CREATE INDEX notification_unprocessed on notification (notification_id) where processed_at_ms is null;

CREATE TABLE oauth_attempt (
    -- SHA-256 of the state that travels through the browser.
    state_hash blob primary key,
    clinic_id text not null references clinic on delete cascade,
    verifier blob not null,
    redirect_uri text not null,
    expires_at_ms integer not null,
    used_at_ms integer
) strict;

CREATE TABLE old_key (
    old_key_id integer primary key,
    key_id text not null unique,
    sealed blob not null,
    at_ms integer not null
) strict;

CREATE TABLE operation (
    operation_id text primary key,
    link_id text,
    kind text not null,
    step text not null,
    message text not null default '',
    finished_at_ms integer,
    failed integer not null default 0 check (failed in (0, 1)),
    at_ms integer not null
) strict;

CREATE TABLE outbox (
    outbox_id integer primary key autoincrement,
    appointment_id text not null references appointment on delete cascade,
    link_id text not null references link on delete cascade,
    kind text not null check (kind in ('insert', 'patch', 'delete')),
    revision integer not null,
    attempts integer not null default 0,
    not_before_ms integer not null default 0,
    failure text,
    made_at_ms integer not null
, fence integer not null default 0, queued_at_ms integer not null default 0, refused integer not null default 0 check (refused in (0, 1))) strict;

CREATE INDEX outbox_link on outbox (link_id, outbox_id);

CREATE TABLE pairing_code (
    code_hash blob primary key,
    role text not null check (role in ('viewer', 'operator', 'admin', 'integration')),
    expires_at_ms integer not null,
    used_at_ms integer,
    void_at_ms integer
) strict;

CREATE TABLE pairing_guess (
    pairing_guess_id integer primary key,
    at_ms integer not null
) strict;

CREATE TABLE quota_pause (
    who text primary key,
    until_at_ms integer not null,
    reason text not null,
    status integer,
    refusals integer not null
) strict;

CREATE TABLE quota_use (
    writer text not null,
    who text not null,
    second_s integer not null,
    calls integer not null check (calls > 0),
    primary key (writer, who, second_s)
) strict;

CREATE INDEX quota_use_second on quota_use (second_s);

CREATE TABLE receipt (
    receipt_id text primary key,
    clinic_id text not null,
    who text not null,
    receipt text not null check (json_valid(receipt)),
    at_ms integer not null
) strict;

CREATE TABLE receiver (
    receiver_id text primary key,
    paused integer not null default 0 check (paused in (0, 1)),
    -- What permanent refusals were met under; another value makes them worth another try.
    configuration text not null default '',
    made_at_ms integer not null
, alive_at_ms integer, seal_key_id text, absent_from_ms integer, told_by integer not null default 0, reach_address text, reach_fingerprint text, door_address text, door_fingerprint text, version text) strict;

CREATE TABLE replica (
    fence integer primary key autoincrement,
    began_at_ms integer not null,
    until_at_ms integer not null
) strict;

CREATE TABLE revision (
    appointment_id text not null references appointment on delete cascade,
    revision integer not null,
    -- `google` or `api`.
    source text not null,
    -- Whether this version lost a conflict.
    lost integer not null default 0 check (lost in (0, 1)),
    snapshot blob not null,
    at_ms integer not null,
    primary key (appointment_id, revision, lost)
) strict;

CREATE INDEX revision_made on revision (at_ms);

CREATE TABLE rhythm (
    link_id text primary key references link on delete cascade,
    rhythm text not null check (json_valid(rhythm))
, unusual_from_ms integer) strict;

CREATE TABLE sync_run (
    sync_run_id text primary key,
    link_id text not null references link on delete cascade,
    trigger text not null,
    kind text not null check (kind in ('incremental', 'full')),
    started_at_ms integer not null,
    finished_at_ms integer,
    outcome text,
    created integer not null default 0,
    changed integer not null default 0,
    cancelled integer not null default 0,
    missed integer not null default 0
, listed integer not null default 0) strict;

CREATE INDEX sync_run_link on sync_run (link_id, started_at_ms);

CREATE INDEX sync_run_started on sync_run (started_at_ms);

CREATE TABLE webhook_endpoint (
    webhook_endpoint_id text primary key,
    -- Null: of every clinic.
    clinic_id text references clinic on delete cascade,
    url text not null,
    -- Sealed.
    secret blob not null,
    enabled integer not null default 1 check (enabled in (0, 1)),
    made_at_ms integer not null
) strict;

CREATE TABLE webhook_message (
    -- The `webhook-id`: the same for every try.
    webhook_message_id text primary key,
    webhook_endpoint_id text not null references webhook_endpoint on delete cascade,
    change_feed_id integer not null references change_feed on delete cascade,
    appointment_id text not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts integer not null default 0,
    not_before_ms integer not null,
    failure text,
    made_at_ms integer not null,
    ended_at_ms integer, fence integer not null default 0,
    unique (webhook_endpoint_id, change_feed_id)
) strict;

CREATE INDEX webhook_message_feed on webhook_message (change_feed_id);

CREATE INDEX webhook_message_order on webhook_message (appointment_id, change_feed_id) where state = 'waiting';

CREATE INDEX webhook_message_waiting on webhook_message (webhook_endpoint_id, not_before_ms) where state = 'waiting';
