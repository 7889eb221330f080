-- From when on a calendar's silence is unusual, as it follows from its rhythm; null while too little was seen to say.
alter table rhythm add column unusual_from_ms bigint;

-- Runs that found nothing stand in the chain of cursors, many in one row: they have no rows of their own any more.
drop index sync_run_quiet;

delete from sync_run where outcome = 'done' and kind = 'incremental' and created + changed + cancelled + missed = 0;
