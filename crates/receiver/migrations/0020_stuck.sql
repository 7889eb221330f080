-- Since when an edit waits, which a further edit of the same appointment leaves alone, and whether Google refused it.
alter table outbox add column queued_at_ms integer not null default 0;
alter table outbox add column refused integer not null default 0 check (refused in (0, 1));

update outbox set queued_at_ms = made_at_ms;
