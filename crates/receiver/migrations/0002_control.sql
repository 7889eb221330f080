-- The command line's token: good for minutes, never listed, never kept.
alter table device add column expires_at_ms integer;
delete from device where name = 'command line' and revoked_at_ms is not null;

-- Numbers that are never used again, so that an effect under way is never taken for another.
create table effect_numbered (
    effect_id integer primary key autoincrement,
    link_id text not null references link on delete cascade,
    effect text not null check (json_valid(effect)),
    made_at_ms integer not null
) strict;
insert into effect_numbered (effect_id, link_id, effect, made_at_ms) select effect_id, link_id, effect, made_at_ms from effect;
drop table effect;
alter table effect_numbered rename to effect;
