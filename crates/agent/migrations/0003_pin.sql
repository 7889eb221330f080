-- The key of a receiver whose certificate a person compared, as 64 hex digits.
alter table receiver add column pin text;
