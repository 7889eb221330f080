-- How far a run under way has come: events read so far.
alter table sync_run add column listed integer not null default 0;
