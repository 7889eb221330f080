-- Ended links keep their deadlines until their channels are stopped, so the index that finds what is due covers them too.

drop index link_deadline;
create index link_deadline on link (deadline_at_ms);
