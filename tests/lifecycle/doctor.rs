//! The OAuth doctor on a real receiver: an app in Testing is recognised, its end foretold, and what rests on it counted.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use syncward_wire::appointment::Appointment;
use syncward_wire::{GrantAilment, GrantHealth, GrantState, Link, LinkState};

use crate::clinic::{ACCOUNT, Clinic};

/// Has Google forget its access tokens, and a run ask for a new one.
async fn refreshed(clinic: &Clinic, link: &Link) {
    let expire = format!(
        "/sim/accounts/{}/expire-access-tokens",
        ACCOUNT.replace('@', "%40")
    );
    clinic.simulated("POST", &expire, json!({})).await;
    clinic.order(link.id, "sync").await.unwrap();
}

async fn until_ailing(clinic: &Clinic, link: &Link, ailment: GrantAilment) -> GrantHealth {
    clinic
        .until(&format!("{ailment:?}"), async || {
            let seen = clinic.health(link.grant_id).await;
            (seen.ailment == ailment).then_some(seen)
        })
        .await
}

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
    let edited = clinic.appointments().await.remove(0);
    let path = format!("appointments/{}", edited.id);
    let room = json!({"location": "Room 2"});
    let _: Appointment = clinic.system.patch(&path, &room).await.unwrap();
    let seen = clinic.health(link.grant_id).await;
    assert!(seen.urgent);
    assert_eq!(seen.ailment, GrantAilment::Revoked);
    let rests = seen.rests_on_it;
    assert_eq!(
        (rests.calendars, rests.channels, rests.unstoppable_channels),
        (1, 1, 1)
    );
    assert_eq!((rests.appointments_24h, rests.appointments_7d), (1, 2));
    assert_eq!(rests.queued_edits, 1);
    assert!(rests.last_channel_expires_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_google_says_to_a_refresh_is_named_and_only_an_end_of_the_consent_ends_it() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    for word in ["invalid_client", "unauthorized_client", "disabled_client"] {
        let refusal = json!({"kind": "oauth_error", "error": word});
        let rule = clinic.fault("oauth.token", refusal, None).await;
        refreshed(&clinic, &link).await;
        let seen = until_ailing(&clinic, &link, GrantAilment::WrongClient).await;
        assert!(seen.urgent && seen.evidence.contains(word), "{seen:?}");
        clinic.lift(&rule).await;
        refreshed(&clinic, &link).await;
        until_ailing(&clinic, &link, GrantAilment::None).await;
        assert_eq!(
            clinic.grants().await[0].state,
            GrantState::Working,
            "{word}"
        );
    }
    let refusal = json!({"kind": "oauth_error", "error": "admin_policy_enforced"});
    clinic.fault("oauth.token", refusal, None).await;
    refreshed(&clinic, &link).await;
    let seen = until_ailing(&clinic, &link, GrantAilment::AdminBlock).await;
    assert!(
        seen.urgent && seen.evidence.contains("admin_policy_enforced"),
        "{seen:?}"
    );
    assert_eq!(clinic.grants().await[0].state, GrantState::Lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_has_fewer_scopes_than_it_had_is_named() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let less = json!({"kind": "fewer_scopes", "keep": ["calendar.calendarlist.readonly"]});
    clinic.fault("oauth.token", less, None).await;
    refreshed(&clinic, &link).await;
    let seen = until_ailing(&clinic, &link, GrantAilment::MissingScope).await;
    assert!(seen.urgent && seen.remedy.contains("boxes"), "{seen:?}");
    let listings = clinic.calls("events.list").await;
    assert_eq!(listings.last(), Some(&403), "{listings:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_minutes_off_googles_is_named_with_its_side() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let ahead = json!({"advance_ms": 630_000});
    clinic.simulated("POST", "/sim/clock", ahead).await;
    clinic.order(link.id, "sync").await.unwrap();
    let seen = until_ailing(&clinic, &link, GrantAilment::ClockSkew).await;
    let told = "The receiver's clock is 10 min behind Google's.";
    assert!(seen.urgent && seen.evidence == told, "{seen:?}");
}
