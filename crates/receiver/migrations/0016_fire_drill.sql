-- What fire drills showed, as evidence.
create table fire_drill (
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

create index fire_drill_link on fire_drill (link_id, fire_drill_id);

create index fire_drill_asked on fire_drill (asked_at_ms);
