-- Where the clinic's own system wants to be told of changes, and each message to it until it arrived or was given up.

create table webhook_endpoint (
    webhook_endpoint_id text primary key,
    -- Null: of every clinic.
    clinic_id text references clinic on delete cascade,
    url text not null,
    -- Sealed.
    secret blob not null,
    enabled integer not null default 1 check (enabled in (0, 1)),
    made_at_ms integer not null
) strict;

create table webhook_message (
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
    ended_at_ms integer,
    unique (webhook_endpoint_id, change_feed_id)
) strict;
create index webhook_message_waiting on webhook_message (webhook_endpoint_id, not_before_ms) where state = 'waiting';
create index webhook_message_order on webhook_message (appointment_id, change_feed_id) where state = 'waiting';
create index webhook_message_feed on webhook_message (change_feed_id);
