-- The version that runs, or ran last: another one that starts is told.
alter table receiver add column version text;
-- What charts mark over all links: finds the renewals and the other versions of a time among a year's lines.
create index activity_mark on activity (kind, at_ms, link_id) where kind = 'renewed' or kind = 'receiver_updated';
