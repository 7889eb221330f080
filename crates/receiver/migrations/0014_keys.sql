-- Keys whose place was taken, each sealed under the one that took it: they recognise channels opened under them, and open
-- what was sealed under them meanwhile.
create table old_key (
    old_key_id integer primary key,
    key_id text not null unique,
    sealed blob not null,
    at_ms integer not null
) strict;

-- The key under which the running receiver seals.
alter table receiver add column seal_key_id text;
