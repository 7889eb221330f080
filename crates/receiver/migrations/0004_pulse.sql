-- When the receiver last noted that it acts: what lies between then and its next start was watched by nobody.

alter table receiver add column alive_at_ms integer;
