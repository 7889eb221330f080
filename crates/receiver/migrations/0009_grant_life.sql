-- Each consent from its giving to its end: what the OAuth doctor learns from.
create table grant_life (
    grant_life_id integer primary key autoincrement,
    google_grant_id text not null references google_grant on delete cascade,
    -- The OAuth client it was given to.
    client_id text not null,
    began_at_ms integer not null,
    -- The end that Google named when it was given.
    named_end_at_ms integer,
    -- When Google no longer honoured it, or a newer one took its place.
    ended_at_ms integer,
    reason text
) strict;

create index grant_life_grant on grant_life (google_grant_id, grant_life_id);

insert into grant_life (google_grant_id, client_id, began_at_ms, ended_at_ms, reason)
select google_grant_id, '', made_at_ms, coalesce(lost_at_ms, ended_at_ms), lost_reason from google_grant;
