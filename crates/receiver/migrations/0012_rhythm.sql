-- How often each calendar changes at each hour of the week, as the engine learned it.
create table rhythm (
    link_id text primary key references link on delete cascade,
    rhythm text not null check (json_valid(rhythm))
) strict;
