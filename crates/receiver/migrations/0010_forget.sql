-- Answers kept for a repeated request hold patients' words: from now on sealed, and of a clinic. Those in plain bytes go.
drop table idempotency_key;

create table idempotency_key (
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

-- What was deleted for good, without a word of whose it was.
create table receipt (
    receipt_id text primary key,
    clinic_id text not null,
    who text not null,
    receipt text not null check (json_valid(receipt)),
    at_ms integer not null
) strict;
