-- Where desktops reach the receiver that runs, or ran last, and which key its certificate has there: for pairing by hand.
alter table receiver add column reach_address text;
alter table receiver add column reach_fingerprint text;
