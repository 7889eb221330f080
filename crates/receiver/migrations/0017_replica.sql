-- Who works on this store: each replica by a lease that it extends while it lives. The number is the fence: what is done
-- under a lease that has ended changes nothing any more.
create table replica (
    fence integer primary key autoincrement,
    began_at_ms integer not null,
    until_at_ms integer not null
) strict;

-- Under whose lease it is done; 0 is nobody's.
alter table effect add column fence integer not null default 0;

alter table outbox add column fence integer not null default 0;

alter table webhook_message add column fence integer not null default 0;

-- An absence that links are being told of, and by which replica.
alter table receiver add column absent_from_ms integer;

alter table receiver add column told_by integer not null default 0;
