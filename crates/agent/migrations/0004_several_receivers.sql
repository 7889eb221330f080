-- Several receivers are watched at once: what each told lies under its key, 'local' or its address.
-- Those that were paired once but shown no longer were not watched; they are paired again by whoever misses them.
delete from receiver where current = 0;
-- What a person calls it; empty: its address says enough.
alter table receiver add column name text not null default '';

create table told (
    receiver text not null,
    name text not null,
    json text not null,
    told_at_ms integer not null,
    primary key (receiver, name)
) strict;
insert into told (receiver, name, json, told_at_ms)
    select case r.local when 1 then 'local' else r.address end, k.name, k.json, k.told_at_ms
    from receiver r, known k where k.name in ('overview', 'clinics', 'grants');
delete from known where name in ('overview', 'clinics', 'grants');

create table receiver_link (
    receiver text not null,
    link_id text not null,
    json text not null,
    primary key (receiver, link_id)
) strict;
insert into receiver_link (receiver, link_id, json)
    select case r.local when 1 then 'local' else r.address end, l.link_id, l.json from receiver r, link l;
drop table link;
alter table receiver_link rename to link;

create table receiver_activity (
    receiver text not null,
    seq integer not null,
    link_id text,
    json text not null,
    primary key (receiver, seq)
) strict;
insert into receiver_activity (receiver, seq, link_id, json)
    select case r.local when 1 then 'local' else r.address end, a.seq, a.link_id, a.json from receiver r, activity a;
drop table activity;
alter table receiver_activity rename to activity;
create index activity_link on activity (receiver, link_id, seq);
