//! What does not fit is refused as a problem that names the place and the remedy.

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use syncward_receiver::serve;
use syncward_wire::Role;
use tower::ServiceExt;

use crate::{House, json as read, refused};

/// The problem of an answer.
async fn problem(answer: axum::response::Response, status: u16, code: &str) -> Value {
    assert_eq!(answer.status().as_u16(), status);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem = read(answer).await;
    assert_eq!(problem["code"], code, "{problem}");
    assert!(!problem["action"].as_str().unwrap().is_empty());
    problem
}

#[tokio::test]
async fn a_method_that_a_path_does_not_have_is_named_with_those_it_has() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let answer = house.ask("PUT", "/clinics", Some(&admin), "").await;
    let allow = answer.headers()["allow"].to_str().unwrap().to_owned();
    assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    let told = problem(answer, 405, "method_not_allowed").await;
    let action = told["action"].as_str().unwrap();
    assert!(
        action.contains("GET") && action.contains("POST"),
        "{action}"
    );
    let stranger = house.ask("PUT", "/clinics", None, "").await;
    assert_eq!(stranger.status(), 401, "authentication comes first");
    for (method, path, status) in [
        ("DELETE", "/webhooks/calendar/google", 405),
        ("POST", "/healthz", 405),
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/nowhere", 404),
        ("POST", "/api/v2/clinics", 404),
    ] {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::empty())
            .unwrap();
        let answer = serve::router(&house.app, false)
            .oneshot(request)
            .await
            .unwrap();
        assert_eq!(
            answer.headers().contains_key("allow"),
            status == 405,
            "{path}"
        );
        refused(answer, status).await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_fit_names_its_field() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let system = house.token(Role::Integration).await;
    let ask = async |token: &str, path: &str, body: String| {
        house.ask("POST", path, Some(token), &body).await
    };
    let empty = problem(
        ask(&admin, "/clinics", String::new()).await,
        400,
        "malformed_json",
    )
    .await;
    assert!(
        empty["detail"].as_str().unwrap().contains("there is none"),
        "{empty}"
    );
    let broken = ask(&admin, "/clinics", r#"{"name": "Elm", }"#.into()).await;
    let broken = problem(broken, 400, "malformed_json").await;
    assert!(
        broken["detail"].as_str().unwrap().contains("column 17"),
        "{broken}"
    );
    let after = ask(
        &admin,
        "/clinics",
        r#"{"name": "Elm", "time_zone": "Europe/Rome"} {}"#.into(),
    )
    .await;
    problem(after, 400, "malformed_json").await;

    let typed = json!({"name": 7, "time_zone": "Europe/Rome"}).to_string();
    let typed = problem(ask(&admin, "/clinics", typed).await, 422, "invalid_body").await;
    assert!(
        typed["detail"].as_str().unwrap().contains("field name "),
        "{typed}"
    );
    let list = r#"["Elm", "Europe/Rome", []]"#.to_owned();
    let list = problem(ask(&admin, "/clinics", list).await, 422, "invalid_body").await;
    assert!(
        list["detail"].as_str().unwrap().contains("a list"),
        "{list}"
    );
    let deep = json!({"link_id": house.link().await, "start": "", "end": "", "attendees": [{"email": "a@b"}, {"email": null}]});
    let deep = problem(
        ask(&system, "/appointments", deep.to_string()).await,
        422,
        "invalid_body",
    )
    .await;
    assert!(
        deep["detail"]
            .as_str()
            .unwrap()
            .contains("attendees[1].email"),
        "{deep}"
    );
    let odd = json!({"name": "Elm", "time_zone": "Europe/Rome", "colour": "red"}).to_string();
    let odd = problem(ask(&admin, "/clinics", odd).await, 422, "invalid_body").await;
    assert!(odd["detail"].as_str().unwrap().contains("colour"), "{odd}");
    let missing = problem(
        ask(&admin, "/clinics", "{}".into()).await,
        422,
        "invalid_body",
    )
    .await;
    assert!(
        missing["detail"].as_str().unwrap().contains("name"),
        "{missing}"
    );
    let large = format!(r#"{{"name": "{}"}}"#, "x".repeat(3 << 20));
    problem(ask(&admin, "/clinics", large).await, 413, "body_too_large").await;
    let query = house.ask("GET", "/links?limt=5", Some(&admin), "").await;
    let query = problem(query, 422, "invalid_query").await;
    assert!(
        query["detail"].as_str().unwrap().contains("limt"),
        "{query}"
    );
}

#[tokio::test]
async fn a_nul_character_is_refused_wherever_it_stands() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let system = house.token(Role::Integration).await;
    let link = house.link().await;
    let appointment = json!({
        "link_id": link, "title": "A", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z",
        "attendees": [{"email": "a@b.example"}, {"email": "c@d.example", "name": "C\0"}],
    });
    let clinic = json!({"name": "Elm\0", "time_zone": "Europe/Rome"});
    let odd = json!({"name": "Elm", "time_zone": "Europe/Rome", "a\0b": 1});
    let place = URL_SAFE_NO_PAD.encode(json!(["\0", "\0"]).to_string());
    let place = format!("/clinics?after={place}");
    for (method, path, token, body, field) in [
        ("POST", "/clinics", &admin, clinic, "name"),
        ("POST", "/clinics", &admin, odd, "a\u{fffd}b"),
        (
            "POST",
            "/appointments",
            &system,
            appointment,
            "attendees[1].name",
        ),
        ("GET", "/activity?kind=%00", &admin, Value::Null, "kind"),
        ("GET", "/activity?a%00=1", &admin, Value::Null, "a\u{fffd}"),
    ] {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = house.ask(method, path, Some(token), &body).await;
        let said = problem(answer, 400, "nul_character").await;
        let detail = said["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("The field {field} ")), "{detail}");
    }
    let cursor = house.ask("GET", &place, Some(&admin), "").await;
    problem(cursor, 422, "invalid_cursor").await;
    let kept = json!({"name": r"Elm \u0000", "time_zone": "Europe/Rome"}).to_string();
    let kept = house.ask("POST", "/clinics", Some(&admin), &kept).await;
    assert_eq!(kept.status(), 201, "a backslash and five signs are no NUL");
}

#[tokio::test]
async fn an_appointment_that_can_not_be_is_refused_by_field() {
    let house = House::new().await;
    let system = house.token(Role::Integration).await;
    let link = house.link().await;
    let with = |change: Value| {
        let mut draft = json!({"link_id": link, "title": "A", "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
        for (field, value) in change.as_object().unwrap() {
            draft[field] = value.clone();
        }
        draft.to_string()
    };
    for (change, field) in [
        (json!({"start": "tomorrow"}), "start"),
        (json!({"end": "2030-05-06T09:00:00Z"}), "end"),
        (json!({"all_day": true}), "start"),
        (json!({"time_zone": "Mars/Olympus"}), "time_zone"),
        (json!({"title": "x".repeat(8193)}), "title"),
        (json!({"attendees": [{"email": "nobody"}]}), "attendees"),
        (json!({"status": "cancelled"}), "status"),
        (json!({"recurrence": ["RRULE:FREQ=WEEKLY"]}), "time_zone"),
        (
            json!({"recurrence": ["RRULE:FREQ=NEVER"], "time_zone": "Europe/Rome"}),
            "recurrence",
        ),
        (
            json!({"recurrence": ["DTSTART:20300101"], "time_zone": "Europe/Rome"}),
            "recurrence",
        ),
    ] {
        let answer = house
            .ask("POST", "/appointments", Some(&system), &with(change))
            .await;
        let said = problem(answer, 422, "invalid_appointment").await;
        assert!(
            said["detail"].as_str().unwrap().starts_with(field),
            "{field}: {said}"
        );
    }
    let listed = read(house.ask("GET", "/appointments", Some(&system), "").await).await;
    assert_eq!(listed["items"], json!([]), "a refused one leaves nothing");
}
