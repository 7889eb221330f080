-- What the desktop last knew, so that the window opens at once and without a network.
create table receiver (
    address text primary key,
    local integer not null check (local in (0, 1)),
    current integer not null check (current in (0, 1)),
    role text not null,
    version text not null,
    paired_at_ms integer not null
) strict;
create unique index receiver_local on receiver (local) where local = 1;

create table known (
    name text primary key,
    json text not null,
    told_at_ms integer not null
) strict;

create table link (
    link_id text primary key,
    json text not null
) strict;

create table activity (
    seq integer primary key,
    link_id text,
    json text not null
) strict;
create index activity_link on activity (link_id, seq);
