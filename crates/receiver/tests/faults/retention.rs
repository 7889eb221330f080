//! Each kind of row goes when its time has come, in batches, and what is still needed stays.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use syncward_receiver::app::App;
use syncward_receiver::config::Wishes;
use syncward_receiver::exec;
use syncward_receiver::serve;
use syncward_receiver::store::Store;
use syncward_receiver::store::retention::{BATCH_MOST, KINDS};

use crate::seed;

async fn count(app: &App, sql: String) -> i64 {
    let read = app
        .store
        .read(move |connection| Ok(connection.query_row(&sql, [], |row| row.get(0))?));
    read.await.unwrap()
}

async fn execute(app: &App, sql: String) {
    let write = app.store.write(move |tx| Ok(tx.execute_batch(&sql)?));
    write.await.unwrap();
}

/// How long ago something was, in milliseconds since 1970.
fn days_ago(days: i32) -> i64 {
    let ago = SignedDuration::from_hours(i64::from(days) * 24);
    (Timestamp::now() - ago).as_millisecond()
}

#[tokio::test]
async fn old_rows_of_every_kind_go_and_what_is_needed_stays() {
    let folder = tempfile::tempdir().unwrap();
    let wishes = Wishes {
        data_dir: Some(folder.path().to_owned()),
        google_client_id: Some("tests".into()),
        ..Wishes::default()
    };
    let config = wishes.check().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let link_id = seed::link(&store).await.unwrap();
    let channel = seed::channel(&store, link_id, "live", Some("resource-1"))
        .await
        .unwrap();
    let app = serve::build(config, store).await.unwrap();

    // Of each kind more than a batch of old rows, one a day too young, and where it matters one that is old and needed.
    let many = i64::from(BATCH_MOST) + 7;
    let series =
        format!("with recursive n(i) as (select 1 union all select i + 1 from n where i < {many})");
    for (kind, insert) in [
        (
            "notification",
            format!(
                "insert into notification (channel_id, link_id, message_number, kind, resource_id, received_at_ms, processed_at_ms) {series} \
                select '{channel}', '{link_id}', i, 'change', 'r', OLD + i, 1 from n union all select '{channel}', '{link_id}', 90001, 'change', \
                'r', YOUNG, 1"
            ),
        ),
        (
            "activity",
            format!(
                "insert into activity (public_id, kind, tone, text, at_ms) {series} select 'a' || i, 'k', 'quiet', 't', OLD + i from n union all \
                select 'young', 'k', 'quiet', 't', YOUNG"
            ),
        ),
        (
            "idempotency_key",
            format!(
                "insert into idempotency_key (device_id, key, clinic_id, body_hash, status, answer, at_ms) {series} select 'd', 'k' || i, 'c', \
                x'00', 200, x'00', OLD + i from n union all select 'd', 'young', 'c', x'00', 200, x'00', YOUNG"
            ),
        ),
        (
            "operation",
            format!(
                "insert into operation (operation_id, kind, step, finished_at_ms, at_ms) {series} select 'o' || i, 'renew', 'done', 1, OLD + i \
                from n union all select 'young', 'renew', 'done', 1, YOUNG union all select 'unfinished', 'renew', 'running', null, OLD"
            ),
        ),
        (
            "sync_run",
            format!(
                "insert into sync_run (sync_run_id, link_id, trigger, kind, started_at_ms) {series} select 's' || i, '{link_id}', 'poll', 'full', \
                OLD + i from n union all select 'young', '{link_id}', 'poll', 'full', YOUNG"
            ),
        ),
        (
            "lag_minute",
            format!(
                "insert into lag_span (link_id, span_s, start_s, whole, delivery, pickup, apply) {series} select '{link_id}', 60, \
                OLD / 1000 - i, x'', x'', x'', x'' from n union all select null, 60, YOUNG / 1000, x'', x'', x'', x''"
            ),
        ),
        (
            "lag_hour",
            format!(
                "insert into lag_span (link_id, span_s, start_s, whole, delivery, pickup, apply) {series} select '{link_id}', 3600, \
                OLD / 1000 - i, x'', x'', x'', x'' from n union all select null, 3600, YOUNG / 1000, x'', x'', x'', x''"
            ),
        ),
        (
            "coverage_span",
            format!(
                "insert into coverage_span (link_id, watching, from_at_ms, until_at_ms) {series} select '{link_id}', 'push', 1, OLD + i \
                from n union all select '{link_id}', 'push', 1, YOUNG union all select '{link_id}', 'push', 1, null"
            ),
        ),
        (
            "cursor_step",
            format!(
                "insert into cursor_step (link_id, kind, trigger, cursor_out, started_at_ms, finished_at_ms) {series} select '{link_id}', \
                'full', 'check', 'x', 1, OLD + i from n union all select '{link_id}', 'full', 'check', 'x', 1, YOUNG"
            ),
        ),
        (
            "old_key",
            format!(
                "insert into old_key (key_id, sealed, at_ms) {series} select 'k' || i, x'00', OLD + i from n union all select 'young', \
                x'00', YOUNG"
            ),
        ),
        (
            "fire_drill",
            format!(
                "insert into fire_drill (operation_id, link_id, generation, asked_at_ms, ended_at_ms) {series} select 'd' || i, '{link_id}', 1, \
                OLD + i, 1 from n union all select 'young', '{link_id}', 1, YOUNG, 1 union all select 'unfinished', '{link_id}', 1, OLD, null"
            ),
        ),
        (
            "delivery_hour",
            format!(
                "insert into delivery_hour (link_id, hour) {series} select '{link_id}', OLD / 3600000 - i from n union all select \
                '{link_id}', YOUNG / 3600000"
            ),
        ),
        (
            "delivery_fleet_hour",
            format!(
                "insert into delivery_fleet_hour (hour) {series} select OLD / 3600000 - i from n union all select YOUNG / 3600000"
            ),
        ),
        (
            "channel",
            format!(
                "insert into channel (channel_id, link_id, token_hash, state, made_at_ms) {series} select 'c' || i, '{link_id}', x'00', \
                'stopped', OLD + i from n union all select 'young', '{link_id}', x'00', 'stopped', YOUNG union all select 'old and live', \
                '{link_id}', x'00', 'live', OLD"
            ),
        ),
        (
            "missed_change",
            format!(
                "insert into missed_change (link_id, changed_at_ms, found_at_ms, found_by) {series} select '{link_id}', 1, OLD + i, 'check' \
                from n union all select '{link_id}', 1, YOUNG, 'check'"
            ),
        ),
        (
            "revision",
            format!(
                "insert into appointment (appointment_id, clinic_id, link_id, google_event_id, content, starts, ends, from_at_ms, all_day, \
                status, revision, updated_at_ms) select 'x', clinic_id, link_id, 'x', x'00', '', '', 0, 0, 'confirmed', 9000, 0 from link union \
                all select 'y', clinic_id, link_id, 'y', x'00', '', '', 0, 0, 'confirmed', 2, 0 from link; \
            insert into outbox (appointment_id, link_id, kind, revision, made_at_ms) values ('y', '{link_id}', 'patch', 2, 0); \
            insert into revision (appointment_id, revision, source, snapshot, at_ms) {series} select 'x', i, 'google', x'00', OLD + i from n \
            union all select 'x', 8000, 'google', x'00', YOUNG union all select 'x', 9000, 'google', x'00', OLD union all select 'y', 1, \
            'google', x'00', OLD union all select 'y', 2, 'api', x'00', OLD"
            ),
        ),
    ] {
        let kept = KINDS.iter().find(|one| one.name == kind).unwrap().days;
        let insert = insert
            .replace("OLD", &days_ago(kept + 1).to_string())
            .replace("YOUNG", &days_ago(kept - 1).to_string());
        execute(&app, insert).await;
    }
    // Acknowledged and not yet looked at, however old.
    let waiting = format!(
        "insert into notification (channel_id, link_id, message_number, kind, resource_id, received_at_ms) values ('{channel}', '{link_id}', \
        90002, 'change', 'r', 1)"
    );
    execute(&app, waiting).await;
    let audited = count(&app, "select count(*) from audit".into()).await;

    let forgotten = exec::retention::forget_old(&app).await.unwrap();
    assert_eq!(forgotten, KINDS.len() * usize::try_from(many).unwrap());
    for (kind, left) in [
        ("notification", 2),
        ("activity", 1),
        ("idempotency_key", 1),
        ("operation", 2),
        ("sync_run", 1),
        ("revision", 4),
        ("lag_span", 2),
        ("missed_change", 1),
        ("coverage_span", 2),
        ("cursor_step", 1),
        ("fire_drill", 2),
        ("delivery_hour", 1),
        ("delivery_fleet_hour", 1),
        ("old_key", 1),
        // One is the seeded one.
        ("channel", 3),
    ] {
        let found = count(&app, format!("select count(*) from {kind}")).await;
        assert_eq!(found, left, "{kind}");
    }
    assert_eq!(KINDS.len(), 16, "a new kind needs its line above");
    assert_eq!(
        count(&app, "select count(*) from audit".into()).await,
        audited
    );
    assert_eq!(exec::retention::forget_old(&app).await.unwrap(), 0);
}

/// Tables without a bound by age, and why they may be.
const OTHERWISE: &[(&str, &str)] = &[
    ("appointment", "the clinic's bookings are kept for good"),
    ("audit", "append-only, for good"),
    (
        "change_feed",
        "one row per version; the clinic's system may read it from its beginning",
    ),
    ("clinic", "made by a person"),
    ("device", "made by a person; the command line's own expire"),
    ("effect", "gone once it is done"),
    ("google_grant", "made by a person"),
    ("grant_life", "one per consent that a person gave"),
    ("link", "made by a person"),
    ("oauth_attempt", "gone a day after it expired"),
    ("outbox", "gone once Google has it"),
    ("pairing_code", "made by a person"),
    (
        "pairing_guess",
        "gone after a while, and with the next code",
    ),
    ("quota_pause", "gone once it is over"),
    ("quota_use", "two minutes"),
    ("receipt", "one per clinic that was forgotten"),
    ("receiver", "one row"),
    ("replica", "gone once its lease has ended"),
    ("rhythm", "one row per link"),
    ("webhook_endpoint", "made by a person"),
    ("webhook_message", "gone some time after it ended"),
];

#[test]
fn each_table_has_a_bound_or_a_reason_to_have_none() {
    let schema = include_str!("../../schema.sql");
    let tables = schema.lines().filter_map(|line| {
        let named = line.strip_prefix("CREATE TABLE ")?;
        Some(
            named
                .trim_start_matches('"')
                .split(['"', ' '])
                .next()?
                .to_owned(),
        )
    });
    let tables: BTreeSet<String> = tables.collect();
    let mut bounded = BTreeSet::new();
    for kind in KINDS {
        let table = kind.forget.split_whitespace().nth(2).unwrap();
        bounded.insert(table.to_owned());
    }
    bounded.extend(OTHERWISE.iter().map(|(table, _)| (*table).to_owned()));
    assert_eq!(tables, bounded);
}
