-- Latency by minute and by hour, of each link and (link_id null) of all as one; minutes are forgotten, hours stay for a year.
-- The sketches of before were of another shape and of an unreleased version: latency begins anew.
drop table lag_minute;

create table lag_span (
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

create unique index lag_span_place on lag_span (coalesce(link_id, ''), span_s, start_s);

create index lag_span_start on lag_span (span_s, start_s);

create index coverage_span_until on coverage_span (until_at_ms);

-- Counts by hour of all links as one, and notifications beside the changes.
alter table delivery_hour add column notifications integer not null default 0;

create table delivery_fleet_hour (
    hour integer primary key,
    notifications integer not null default 0,
    changes integer not null default 0,
    push_changes integer not null default 0,
    missed_changes integer not null default 0
) strict;

insert into delivery_hour (link_id, hour, notifications)
select link_id, received_at_ms / 3600000 as heard, count(*) from notification
where kind = 'change' and processed_at_ms is not null and link_id in (select link_id from link) group by link_id, heard
on conflict (link_id, hour) do update set notifications = excluded.notifications;

insert into delivery_fleet_hour (hour, notifications, changes, push_changes, missed_changes)
select hour, sum(notifications), sum(changes), sum(push_changes), sum(missed_changes) from delivery_hour group by hour;
