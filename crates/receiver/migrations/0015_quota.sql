-- Calls to Google of the last two minutes, so that a restart does not begin with a whole budget. A writer is one life of a
-- receiver; `who` is a grant, or `project` for calls without one.
create table quota_use (
    writer text not null,
    who text not null,
    second_s integer not null,
    calls integer not null check (calls > 0),
    primary key (writer, who, second_s)
) strict;

create index quota_use_second on quota_use (second_s);

-- Pauses that Google asked for, of a grant or of the whole `project`.
create table quota_pause (
    who text primary key,
    until_at_ms integer not null,
    reason text not null,
    status integer,
    refusals integer not null
) strict;
