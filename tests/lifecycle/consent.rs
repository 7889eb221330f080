//! Consent: what is half-made is never kept, and every refusal is a sentence with a code.

use serde_json::{Value, json};
use syncward_wire::appointment::{Appointment, AppointmentStatus};
use syncward_wire::{GrantState, LinkState, Mode};

use crate::clinic::{ACCOUNT, Clinic, parameter, refusal};

impl Clinic {
    /// Neither account nor calendar came of it.
    async fn has_nothing(&self) {
        assert!(self.grants().await.is_empty(), "a grant was made");
        assert!(self.links().await.is_empty(), "a link was made");
        assert!(self.channels().is_empty(), "a channel was opened");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_calendar_is_linked_and_proved_in_one_step() {
    let (clinic, link) = Clinic::connected(&[]).await;
    assert_eq!(link.account, ACCOUNT);
    assert_eq!(clinic.channels().len(), 1, "its channel is opened at once");
    let live = clinic.until_state(link.id, LinkState::Live).await;
    assert!(live.channel.unwrap().verified_at.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_denied_consent_makes_nothing() {
    let clinic = Clinic::founded(&[]).await;
    clinic
        .simulated("PUT", "/sim/consent", json!({"mode": "deny"}))
        .await;
    let (state, back) = clinic.consent().await;
    let error = parameter(&back, "error");
    assert_eq!(error.as_deref(), Some("access_denied"));
    let (status, code) = refusal(clinic.complete(&state, None, error).await);
    assert_eq!((status, code.as_str()), (422, "consent_denied"));
    clinic.has_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_ours_and_good_once() {
    let clinic = Clinic::founded(&[]).await;
    let (state, back) = clinic.consent().await;
    let code = parameter(&back, "code");
    let (status, word) = refusal(clinic.complete("not-ours", code.clone(), None).await);
    assert_eq!((status, word.as_str()), (422, "state_unknown"));
    clinic.has_nothing().await;

    clinic.complete(&state, code.clone(), None).await.unwrap();
    let (status, word) = refusal(clinic.complete(&state, code, None).await);
    assert_eq!((status, word.as_str()), (409, "state_used"));
    assert_eq!(
        (clinic.grants().await.len(), clinic.links().await.len()),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_not_googles_makes_nothing() {
    let clinic = Clinic::founded(&[]).await;
    let (state, _) = clinic.consent().await;
    let (status, _) = refusal(clinic.complete(&state, Some("made-up".into()), None).await);
    assert!((400..500).contains(&status), "{status}");
    clinic.has_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fewer_scopes_than_needed_make_nothing() {
    let clinic = Clinic::founded(&[]).await;
    let less = json!({"kind": "fewer_scopes", "keep": ["calendar.calendarlist.readonly"]});
    clinic.fault("oauth.token", less, None).await;
    let (state, back) = clinic.consent().await;
    let answer = clinic
        .complete(&state, parameter(&back, "code"), None)
        .await;
    let (status, code) = refusal(answer);
    assert_eq!((status, code.as_str()), (422, "missing_scopes"));
    clinic.has_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_channel_starts_on_polling_and_says_why() {
    let clinic = Clinic::founded(&[("POLL_INTERVAL", "300ms")]).await;
    let never =
        json!({"kind": "refuse", "status": 400, "reason": "pushNotSupportedForRequestedResource"});
    clinic.fault("events.watch", never, None).await;
    let link = clinic.connect().await;
    assert_eq!(link.mode, Mode::Polling);
    let polling = clinic.until_state(link.id, LinkState::Polling).await;
    assert_eq!(polling.reason.expect("a reason").code, "push_not_supported");

    let event = json!({"summary": "Walk-in", "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T09:30:00Z"}});
    clinic.person_books(event).await;
    let polled = |one: &Appointment| one.title.as_deref() == Some("Walk-in");
    clinic.appointment("what polling finds", polled).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_consent_asks_for_a_person_and_cancels_nothing() {
    let (clinic, link) = Clinic::connected(&[("OVERLAP", "100ms")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let event = json!({"summary": "Check-up", "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T09:30:00Z"}});
    clinic.person_books(event).await;
    let here = |one: &Appointment| one.title.as_deref() == Some("Check-up");
    clinic.appointment("the booking", here).await;

    let path = format!("/sim/accounts/{}/revoke", ACCOUNT.replace('@', "%40"));
    clinic.simulated("POST", &path, Value::Null).await;
    clinic.order(link.id, "sync").await.unwrap();
    let lost = clinic
        .until_state(link.id, LinkState::ReconnectNeeded)
        .await;
    assert_eq!(lost.reason.expect("a reason").code, "grant_lost");
    assert_eq!(clinic.grants().await[0].state, GrantState::Lost);
    let (status, _) = refusal(clinic.order(link.id, "renew").await);
    assert_eq!(status, 409, "nothing to renew with");
    let kept = clinic.appointment("the booking still", here).await;
    assert_eq!(kept.status, AppointmentStatus::Confirmed);

    let again = clinic.connect().await;
    assert_eq!(again.id, link.id, "the same calendar is taken up again");
    clinic.until_state(link.id, LinkState::Live).await;
    assert_eq!(clinic.appointments().await.len(), 1, "nothing doubled");
}
