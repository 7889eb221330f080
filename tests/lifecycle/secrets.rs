//! Marker words planted in all that is secret, and looked for wherever it must not be.

use serde_json::json;
use syncward_wire::appointment::Appointment;
use syncward_wire::webhook::WebhookEndpointMade;
use syncward_wire::{Activity, LinkState};

use crate::clinic::{Clinic, parameter};

/// Planted in every field that people fill.
const WORDS: [&str; 6] = [
    "marker-title",
    "marker-description",
    "marker-location",
    "marker-guest",
    "marker-late",
    "marker-wrong",
];
/// How the tokens of Google's simulator begin.
const GOOGLE_TOKENS: [&str; 2] = ["ya29.", "1//0sim"];
/// All that an admin's desktop may ask for; LINK, GRANT and MONTH stand for those of the story.
const ASKED: [&str; 18] = [
    "/api/v1/overview",
    "/api/v1/clinics",
    "/api/v1/grants",
    "/api/v1/links",
    "/api/v1/activity?limit=1000",
    "/api/v1/devices",
    "/api/v1/audit?limit=1000",
    "/api/v1/lag",
    "/api/v1/delivery",
    "/api/v1/coverage",
    "/api/v1/forecast",
    "/api/v1/attest?month=MONTH",
    "/api/v1/missed-changes",
    "/api/v1/receipts",
    "/api/v1/links/LINK/cursor-steps",
    "/api/v1/links/LINK/fire-drills",
    "/api/v1/grants/GRANT/health",
    "/metrics",
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_secret_is_nowhere_in_plain_words() {
    let mut clinic = Clinic::founded(&[("LOG", "debug"), ("OVERLAP", "100ms")]).await;
    let (state, back) = clinic.consent().await;
    let code = parameter(&back, "code").unwrap();
    let completed = clinic.complete(&state, Some(code.clone()), None).await;
    let link = completed.unwrap().links.remove(0);
    clinic.until_state(link.id, LinkState::Live).await;
    let endpoint = json!({"url": "http://127.0.0.1:9/told"});
    let made: WebhookEndpointMade = clinic
        .system
        .post("webhook-endpoints", Some(&endpoint))
        .await
        .unwrap();

    both_write(&clinic, &link.id.to_string()).await;
    google_refuses(&clinic, &link.id.to_string()).await;
    let refused = refusals(&clinic, &link.id.to_string()).await;
    let renewal = clinic.order(link.id, "renew").await.unwrap();
    clinic.ended(renewal).await;

    let mut secrets: Vec<String> = WORDS.iter().map(|word| (*word).to_owned()).collect();
    secrets.extend(GOOGLE_TOKENS.iter().map(|start| (*start).to_owned()));
    secrets.extend([code, state, made.secret]);
    secrets.extend([clinic.admin_token.clone(), clinic.system_token.clone()]);
    secrets.extend(clinic.channels().into_iter().filter_map(|one| one.token));
    secrets.push(std::fs::read_to_string(clinic.folder().join("secret.key")).unwrap());

    let mut shown = refused;
    let grant = link.grant_id.to_string();
    let month = jiff::Timestamp::now().to_string()[..7].to_owned();
    for path in ASKED {
        let path = path.replace("LINK", &link.id.to_string());
        let path = path.replace("GRANT", &grant).replace("MONTH", &month);
        let (status, text) = clinic.asked(&path, &clinic.admin_token).await;
        assert_eq!(status, 200, "{path}: {text}");
        shown.push((path, text));
    }
    let told: Vec<Activity> = clinic.admin.list("activity").await.unwrap();
    let newest = told.iter().max_by_key(|line| line.seq).unwrap();
    let stream = clinic.streamed(&newest.text).await;
    shown.push(("/api/v1/stream".to_owned(), stream));
    for (place, text) in &shown {
        absent(place, text.as_bytes(), &secrets);
    }

    clinic.kill();
    let mut seen = false;
    for entry in std::fs::read_dir(clinic.folder()).unwrap() {
        let entry = entry.unwrap();
        let (name, bytes) = (entry.file_name(), std::fs::read(entry.path()).unwrap());
        // What is no secret is found, so that the search is known to search.
        seen |= holds(&bytes, "Willow Clinic");
        if name != "secret.key" {
            absent(&name.to_string_lossy(), &bytes, &secrets);
        }
    }
    assert!(seen, "the clinic's name lies in no file");
}

/// A person and the clinic's own system each make and change an appointment.
async fn both_write(clinic: &Clinic, link: &str) {
    let guest = json!({"email": "marker-guest@patients.example", "displayName": "marker-guest"});
    let event = json!({
        "summary": "marker-title", "description": "marker-description", "location": "marker-location",
        "attendees": [guest],
        "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T10:00:00Z"},
    });
    let event = clinic.person_books(event).await;
    let titled = |title: &'static str| {
        move |one: &Appointment| one.title.as_deref().is_some_and(|had| had.ends_with(title))
    };
    let here = clinic
        .appointment("the booking", titled("marker-title"))
        .await;
    clinic
        .person_changes(&event, json!({"summary": "marker-late"}))
        .await;
    clinic
        .appointment("the change", titled("marker-late"))
        .await;
    let path = format!("appointments/{}", here.id);
    let change = json!({"description": "marker-description, ours"});
    let _: Appointment = clinic.system.patch(&path, &change).await.unwrap();

    let draft = json!({
        "link_id": link, "title": "ours, marker-title", "description": "marker-description",
        "location": "marker-location", "attendees": [{"email": "marker-guest@patients.example"}],
        "start": "2030-05-07T10:00:00Z", "end": "2030-05-07T10:30:00Z",
    });
    // The answer is kept for whoever asks twice.
    for _ in 0..2 {
        let booked = clinic.post_as_system("appointments", "ours", draft.clone());
        assert_eq!(booked.await, Some(201));
    }
    clinic
        .until("both in Google", async || {
            (clinic.google_events().await.len() == 2).then_some(())
        })
        .await;
}

/// Google refuses a write and a look, in words that repeat the appointment's.
async fn google_refuses(clinic: &Clinic, link: &str) {
    let refusal =
        json!({"kind": "refuse", "status": 400, "message": "Invalid value: marker-title"});
    clinic
        .fault("events.insert", refusal.clone(), Some(1))
        .await;
    let draft = json!({
        "link_id": link, "title": "marker-wrong",
        "start": "2030-05-08T10:00:00Z", "end": "2030-05-08T10:30:00Z",
    });
    clinic
        .posted("/api/v1/appointments", &draft.to_string())
        .await;
    clinic
        .until("a refused write", async || {
            clinic
                .calls("events.insert")
                .await
                .contains(&400)
                .then_some(())
        })
        .await;
    clinic.fault("events.list", refusal, Some(1)).await;
    let id = link.parse().unwrap();
    if let Ok(sync) = clinic.order(id, "sync").await {
        clinic.ended(sync).await;
    }
}

/// What is wrong with a request is told without repeating it.
async fn refusals(clinic: &Clinic, link: &str) -> Vec<(String, String)> {
    let wrong = [
        format!(
            r#"{{"link_id":"{link}","title":"marker-wrong","start":"marker-late","end":"marker-late"}}"#
        ),
        format!(
            r#"{{"link_id":"{link}","title":"a","start":"2030-05-08T10:00:00Z","end":"2030-05-08T11:00:00Z","attendees":["marker-guest"]}}"#
        ),
        r#"{"link_id":"marker-wrong","title":"a"}"#.to_owned(),
        r#"{"title":{"marker-title":1}}"#.to_owned(),
        r#"["marker-title""#.to_owned(),
    ];
    let mut told = Vec::new();
    for body in wrong {
        let (status, text) = clinic.posted("/api/v1/appointments", &body).await;
        assert!((400..500).contains(&status), "{body}: {status} {text}");
        told.push((body.replace("marker", "planted"), text));
    }
    told
}

fn absent(place: &str, bytes: &[u8], secrets: &[String]) {
    for secret in secrets {
        assert!(!secret.is_empty());
        assert!(
            !holds(bytes, secret),
            "{secret} lies open in {place}: {}",
            around(bytes, secret)
        );
    }
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|piece| piece == word.as_bytes())
}

/// Some of what stands before and after it.
fn around(bytes: &[u8], word: &str) -> String {
    let found = bytes
        .windows(word.len())
        .position(|piece| piece == word.as_bytes());
    let at = found.unwrap_or_default();
    let piece = &bytes[at.saturating_sub(200)..(at + 100).min(bytes.len())];
    String::from_utf8_lossy(piece).into_owned()
}
