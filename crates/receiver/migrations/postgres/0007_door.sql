-- Where the receiver that runs, or ran last, answers on its own computer, and which key its certificate has: for its command line.
alter table receiver add column door_address text;
alter table receiver add column door_fingerprint text;
