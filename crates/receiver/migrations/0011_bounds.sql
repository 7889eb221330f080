-- What is forgotten with age is found without reading whole tables.
create index sync_run_started on sync_run (started_at_ms);

create index delivery_hour_hour on delivery_hour (hour);

create index channel_made on channel (made_at_ms);
