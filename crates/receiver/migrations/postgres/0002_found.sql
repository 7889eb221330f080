-- What is looked for among a year of rows is found by index.
create index coverage_span_open on coverage_span (link_id, until_at_ms);

create index revision_made on revision (at_ms);

create index sync_run_quiet on sync_run (started_at_ms)
    where outcome = 'done' and kind = 'incremental' and created + changed + cancelled + missed = 0;
