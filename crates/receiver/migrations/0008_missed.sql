-- Changes that no notification announced, and how they were found after all; nothing of what was changed.
create table missed_change (
    missed_change_id integer primary key autoincrement,
    link_id text not null references link on delete cascade,
    changed_at_ms integer not null,
    found_at_ms integer not null,
    -- The run's trigger.
    found_by text not null
) strict;

create index missed_change_link on missed_change (link_id, missed_change_id);

create index missed_change_found on missed_change (found_at_ms);
