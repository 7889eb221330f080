-- Which replica refreshes a grant's access token now, and until when nobody else does.
alter table google_grant add column refresh_fence integer not null default 0;
alter table google_grant add column refresh_until_at_ms integer not null default 0;
