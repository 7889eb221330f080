//! The monthly proof: what stands in the records, by the clinic's clock, checkable later; and nothing else.

use jiff::{SignedDuration, Timestamp};
use syncward_engine::effect::Watching;
use syncward_engine::lag::Legs;
use syncward_engine::{RunReport, Trigger};
use syncward_receiver::attest::verify::{Trail, verify};
use syncward_receiver::attest::{digest, page};
use syncward_receiver::store::delivery_hour::Counts;
use syncward_receiver::store::row::{Id, Ms};
use syncward_receiver::store::sql::params;
use syncward_receiver::store::{self, cursor_step};
use syncward_wire::Role;
use syncward_wire::attest::Attestation;
use uuid::Uuid;

use crate::{House, json, refused};

const NAME: &str = "Room <1> & \"X\"";

/// A link with a January of its own: pushed, overlapped, polled, an hour's gap on the 10th, one missed change.
async fn january(house: &House) -> Uuid {
    let link_id = house.link().await;
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let written = house.app.store.write(move |tx| {
        let sql = "update link set calendar_name = ?, made_at_ms = ? where link_id = ?";
        tx.execute(sql, params![NAME, Ms(at("2026-01-02T00:00:00Z")), Id(link_id)])?;
        let push = |generation| Watching::Push { generation };
        let gap = |cause: &str| Watching::Gap {
            cause: cause.to_owned(),
        };
        for (from, watching) in [
            ("2026-01-02T00:00:00Z", push(1)),
            ("2026-01-08T00:00:00Z", Watching::Overlap { generation: 2 }),
            ("2026-01-08T00:10:00Z", push(2)),
            ("2026-01-10T12:00:00Z", gap("receiver_asleep")),
            ("2026-01-10T13:00:00Z", push(2)),
            ("2026-01-20T00:00:00Z", Watching::Polling { cause: "watch_failing".to_owned() }),
            ("2026-01-21T00:00:00Z", push(4)),
            ("2026-02-03T00:00:00Z", gap("paused")),
        ] {
            store::coverage_span::begin(tx, link_id, &watching, at(from))?;
        }
        let counts = Counts {
            changes: 50,
            push_changes: 50,
            missed_changes: 1,
            ..Counts::default()
        };
        let noon = at("2026-01-12T12:00:00Z");
        store::delivery_hour::add(tx, link_id, noon, counts)?;
        store::missed_change::add(tx, link_id, &[noon], noon + SignedDuration::from_mins(9), Trigger::Check)?;
        let legs = Legs {
            delivery_ms: Some(800),
            pickup_ms: 0,
            apply_ms: 200,
            skew_ms: 0,
        };
        store::lag_span::add(tx, link_id, noon, &vec![legs; 49])?;
        for (day, way) in [(3, (None, "a")), (4, (Some("a"), "b")), (5, (Some("b"), "c"))] {
            let now = at(&format!("2026-01-0{day}T09:00:00Z"));
            let ran = cursor_step::Ran {
                trigger: Trigger::Check,
                cursor_in: way.0,
                cursor_out: way.1,
                report: RunReport::default(),
                started_at: now,
            };
            cursor_step::add(tx, link_id, &ran, now)?;
        }
        let about = store::activity::About {
            link_id: Some(link_id),
            ..Default::default()
        };
        for (kind, tone) in [("renewed", "good"), ("renewal_failed", "warn"), ("channel_proved", "good"), ("delivery_tested", "warn")] {
            let line = store::activity::Line {
                kind,
                tone,
                text: kind.to_owned(),
                detail: None,
            };
            store::activity::insert(tx, about, &line, noon)?;
        }
        tx.execute(
            "insert into fire_drill (operation_id, link_id, generation, successor, asked_at_ms, stopped_at_ms, polling_at_ms, run_at_ms, \
             proved_at_ms, ended_at_ms) values ('7f7f7f7f-0000-4000-8000-000000000000', ?1, 2, 3, ?2, ?2 + 200, ?2 + 300, ?2 + 900, ?2 + 1500, ?2 + 1500)",
            params![Id(link_id), Ms(noon)],
        )?;
        store::audit::append(tx, "tests", "drill", None, "done", noon)
    });
    written.await.unwrap();
    link_id
}

async fn attested(house: &House, query: &str) -> Attestation {
    let token = house.token(Role::Viewer).await;
    let answer = house
        .ask("GET", &format!("/attest?{query}"), Some(&token), "")
        .await;
    assert_eq!(answer.status(), 200);
    serde_json::from_value(json(answer).await).unwrap()
}

fn checked(house: &House, text: String) -> impl Future<Output = bool> {
    let store = house.app.store.clone();
    async move {
        let read = store.read(move |connection| verify(&text, Some(connection)));
        read.await.unwrap().unwrap().holds()
    }
}

#[tokio::test]
async fn a_month_is_added_up_from_its_records() {
    let house = House::new().await;
    january(&house).await;
    let proof = attested(&house, "month=2026-01").await.proof;
    let clinic = &proof.clinics[0];
    assert_eq!(
        (
            clinic.from_at.to_string(),
            clinic.until_at.to_string(),
            clinic.until_now
        ),
        (
            "2026-01-01T00:00:00Z".to_owned(),
            "2026-02-01T00:00:00Z".to_owned(),
            false
        )
    );
    let link = &clinic.links[0];
    let minutes = |ms: u64| ms / 60_000;
    let time = link.coverage;
    assert_eq!(minutes(time.overlap_ms), 10);
    assert_eq!(minutes(time.polling_ms), 24 * 60);
    assert_eq!(minutes(time.gap_ms), 60);
    assert_eq!(
        minutes(time.unrecorded_ms),
        24 * 60,
        "before it was connected"
    );
    let all = [
        time.push_ms,
        time.overlap_ms,
        time.polling_ms,
        time.gap_ms,
        time.paused_ms,
        time.unrecorded_ms,
    ];
    assert_eq!(all.iter().sum::<u64>(), 31 * 86_400_000, "the whole month");
    assert_eq!(time.rate, Some(0.998_611), "one hour of 720, rounded down");
    assert_eq!((link.delivery.changes, link.delivery.missed), (50, 1));
    assert_eq!(link.delivery.rate, Some(0.98));
    assert!(link.delivery.lower_bound < link.delivery.rate);
    assert_eq!(link.missed.len(), 1);
    assert_eq!((link.renewals.done, link.renewals.failed_attempts), (1, 1));
    assert_eq!(
        (link.proofs.channels_proved, link.proofs.delivered_changes),
        (1, 49)
    );
    assert_eq!((link.proofs.tests_passed, link.proofs.tests_failed), (0, 1));
    assert_eq!(
        (link.chain.runs, link.chain.full_runs, link.chain.unbroken),
        (3, 1, true)
    );
    assert_eq!(link.chain.last, Some(cursor_step::hash("c")));
    assert_eq!(link.fire_drills[0].first_run_after_ms, Some(900));
    assert_eq!(link.latency.samples, 49);
    assert!(
        link.latency
            .p95_ms
            .is_some_and(|ms| (985..=1015).contains(&ms))
    );
    assert!(
        proof
            .cannot_prove
            .iter()
            .any(|one| one.contains("2 Jan 2026")),
        "{:?}",
        proof.cannot_prove
    );
    let before = attested(&house, "month=2025-12").await.proof;
    assert!(
        before.clinics[0].links.is_empty(),
        "it was not connected then"
    );
}

#[tokio::test]
async fn a_break_of_the_chain_is_named_and_so_is_a_month_that_is_not_over() {
    let house = House::new().await;
    let link_id = january(&house).await;
    let now = Timestamp::now();
    let month = now.strftime("%Y-%m").to_string();
    let written = house.app.store.write(move |tx| {
        let ran = cursor_step::Ran {
            trigger: Trigger::Poll,
            cursor_in: Some("elsewhere"),
            cursor_out: "d",
            report: RunReport::default(),
            started_at: now - SignedDuration::from_secs(1),
        };
        cursor_step::add(tx, link_id, &ran, now - SignedDuration::from_millis(5))
    });
    written.await.unwrap();
    let proof = attested(&house, &format!("month={month}")).await.proof;
    let clinic = &proof.clinics[0];
    assert!(clinic.until_now);
    let chain = &clinic.links[0].chain;
    assert!(!chain.unbroken);
    assert_eq!(chain.breaks[0].expected, cursor_step::hash("c"));
    assert_eq!(chain.breaks[0].found, Some(cursor_step::hash("elsewhere")));
    assert_eq!(
        chain.ends_with_present,
        Some(false),
        "the link has no cursor"
    );
    let text = page::page(&attested(&house, &format!("month={month}")).await).unwrap();
    assert!(text.contains("until now") && text.contains("Breaks of the chain"));
}

#[tokio::test]
async fn a_kept_proof_shows_what_was_changed_later() {
    let house = House::new().await;
    january(&house).await;
    let attestation = attested(&house, "month=2026-01").await;
    assert_eq!(attestation.sha256, digest(&attestation.proof).unwrap());
    let text = serde_json::to_string_pretty(&attestation).unwrap();
    let page = page::page(&attestation).unwrap();
    assert!(page.contains("Room &lt;1&gt; &amp; &quot;X&quot;") && !page.contains("<1>"));
    for foreign in ["http://", "https://", " src=", " href=", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign} in the page");
    }
    assert!(checked(&house, text.clone()).await && checked(&house, page.clone()).await);
    assert!(!checked(&house, text.replace("receiver_asleep", "maintenance")).await);
    assert!(!checked(&house, page.replace("\"gap_ms\":3600000", "\"gap_ms\":0")).await);
    assert_eq!(verify("<html>", None).unwrap(), None);

    // The trail may grow; what it was may not change.
    let grown = house
        .app
        .store
        .write(|tx| store::audit::append(tx, "tests", "more", None, "done", Timestamp::now()));
    grown.await.unwrap();
    assert!(checked(&house, text.clone()).await);
    let changed = house.app.store.write(|tx| {
        Ok(tx.execute(
            "update audit set who = 'somebody else' where audit_id = 1",
            [],
        )?)
    });
    changed.await.unwrap();
    let read = house.app.store.read({
        let text = text.clone();
        move |connection| verify(&text, Some(connection))
    });
    let verdict = read.await.unwrap().unwrap();
    assert_eq!(verdict.written, verdict.found);
    assert!(
        matches!(verdict.trail, Some(Trail::Differs { .. })),
        "{verdict:?}"
    );
}

#[tokio::test]
async fn what_can_not_be_attested_is_refused() {
    let house = House::new().await;
    let token = house.token(Role::Viewer).await;
    for (query, status, code) in [
        ("month=2999-01", 422, "future_month"),
        ("month=2026-13", 422, "invalid_month"),
        ("month=november", 422, "invalid_month"),
        ("", 422, "invalid_query"),
        (
            "month=2026-01&clinic=00000000-0000-4000-8000-000000000000",
            404,
            "not_found",
        ),
    ] {
        let answer = house
            .ask("GET", &format!("/attest?{query}"), Some(&token), "")
            .await;
        assert_eq!(refused(answer, status).await, code, "{query}");
    }
    assert!(
        attested(&house, "month=2026-01")
            .await
            .proof
            .clinics
            .is_empty()
    );
}
