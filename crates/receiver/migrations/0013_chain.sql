-- The chain of cursors: what each run began with and ended with, as hashes. Runs in a row that found nothing are one row.
create table cursor_step (
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

create index cursor_step_link on cursor_step (link_id, cursor_step_id);

create index cursor_step_finished on cursor_step (finished_at_ms);

-- Times in which two channels watch are told apart.
create table coverage_span_next (
    coverage_span_id integer primary key,
    link_id text not null references link on delete cascade,
    watching text not null check (watching in ('push', 'overlap', 'polling', 'gap')),
    generation integer,
    cause text,
    from_at_ms integer not null,
    until_at_ms integer
) strict;

insert into coverage_span_next (coverage_span_id, link_id, watching, generation, cause, from_at_ms, until_at_ms)
    select coverage_span_id, link_id, watching, generation, cause, from_at_ms, until_at_ms from coverage_span;

drop table coverage_span;

alter table coverage_span_next rename to coverage_span;

create index coverage_span_link on coverage_span (link_id, from_at_ms);

create index coverage_span_until on coverage_span (until_at_ms);

-- Our own edit is at Google and its echo was not listed yet.
alter table appointment add column echo_waits integer not null default 0 check (echo_waits in (0, 1));

-- Echoes of our own edits that were judged, and those of them that a notification announced.
alter table link add column echoes integer not null default 0;

alter table link add column echoes_announced integer not null default 0;
