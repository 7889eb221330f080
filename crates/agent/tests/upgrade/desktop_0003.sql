-- A filled desktop store as the app wrote it at schema 0003, which watched one receiver: paired over loopback, one calendar
-- that is polled, two lines of its biography, an alert that is over and one that is open. Dumped from such a store; the
-- alert that is over and the receiver that was paired before are added.
CREATE TABLE receiver (
    address text primary key,
    local integer not null check (local in (0, 1)),
    current integer not null check (current in (0, 1)),
    role text not null,
    version text not null,
    paired_at_ms integer not null
, pin text) strict;
INSERT INTO receiver VALUES('http://before.example',0,0,'admin','0.1.0',1795682900000,NULL);
INSERT INTO receiver VALUES('http://receiver.example',0,1,'admin','0.1.0',1795682976130,NULL);
CREATE TABLE known (
    name text primary key,
    json text not null,
    told_at_ms integer not null
) strict;
INSERT INTO known VALUES('clinics','[{"id":"53dc998a-934d-4882-8b0a-8036e61e72f0","name":"Southgate","time_zone":"Europe/London","opening_hours":[],"created_at":"2026-11-26T08:49:36.472Z"}]',1795682976610);
INSERT INTO known VALUES('grants','[{"id":"01a2170b-c344-74d2-814d-4e25603eedf8","clinic_id":"53dc998a-934d-4882-8b0a-8036e61e72f0","account":"team@elmvet.example","state":"working","lost_reason":null,"lost_at":null,"scopes":["https://www.googleapis.com/auth/calendar.events","https://www.googleapis.com/auth/calendar.calendarlist.readonly"],"created_at":"2026-11-26T08:49:36.581Z"}]',1795682976610);
INSERT INTO known VALUES('overview','{"sentence":"The calendar is not live.","detail":"Southgate · surgery, for under a minute: This receiver has no public address, so the calendar is polled.","counts":{"total":1,"live":0,"due":0,"renewing":0,"unproved":0,"polling":1,"expired":0,"reconnect_needed":0,"paused":0},"next_expiry_at":null,"delivery_24h":{"rate":null,"lower_bound":null,"changes":0,"missed_changes":0},"lag_24h":{"p50_ms":null,"p95_ms":null,"p99_ms":null,"samples":0,"target_ms":5000.0},"coverage_30d":{"rate":1.0,"link_days":0.001038773148148148,"gap_seconds":0.0,"gaps":0,"push_seconds":0.0,"overlap_seconds":0.0,"polling_seconds":89.75},"receiver":{"id":"644ce3c6-daea-4941-b33f-b38798dcda7e","version":"0.1.0","public_url":null},"started_at":"2026-11-26T08:49:35.877Z","now_at":"2026-11-26T08:51:06.332Z","google_ahead_ms":0,"paused":false,"endings":[]}',1795683066335);
INSERT INTO known VALUES('alerts','{"incidents":{"receiver:644ce3c6-daea-4941-b33f-b38798dcda7e":{"id":"receiver:644ce3c6-daea-4941-b33f-b38798dcda7e","kind":"receiver","severity":"Warning","since":"2026-11-26T08:51:06.707353064Z","state":{"Open":{"Firing":{"repeat_at":"2026-11-26T20:51:08.998944401Z"}}},"unknown_since":null,"told":{"at":"2026-11-26T08:51:08.998944401Z","severity":"Warning","links":["01a2170b-c346-7ee7-9a8c-8345940764c9"]},"title":"The receiver is silent","body":"No contact for 8 min. Changes in Google may not be read meanwhile. Syncward keeps trying.","actions":["Snooze"],"links":["01a2170b-c346-7ee7-9a8c-8345940764c9"],"lapses":[]}},"paused_until":null,"hush":"None","passed":[],"looked_at":"2026-11-26T08:59:08.091193566Z","awake_since":null,"settles_at":null}',1795683548091);
INSERT INTO known VALUES('looked_at','"2026-11-26T08:59:42.090687617Z"',1795683582090);
CREATE TABLE link (
    link_id text primary key,
    json text not null
) strict;
INSERT INTO link VALUES('01a2170b-c346-7ee7-9a8c-8345940764c9','{"id":"01a2170b-c346-7ee7-9a8c-8345940764c9","clinic_id":"53dc998a-934d-4882-8b0a-8036e61e72f0","clinic_name":"Southgate","grant_id":"01a2170b-c344-74d2-814d-4e25603eedf8","account":"team@elmvet.example","google_calendar_id":"team@elmvet.example","calendar_name":"surgery","state":"polling","mode":"polling","reason":{"code":"no_public_address","message":"This receiver has no public address, so the calendar is polled.","action":"Nothing is needed; deploy the receiver to be told within seconds.","since_at":"2026-11-26T08:49:36.841Z"},"channel":null,"channels":[],"proof":null,"counters":{"notifications":0,"duplicates":0,"changes":97,"missed_changes":0,"runs":1,"echoes":0,"echoes_announced":0},"activity_24h":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0],"latency_p95_ms":null,"delivery":{"rate":null,"lower_bound":null,"changes":0,"missed_changes":0},"next_run_at":"2026-11-26T09:04:36.809Z","run":null,"rhythm":null,"synced_at":"2026-11-26T08:49:36.809Z","held_cancellations":0,"created_at":"2026-11-26T08:49:36.582Z"}');
CREATE TABLE activity (
    seq integer primary key,
    link_id text,
    json text not null
) strict;
INSERT INTO activity VALUES(1,'01a2170b-c346-7ee7-9a8c-8345940764c9','{"id":"01a2170b-c346-7f2d-887c-f7427d3edcba","seq":1,"link_id":"01a2170b-c346-7ee7-9a8c-8345940764c9","clinic_id":"53dc998a-934d-4882-8b0a-8036e61e72f0","at":"2026-11-26T08:49:36.582Z","kind":"linked","tone":"good","text":"Calendar connected","detail":null,"operation_id":null}');
INSERT INTO activity VALUES(2,'01a2170b-c346-7ee7-9a8c-8345940764c9','{"id":"01a2170b-c42a-717f-b34c-6a2632a142b5","seq":2,"link_id":"01a2170b-c346-7ee7-9a8c-8345940764c9","clinic_id":"53dc998a-934d-4882-8b0a-8036e61e72f0","at":"2026-11-26T08:49:36.809Z","kind":"full_sync","tone":"good","text":"First sync","detail":"97 events, 97 changes, 0 lost","operation_id":null}');
CREATE TABLE incident (
    incident_id integer primary key,
    resolved_at_ms integer not null,
    json text not null
) strict;
INSERT INTO incident VALUES(1,1795683030000,'{"id":"receiver:644ce3c6-daea-4941-b33f-b38798dcda7e","kind":"receiver","title":"The receiver answers again","body":"It lasted 2 min.","severity":"warning","since":"2026-11-26T08:48:06Z","state":"resolved","until":null,"resolved_at":"2026-11-26T08:50:30Z","unknown_since":null,"link_ids":["01a2170b-c346-7ee7-9a8c-8345940764c9"],"lapses":[],"actions":[]}');
CREATE TABLE fact (
    fact_id integer primary key,
    at_ms integer not null,
    -- 'link:<id>', 'receiver:<id>', 'endings' (all foretold ones), or 'blind' from where on nobody looked.
    subject text not null,
    -- null: it is gone.
    json text
) strict;
INSERT INTO fact VALUES(1,1795682976315,'receiver:644ce3c6-daea-4941-b33f-b38798dcda7e','{"id":"644ce3c6-daea-4941-b33f-b38798dcda7e","name":"The receiver","silent_since":null,"shut_out":false,"told_at":null,"lag_p95_ms":null}');
INSERT INTO fact VALUES(2,1795682976610,'link:01a2170b-c346-7ee7-9a8c-8345940764c9','{"link_id":"01a2170b-c346-7ee7-9a8c-8345940764c9","grant_id":"01a2170b-c344-74d2-814d-4e25603eedf8","receiver":"644ce3c6-daea-4941-b33f-b38798dcda7e","clinic":"Southgate","calendar":"surgery","state":"polling","code":"no_public_address","since_at":"2026-11-26T08:49:36.608Z","registered_at":null,"expires_at":null,"renews_at":null,"missed_24h":0,"held":0,"open_now":null}');
INSERT INTO fact VALUES(3,1795682976630,'link:01a2170b-c346-7ee7-9a8c-8345940764c9','{"link_id":"01a2170b-c346-7ee7-9a8c-8345940764c9","grant_id":"01a2170b-c344-74d2-814d-4e25603eedf8","receiver":"644ce3c6-daea-4941-b33f-b38798dcda7e","clinic":"Southgate","calendar":"surgery","state":"polling","code":"no_public_address","since_at":"2026-11-26T08:49:36.613Z","registered_at":null,"expires_at":null,"renews_at":null,"missed_24h":0,"held":0,"open_now":null}');
INSERT INTO fact VALUES(4,1795682976848,'link:01a2170b-c346-7ee7-9a8c-8345940764c9','{"link_id":"01a2170b-c346-7ee7-9a8c-8345940764c9","grant_id":"01a2170b-c344-74d2-814d-4e25603eedf8","receiver":"644ce3c6-daea-4941-b33f-b38798dcda7e","clinic":"Southgate","calendar":"surgery","state":"polling","code":"no_public_address","since_at":"2026-11-26T08:49:36.841Z","registered_at":null,"expires_at":null,"renews_at":null,"missed_24h":0,"held":0,"open_now":null}');
INSERT INTO fact VALUES(5,1795683066707,'receiver:644ce3c6-daea-4941-b33f-b38798dcda7e','{"id":"644ce3c6-daea-4941-b33f-b38798dcda7e","name":"The receiver","silent_since":"2026-11-26T08:51:06.707353064Z","shut_out":false,"told_at":null,"lag_p95_ms":null}');
CREATE UNIQUE INDEX receiver_local on receiver (local) where local = 1;
CREATE INDEX activity_link on activity (link_id, seq);
CREATE INDEX incident_resolved on incident (resolved_at_ms);
CREATE INDEX fact_at on fact (at_ms);
CREATE INDEX fact_subject on fact (subject, fact_id);
pragma user_version = 3;
