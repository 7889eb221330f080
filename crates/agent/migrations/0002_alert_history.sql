-- Alerts that are over, and the facts as they changed, so that a rule can be tried on the past.
create table incident (
    incident_id integer primary key,
    resolved_at_ms integer not null,
    json text not null
) strict;
create index incident_resolved on incident (resolved_at_ms);

create table fact (
    fact_id integer primary key,
    at_ms integer not null,
    -- 'link:<id>', 'receiver:<id>', 'endings' (all foretold ones), or 'blind' from where on nobody looked.
    subject text not null,
    -- null: it is gone.
    json text
) strict;
create index fact_at on fact (at_ms);
create index fact_subject on fact (subject, fact_id);
