-- Receivers that are watched no longer but whose token still has to go from where tokens are kept.
create table left_token (
    receiver text primary key
) strict;
