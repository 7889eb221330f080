//! Fire drills: the live channel is stopped on purpose, and what follows is kept as evidence.

use serde_json::json;
use syncward_wire::{CoverageSeries, DrillState, FireDrill, Link, LinkState, Watching};
use uuid::Uuid;

use crate::clinic::{Clinic, refusal};

async fn drills(clinic: &Clinic, link: Uuid) -> Vec<FireDrill> {
    let path = format!("links/{link}/fire-drills");
    clinic.admin.list(&path).await.unwrap()
}

async fn live(settings: &[(&str, &str)]) -> (Clinic, Link) {
    let (clinic, link) = Clinic::connected(settings).await;
    let link = clinic.until_state(link.id, LinkState::Live).await;
    (clinic, link)
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_takes_over_and_a_new_channel_proves_itself() {
    let (clinic, before) = live(&[]).await;
    let drill = clinic.order(before.id, "fire-drill").await.unwrap();
    let ended = clinic.ended(drill).await;
    assert!(!ended.failed && ended.kind == "fire_drill", "{ended:?}");
    let after = clinic.until_state(before.id, LinkState::Live).await;
    let (old, new) = (before.channel.unwrap(), after.channel.unwrap());
    assert!(new.generation > old.generation);
    let channels = clinic.channels();
    let stopped = channels.iter().find(|one| one.id == old.id).unwrap();
    let opened = channels.iter().find(|one| one.id == new.id).unwrap();
    let stopped_at = stopped.stopped_at.expect("stopped at Google");
    assert!(opened.opened_at >= stopped_at, "no overlap in a drill");

    let kept = drills(&clinic, before.id).await;
    assert_eq!(kept.len(), 1);
    let kept = &kept[0];
    assert_eq!((kept.id, kept.state), (drill, DrillState::Passed));
    assert_eq!(
        (kept.generation, kept.successor),
        (old.generation, Some(new.generation))
    );
    let times = [
        kept.stopped_after_ms,
        kept.polling_after_ms,
        kept.first_run_after_ms,
        kept.proved_after_ms,
    ];
    assert!(
        times.is_sorted() && times[0].is_some(),
        "in this order: {kept:?}"
    );
    assert_eq!(kept.unwatched_ms, kept.polling_after_ms);

    let of_it = [("link", before.id.to_string())];
    let ledger: CoverageSeries = clinic.admin.get("coverage", &of_it).await.unwrap();
    let polled = ledger
        .spans
        .iter()
        .find(|span| span.cause.as_deref() == Some("fire_drill"))
        .expect("the ledger tells of it");
    assert_eq!(polled.watching, Watching::Polling);
    assert_eq!(*polled.from_at, *kept.asked_at);
    assert_eq!(ledger.coverage.gaps, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_outlives_a_death_and_no_second_one_begins_meanwhile() {
    let (mut clinic, link) = live(&[]).await;
    let busy = json!({"kind": "refuse", "status": 503, "reason": "backendError"});
    clinic.fault("channels.stop", busy, Some(1)).await;
    let drill = clinic.order(link.id, "fire-drill").await.unwrap();
    clinic
        .until("a refused stop", async || {
            clinic
                .calls("channels.stop")
                .await
                .contains(&503)
                .then_some(())
        })
        .await;
    let polling = clinic.link(link.id).await;
    assert_eq!(polling.state, LinkState::Polling);
    assert_eq!(
        polling.reason.map(|why| why.code).as_deref(),
        Some("fire_drill")
    );
    let again = refusal(clinic.order(link.id, "fire-drill").await);
    assert_eq!(again, (409, "fire_drill_under_way".to_owned()));
    clinic.kill();
    clinic.start();
    let ended = clinic.ended(drill).await;
    assert!(!ended.failed, "{ended:?}");
    clinic.until_state(link.id, LinkState::Live).await;
    assert_eq!(drills(&clinic, link.id).await[0].state, DrillState::Passed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_whose_channel_is_refused_has_failed_and_the_ordinary_rules_go_on() {
    let (clinic, link) = live(&[]).await;
    let busy = json!({"kind": "refuse", "status": 503, "reason": "backendError"});
    let rule = clinic.fault("events.watch", busy, None).await;
    let drill = clinic.order(link.id, "fire-drill").await.unwrap();
    let ended = clinic.ended(drill).await;
    assert!(
        ended.failed && ended.message.contains("did not work"),
        "{ended:?}"
    );
    let kept = drills(&clinic, link.id).await;
    assert_eq!(kept[0].state, DrillState::Failed);
    assert!(kept[0].first_run_after_ms.is_some() && kept[0].proved_after_ms.is_none());
    assert!(kept[0].failure.is_some());
    let failing = clinic.link(link.id).await;
    assert_eq!(
        failing.reason.map(|why| why.code).as_deref(),
        Some("watch_failing")
    );
    let tried = failing.attempts.unwrap();
    assert!(tried.failed >= 1 && tried.next_at.is_some(), "{tried:?}");
    let no_channel = refusal(clinic.order(link.id, "fire-drill").await);
    assert_eq!(no_channel, (409, "not_pushed".to_owned()));
    clinic.lift(&rule).await;
    clinic.order(link.id, "renew").await.unwrap();
    clinic.until_state(link.id, LinkState::Live).await;
    assert_eq!(clinic.link(link.id).await.attempts, None);

    clinic.order(link.id, "pause").await.unwrap();
    let paused = refusal(clinic.order(link.id, "fire-drill").await);
    assert_eq!(paused, (409, "link_paused".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_waits_for_a_drill_and_tells_its_steps_and_how_it_ended() {
    let (clinic, link) = live(&[]).await;
    let id = link.id.to_string();
    let (code, said) = clinic.by_hand(&["fire-drill", &id]);
    let last = said.last().unwrap();
    assert_eq!(code, Some(0), "{said:?}");
    assert!(last.starts_with("Passed. Stopped after "), "{said:?}");
    assert_eq!(
        drills(&clinic, link.id).await[0].state,
        DrillState::Passed,
        "ended before the drill"
    );

    clinic.until_state(link.id, LinkState::Live).await;
    let busy = json!({"kind": "refuse", "status": 503, "reason": "backendError"});
    clinic.fault("events.watch", busy, None).await;
    let (code, said) = clinic.by_hand(&["fire-drill", &id]);
    let last = said.last().unwrap();
    assert_eq!(code, Some(1), "{said:?}");
    assert!(last.starts_with("The fire drill failed: "), "{said:?}");
    let (code, _) = clinic.by_hand(&["fire-drill", &id, "--no-wait"]);
    assert_eq!(code, Some(1), "there is no channel to stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_by_hand_need_not_be_waited_for() {
    let (clinic, link) = live(&[]).await;
    let (code, said) = clinic.by_hand(&["fire-drill", &link.id.to_string(), "--no-wait", "--json"]);
    assert_eq!((code, said.len()), (Some(0), 1), "{said:?}");
    let told: serde_json::Value = serde_json::from_str(&said[0]).unwrap();
    let drill = told["operation"].as_str().unwrap().parse().unwrap();
    assert!(told.get("step").is_none(), "nothing was waited for");
    assert!(!clinic.ended(drill).await.failed);
}
