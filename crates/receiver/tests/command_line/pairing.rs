//! Pairing by hand: where the link leads when the shell knows nothing of the service, and what the log says of guesses.

use std::process::Stdio;

use secrecy::SecretString;
use serde_json::Value;
use syncward_wire::Fingerprint;
use syncward_wire::client::{Client, pair};

use crate::{Place, Serving, code, complaint, said, until};

/// A code as an administrator makes it, whose shell has the data folder alone.
fn by_hand(place: &Place) -> Value {
    let mut command = place.command(&["pair", "--json"]);
    command.env_remove("SYNCWARD_LISTEN");
    let output = command.output().unwrap();
    assert_eq!(code(&output), 0, "{output:?}");
    said(&output)
}

#[tokio::test]
async fn a_code_made_by_hand_leads_where_the_running_receiver_is() {
    let place = Place::new();
    let public = [("SYNCWARD_PUBLIC_URL", "https://calendar.clinic.example")];
    let (serving, _) = place.serve_with(&public);
    let made = by_hand(&place);
    let link = made["link"].as_str().unwrap();
    assert!(
        link.contains("calendar.clinic.example") && !link.contains("pin="),
        "{link}"
    );
    assert_eq!(made["fingerprint"], Value::Null);
    // What its own environment says comes first.
    let said_here = said(&place.run(&["pair", "--json"]));
    assert!(
        said_here["link"].as_str().unwrap().contains("127.0.0.1"),
        "{said_here}"
    );
    assert_eq!(serving.end(), Some(0));

    // The port is left to the system, and the certificate is its own.
    let own = [
        ("SYNCWARD_TLS", "self-signed"),
        ("SYNCWARD_LISTEN", "127.0.0.1:0"),
    ];
    let (_serving, told) = place.serve_with(&own);
    let listening = told["listening"].as_str().unwrap();
    let fingerprint: Fingerprint = told["fingerprint"].as_str().unwrap().parse().unwrap();
    let mut made = Value::Null;
    until("it has noted where it is", || {
        made = by_hand(&place);
        made["fingerprint"] == fingerprint.hex()
    })
    .await;
    let link = made["link"].as_str().unwrap();
    assert!(
        link.ends_with(&format!("&pin={}", fingerprint.hex())),
        "{link}"
    );
    let port = listening.rsplit(':').next().unwrap();
    assert!(link.contains(port), "{link}");
    let code = made["code"].as_str().unwrap();
    assert!(
        pair(listening, code, "tests", Some(fingerprint))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn guesses_are_logged_without_what_was_guessed() {
    let place = Place::new();
    let log = place.folder.path().join("log");
    let mut serve = place.command(&["serve", "--exit-with-stdin"]);
    serve.stdin(Stdio::piped()).stdout(Stdio::null());
    serve.stderr(std::fs::File::create(&log).unwrap());
    let serving = Serving(serve.spawn().unwrap());
    until("it listens", || {
        std::net::TcpStream::connect(&place.listen).is_ok()
    })
    .await;
    let address = format!("http://{}", place.listen);
    for _ in 0..13 {
        assert!(pair(&address, "GUESS-WRONG", "tests", None).await.is_err());
    }
    assert_eq!(serving.end(), Some(0));
    let log = std::fs::read_to_string(&log).unwrap();
    let count = |words: &str| {
        let warnings = log.lines().filter(|line| line.contains("\"WARN\""));
        warnings.filter(|line| line.contains(words)).count()
    };
    assert_eq!(count("a wrong pairing code was tried"), 10, "{log}");
    assert_eq!(count("too many pairing codes were tried"), 1, "{log}");
    assert!(log.contains("127.0.0.1") && !log.contains("GUESS"), "{log}");
}

#[tokio::test]
async fn a_device_is_listed_and_shut_out_by_name_and_the_trail_says_so() {
    let place = Place::new();
    let _serving = place.serve();
    let address = format!("http://{}", place.listen);
    let paired = async |role: &str, device: &str| {
        let made = said(&place.run(&["pair", "--role", role, "--json"]));
        let code = made["code"].as_str().unwrap().to_owned();
        let paired = pair(&address, &code, device, None).await.unwrap();
        Client::new(&address, SecretString::from(paired.token), None).unwrap()
    };
    let admin = paired("admin", "office").await;
    let lost = paired("viewer", "laptop").await;
    let listed = said(&place.run(&["devices", "--json"]));
    let rows: Vec<(&str, &str)> = listed
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["role"].as_str().unwrap()))
        .collect();
    assert_eq!(rows, [("office", "admin"), ("laptop", "viewer")]);
    assert!(lost.get::<Value>("overview", &[]).await.is_ok());

    let unknown = place.run(&["revoke", "tablet"]);
    let why = complaint(&unknown);
    assert_eq!(code(&unknown), 1);
    assert!(
        why.contains("no such device: tablet") && why.contains("laptop ("),
        "{why}"
    );
    let shut_out = place.run(&["revoke", "laptop"]);
    assert_eq!(code(&shut_out), 0, "{shut_out:?}");
    let refused = lost.get::<Value>("overview", &[]).await.unwrap_err();
    assert!(refused.is_unauthorised(), "{refused}");
    let text = String::from_utf8(place.run(&["devices"]).stdout).unwrap();
    let laptop = text.lines().find(|line| line.ends_with("laptop")).unwrap();
    assert!(
        laptop.contains("viewer") && laptop.contains("revoked 20"),
        "{text}"
    );
    let trail: Value = admin.get("audit", &[]).await.unwrap();
    let last = &trail["items"][0];
    assert_eq!(
        (&last["who"], &last["subject_id"]),
        (&"command line".into(), &listed[1]["id"])
    );
    // Its name is free for another that may be shut out later.
    paired("viewer", "laptop").await;
    assert_eq!(code(&place.run(&["revoke", "laptop", "--json"])), 0);
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_tries() {
    let tries = async |variables: &[(&str, &str)]| {
        let place = Place::new();
        let (_serving, _) = place.serve_with(variables);
        let http = reqwest::Client::new();
        let mut statuses = Vec::new();
        for last in 1..=11 {
            let answer = http
                .post(format!("http://{}/api/v1/pair", place.listen))
                .header("x-forwarded-for", format!("6.6.6.6, 192.0.2.{last}"))
                .json(&serde_json::json!({"code": "GUESS-WRONG", "device": "tests"}))
                .send();
            statuses.push(answer.await.unwrap().status().as_u16());
        }
        statuses
    };
    let trusted = [("SYNCWARD_TRUSTED_PROXIES", "127.0.0.1, ::1")];
    assert_eq!(tries(&trusted).await, [401; 11]);
    // Nobody's word counts unless it is set: whoever guesses could write it.
    let untold = tries(&[]).await;
    assert_eq!((untold[9], untold[10]), (401, 429));
}
