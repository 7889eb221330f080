//! Renewal: proved before the old one goes, harmless when it fails, and by itself.

use serde_json::{Value, json};
use syncward_wire::{CoverageSeries, LinkState, Mode, Operation, Watching};

use crate::clinic::Clinic;

fn unwell() -> Value {
    json!({"kind": "refuse", "status": 503, "reason": "backendError"})
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_channel_is_stopped_after_the_successor_has_proved_itself() {
    let (clinic, link) = Clinic::connected(&[("OVERLAP", "700ms")]).await;
    let before = clinic.until_state(link.id, LinkState::Live).await;
    let renewal = clinic.order(link.id, "renew").await.unwrap();
    clinic
        .until("the overlap", async || {
            (clinic.operation(renewal).await.step == "overlapping").then_some(())
        })
        .await;
    assert!(
        clinic.calls("channels.stop").await.is_empty(),
        "stopped first"
    );
    let ended = clinic.ended(renewal).await;
    assert!(!ended.failed, "{ended:?}");

    let after = clinic.until_state(link.id, LinkState::Live).await;
    let channels = clinic.channels();
    assert_eq!(channels.len(), 2, "one successor: {channels:?}");
    let (old, new) = (&channels[0], &channels[1]);
    assert_eq!(before.channel.unwrap().id, old.id);
    let proved = after.channel.unwrap();
    assert_eq!((&proved.id, proved.generation), (&new.id, 2));
    let stopped_at = old.stopped_at.expect("the old one is stopped");
    assert!(
        stopped_at > *proved.verified_at.unwrap(),
        "stopped before the proof"
    );
    assert!(new.is_live(stopped_at), "nobody watched");

    let of_it = [("link", link.id.to_string())];
    let ledger: CoverageSeries = clinic.admin.get("coverage", &of_it).await.unwrap();
    let both: Vec<_> = ledger
        .spans
        .iter()
        .filter(|span| span.watching == Watching::Overlap)
        .collect();
    assert_eq!(both.len(), 1, "{ledger:?}");
    assert_eq!(both[0].generation, Some(2));
    let (from, until) = (*both[0].from_at, *both[0].until_at.expect("it is over"));
    // The handshake may come before Google's answer: the successor is in charge when both are there.
    let in_charge_at = proved.verified_at.max(proved.registered_at);
    assert_eq!(from, *in_charge_at.unwrap());
    assert!(until <= stopped_at, "counted beyond the old one's end");
    let lasted = until.duration_since(from).as_secs_f64();
    assert!((ledger.coverage.overlap_seconds - lasted).abs() < 0.002);
    assert!(lasted >= 0.7, "{lasted} s");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_renewal_leaves_the_old_channel_in_charge_and_says_why() {
    let (clinic, link) = Clinic::connected(&[]).await;
    let before = clinic.until_state(link.id, LinkState::Live).await;
    let rule = clinic.fault("events.watch", unwell(), None).await;
    let renewal = clinic.order(link.id, "renew").await.unwrap();
    let ended = clinic.ended(renewal).await;
    assert!(
        ended.failed && ended.message.contains("old channel stays"),
        "{ended:?}"
    );

    let due = clinic.link(link.id).await;
    assert_eq!((due.state, due.mode), (LinkState::Due, Mode::Push));
    let reason = due.reason.expect("a reason");
    assert_eq!(reason.code, "renewal_failing");
    assert_eq!(due.channel.unwrap().id, before.channel.unwrap().id);
    assert!(clinic.calls("channels.stop").await.is_empty());

    // What is due, and only that, is renewed by one order.
    clinic.lift(&rule).await;
    let all: Operation = clinic
        .admin
        .post("links/renew-due", None::<&()>)
        .await
        .unwrap();
    let step = clinic
        .until("the renewal", async || {
            let step = clinic.operation(all.operation).await.step;
            ["overlapping", "stopping", "done", "failed"]
                .contains(&step.as_str())
                .then_some(step)
        })
        .await;
    assert_ne!(step, "failed");
    assert_eq!(clinic.channels().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_waits_for_the_outcome_and_tells_its_steps() {
    let (clinic, link) = Clinic::connected(&[("OVERLAP", "300ms")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let id = link.id.to_string();
    let (code, said) = clinic.by_hand(&["renew", &id, "--json"]);
    let told: Value = serde_json::from_str(said.last().unwrap()).unwrap();
    assert_eq!((code, said.len()), (Some(0), 1), "{said:?}");
    assert_eq!(
        (&told["failed"], &told["operation"]),
        (&json!(false), &told["id"])
    );
    assert_eq!(clinic.channels().len(), 2, "ended before the renewal");
    clinic.until_state(link.id, LinkState::Live).await;

    let (code, said) = clinic.by_hand(&["sync", &id]);
    assert_eq!(code, Some(0), "{said:?}");
    assert!(
        said.last().unwrap().starts_with("Synced. Up to date"),
        "{said:?}"
    );

    let rule = clinic.fault("events.watch", unwell(), None).await;
    let (code, said) = clinic.by_hand(&["renew", &id]);
    let last = said.last().unwrap();
    assert_eq!(code, Some(1), "{said:?}");
    assert!(
        last.starts_with("Not renewed: ") && last.contains("old channel stays"),
        "{said:?}"
    );
    clinic.until_state(link.id, LinkState::Due).await;
    let (code, said) = clinic.by_hand(&["renew", "--no-wait"]);
    assert_eq!((code, said.len()), (Some(0), 1), "{said:?}");
    let order = said[0]
        .strip_prefix("Under way: ")
        .expect("what is under way");
    // Google is well again once that has ended: before, it might still go through.
    assert!(clinic.ended(order.parse().unwrap()).await.failed);

    // All that are due: each is told by its name.
    clinic.lift(&rule).await;
    clinic.until_state(link.id, LinkState::Due).await;
    let (code, said) = clinic.by_hand(&["renew"]);
    let last = said.last().unwrap();
    assert_eq!(code, Some(0), "{said:?}");
    assert!(
        last.starts_with("Willow Clinic · ") && last.contains(": Renewed."),
        "{said:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_successor_without_handshake_takes_over_nothing() {
    let (clinic, link) = Clinic::connected(&[("HANDSHAKE_TIMEOUT", "400ms")]).await;
    let before = clinic.until_state(link.id, LinkState::Live).await;
    clinic
        .fault("events.watch", json!({"kind": "silent_handshake"}), Some(1))
        .await;
    let renewal = clinic.order(link.id, "renew").await.unwrap();
    let ended = clinic.ended(renewal).await;
    assert!(
        ended.failed && ended.message.contains("handshake"),
        "{ended:?}"
    );
    let now = clinic.link(link.id).await;
    assert_eq!(now.mode, Mode::Push);
    assert_eq!(now.channel.unwrap().id, before.channel.unwrap().id);
    assert!(
        clinic.channels()[0].stopped_at.is_none(),
        "the old one lives"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_renew_by_themselves_without_a_gap() {
    let settings = [
        ("CHANNEL_TTL", "4s"),
        ("OVERLAP", "200ms"),
        ("HANDSHAKE_TIMEOUT", "1s"),
    ];
    let (clinic, link) = Clinic::connected(&settings).await;
    let now = clinic
        .until("the fourth generation", async || {
            let now = clinic.link(link.id).await;
            now.channel
                .as_ref()
                .is_some_and(|it| it.generation >= 4)
                .then_some(now)
        })
        .await;
    let channels = clinic.channels();
    for pair in channels.windows(2) {
        assert!(
            pair[1].opened_at < pair[0].expires_at,
            "opened too late: {pair:?}"
        );
        let end = pair[0].stopped_at.unwrap_or(pair[0].expires_at);
        assert!(end > pair[1].opened_at, "never together: {pair:?}");
    }
    let at = |at: syncward_wire::At| at.to_string();
    let query = [
        ("link", link.id.to_string()),
        ("from", at(now.created_at)),
        ("to", jiff::Timestamp::now().to_string()),
        ("buckets", "1".to_owned()),
    ];
    let coverage: CoverageSeries = clinic.admin.get("coverage", &query).await.unwrap();
    assert!(!coverage.spans.is_empty());
    let gaps: Vec<_> = coverage
        .spans
        .iter()
        .filter(|span| span.watching == Watching::Gap)
        .collect();
    assert!(gaps.is_empty(), "{gaps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_whose_answer_was_lost_is_not_left_behind() {
    let (clinic, link) = Clinic::connected(&[("OVERLAP", "100ms"), ("CHANNEL_TTL", "60s")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let lost = json!({"kind": "drop", "applied": true});
    clinic.fault("events.watch", lost, Some(1)).await;
    clinic.order(link.id, "renew").await.unwrap();
    clinic
        .until("Google has opened it all the same", async || {
            (clinic.channels().len() >= 2).then_some(())
        })
        .await;

    // The handshake or the repeated call tells that it exists; a third takes over, the others are stopped.
    clinic
        .until("one live channel at Google", async || {
            let live = clinic.live_channels();
            let link = clinic.link(link.id).await;
            let [only] = live.as_slice() else { return None };
            let channel = link.channel?;
            let taken_over = channel.generation == 3 && channel.id == only.id;
            (link.state == LinkState::Live && taken_over).then_some(())
        })
        .await;
    assert_eq!(clinic.channels().len(), 3);
}
