//! The OAuth doctor on a real receiver: an app in Testing is recognised, its end foretold, and what rests on it counted.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use syncward_wire::{GrantAilment, LinkState};

use crate::clinic::{ACCOUNT, Clinic};

#[tokio::test(flavor = "multi_thread")]
async fn an_app_in_testing_is_recognised_and_its_end_foretold() {
    let clinic = Clinic::founded(&[]).await;
    clinic.face.world().consents.testing = true;
    let link = clinic.connect().await;
    let seen = clinic.health(link.grant_id).await;
    assert_eq!(seen.ailment, GrantAilment::TestingApp);
    let left = seen.ends_at.unwrap().duration_since(Timestamp::now());
    let week = SignedDuration::from_hours(7 * 24);
    assert!(
        (week - left).abs() < SignedDuration::from_mins(5),
        "{left:?}"
    );
    assert!(!seen.urgent && seen.remedy.contains("Publish"), "{seen:?}");
    let skew = seen.clock_ahead_ms.unwrap_or_default();
    assert!(skew.abs() <= 2_000, "{skew}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_on_a_withdrawn_consent_is_counted_and_its_channel_named_unstoppable() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    assert_eq!(
        clinic.health(link.grant_id).await.ailment,
        GrantAilment::None
    );
    for days in [0, 3, 30] {
        let from = Timestamp::now() + SignedDuration::from_hours(days * 24 + 2);
        let until = from + SignedDuration::from_mins(30);
        let event = json!({"summary": "Scan", "start": {"dateTime": from.to_string()}, "end": {"dateTime": until.to_string()}});
        clinic.person_books(event).await;
    }
    clinic
        .until("three bookings", async || {
            (clinic.appointments().await.len() == 3).then_some(())
        })
        .await;
    let revoke = format!("/sim/accounts/{}/revoke", ACCOUNT.replace('@', "%40"));
    clinic.simulated("POST", &revoke, json!({})).await;
    let _ = clinic.order(link.id, "sync").await;
    clinic
        .until_state(link.id, LinkState::ReconnectNeeded)
        .await;
    let seen = clinic.health(link.grant_id).await;
    assert!(seen.urgent);
    assert_eq!(seen.ailment, GrantAilment::Revoked);
    let rests = seen.rests_on_it;
    assert_eq!(
        (rests.calendars, rests.channels, rests.unstoppable_channels),
        (1, 1, 1)
    );
    assert_eq!((rests.appointments_24h, rests.appointments_7d), (1, 2));
    assert!(rests.last_channel_expires_at.is_some());
}
