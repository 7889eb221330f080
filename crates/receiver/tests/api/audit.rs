//! The audit trail: written with what it tells of, also of what was refused, and chained so that tampering shows.

use serde_json::{Value, json};
use syncward_wire::Role;
use uuid::Uuid;

use crate::home::refusal;
use crate::{House, json as read, refused};

const CLINIC: &str = r#"{"name":"Elm","time_zone":"Europe/London"}"#;

async fn trail(house: &House, admin: &str) -> Value {
    read(house.ask("GET", "/audit", Some(admin), "").await).await
}

async fn execute(house: &House, sql: impl Into<String>) {
    let sql = sql.into();
    let done = house.app.store.write(move |tx| Ok(tx.execute_batch(&sql)?));
    done.await.unwrap();
}

#[tokio::test]
async fn an_action_and_its_entry_are_kept_together_or_not_at_all() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let (no_entry, entries) = refusal("audit", "true");
    execute(&house, no_entry).await;
    let answer = house.ask("POST", "/clinics", Some(&admin), CLINIC).await;
    assert_eq!(refused(answer, 503).await, "store_failed");
    let clinics = read(house.ask("GET", "/clinics", Some(&admin), "").await).await;
    assert_eq!(clinics["items"], json!([]));
    let answer = house.ask("POST", "/receiver/pause", Some(&admin), "").await;
    assert_eq!(refused(answer, 503).await, "store_failed");
    let overview = read(house.ask("GET", "/overview", Some(&admin), "").await).await;
    assert_eq!(overview["paused"], false);

    execute(&house, entries).await;
    let answer = house.ask("POST", "/clinics", Some(&admin), CLINIC).await;
    let clinic = read(answer).await;
    let entry = trail(&house, &admin).await["items"][0].clone();
    assert_eq!(entry["what"], "create_clinic");
    assert_eq!(entry["result"], "done");
    assert_eq!(entry["subject_id"], clinic["id"]);
    assert_eq!(entry["who"], "test");
}

#[tokio::test]
async fn refused_actions_leave_an_entry_and_refused_reads_do_not() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let viewer = house.token(Role::Viewer).await;
    let link = house.link().await;
    refused(house.ask("GET", "/devices", Some(&viewer), "").await, 403).await;
    let path = format!("/links/{link}/renew");
    refused(house.ask("POST", &path, Some(&viewer), "").await, 403).await;
    let paused = house.ask("POST", "/receiver/pause", Some(&admin), "").await;
    assert_eq!(paused.status(), 204);
    refused(house.ask("POST", &path, Some(&admin), "").await, 409).await;
    let trail = trail(&house, &admin).await;
    let told: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["what"].as_str().unwrap(),
                one["result"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("renew", "refused: receiver_paused"),
            ("pause_receiver", "done"),
            ("renew", "refused: role_too_low")
        ]
    );
    assert_eq!(trail["items"][0]["subject_id"], link.to_string());
    assert_eq!(
        trail["chain"],
        json!({"intact": true, "entries": 3, "broken_at": null})
    );
}

#[tokio::test]
async fn writing_appointments_leaves_entries_without_their_words() {
    let house = House::new().await;
    let (admin, system) = (
        house.token(Role::Admin).await,
        house.token(Role::Integration).await,
    );
    let draft = json!({
        "link_id": house.link().await, "title": "marker-of-a-title",
        "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"
    });
    let made = read(
        house
            .ask("POST", "/appointments", Some(&system), &draft.to_string())
            .await,
    )
    .await;
    let path = format!("/appointments/{}", made["id"].as_str().unwrap());
    house
        .ask("PATCH", &path, Some(&system), r#"{"title":"Other"}"#)
        .await;
    house
        .ask("PATCH", &path, Some(&system), r#"{"title":"Other"}"#)
        .await;
    house.ask("DELETE", &path, Some(&system), "").await;
    let trail = trail(&house, &admin).await;
    let words: Vec<_> = trail["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["what"].clone())
        .collect();
    let expected = [
        "cancel_appointment",
        "change_appointment",
        "create_appointment",
    ];
    assert_eq!(words, expected, "a patch that changes nothing is no action");
    assert_eq!(trail["items"][2]["subject_id"], made["id"]);
    assert!(!trail.to_string().contains("marker-of-a-title"));
}

#[tokio::test]
async fn an_entry_that_was_changed_or_taken_out_is_named() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    for _ in 0..4 {
        let made = house.ask("POST", "/clinics", Some(&admin), CLINIC).await;
        assert_eq!(made.status(), 201);
    }
    assert_eq!(trail(&house, &admin).await["chain"]["intact"], true);
    execute(
        &house,
        "update audit set who = 'somebody else' where audit_id = 2",
    )
    .await;
    let broken = |seq: i64| json!({"intact": false, "entries": 4, "broken_at": seq});
    assert_eq!(trail(&house, &admin).await["chain"], broken(2));
    execute(&house, "update audit set who = 'test' where audit_id = 2").await;
    assert_eq!(trail(&house, &admin).await["chain"]["intact"], true);
    execute(&house, "delete from audit where audit_id = 4").await;
    assert_eq!(trail(&house, &admin).await["chain"], broken(4));
    execute(&house, "delete from audit where audit_id = 1").await;
    assert_eq!(trail(&house, &admin).await["chain"], broken(1));
}

#[tokio::test]
async fn a_refusal_of_what_does_not_exist_leaves_nothing() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let path = format!("/devices/{}", Uuid::new_v4());
    refused(house.ask("DELETE", &path, Some(&admin), "").await, 404).await;
    assert_eq!(trail(&house, &admin).await["items"], json!([]));
}
