//! Whether the receiver that runs does its work, as a container, a monitor or the doctor asks.

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;

use crate::{Place, code, complaint, said, until};

/// What the doctor finds of it.
fn examined(place: &Place) -> Value {
    let findings = said(&place.run(&["doctor", "--json"]));
    let mut findings = findings.as_array().unwrap().iter();
    let running = findings.find(|one| one["check"] == "running");
    running.unwrap().clone()
}

const FULL: &str = r#"{"error":"the store takes no writes: the disk is full"}"#;

/// Answers every question on the place's port so, until the test ends.
fn stand_in(place: &Place, status: &'static str, body: &'static str) {
    let listener = TcpListener::bind(&place.listen).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
}

#[tokio::test]
async fn health_is_what_the_running_receiver_says_and_its_absence() {
    let place = Place::new();
    let by_hand = |arguments: &[&str]| {
        let mut command = place.command(arguments);
        command.env_remove("SYNCWARD_LISTEN").output().unwrap()
    };
    for tls in ["off", "self-signed"] {
        let (serving, told) = place.serve_with(&[("SYNCWARD_TLS", tls)]);
        let address = told["listening"].as_str().unwrap();
        until("it is ready", || code(&by_hand(&["health"])) == 0).await;
        let sentence = String::from_utf8(by_hand(&["health"]).stdout).unwrap();
        assert_eq!(sentence, format!("The receiver at {address} is ready.\n"));
        let health = said(&by_hand(&["health", "--json"]));
        assert_eq!(health["receiver"], address);
        assert_eq!(
            (&health["ready"], &health["why"]),
            (&true.into(), &().into())
        );
        let with_own_settings = place
            .command(&["health"])
            .env("SYNCWARD_TLS", tls)
            .output()
            .unwrap();
        assert_eq!(code(&with_own_settings), 0);

        assert_eq!(serving.end(), Some(0));
        let away = by_hand(&["health"]);
        let why = complaint(&away);
        assert_eq!(code(&away), 1, "{why}");
        assert!(
            why.contains(&format!("nothing answers for the receiver at {address}"))
                && why.contains("syncward-receiver serve"),
            "{why}"
        );
    }
}

#[test]
fn one_that_is_not_ready_says_why_and_a_stranger_is_called_one() {
    let place = Place::new();
    assert_eq!(place.serve().end(), Some(0));
    stand_in(&place, "503 Service Unavailable", FULL);
    let unready = place.run(&["health"]);
    let why = complaint(&unready);
    assert_eq!(code(&unready), 1);
    assert!(
        why.ends_with("is not ready: the store takes no writes: the disk is full\n"),
        "{why}"
    );
    let unready = place.run(&["health", "--json"]);
    assert_eq!(code(&unready), 1);
    assert_eq!(said(&unready)["ready"], false);

    let other = Place::new();
    assert_eq!(other.serve().end(), Some(0));
    stand_in(&other, "200 OK", "It works!");
    let stranger = other.run(&["health"]);
    let why = complaint(&stranger);
    assert_eq!(code(&stranger), 1);
    assert!(why.contains("is no receiver of Syncward's"), "{why}");
}

#[tokio::test]
async fn the_doctor_says_whether_it_runs_and_how_to_start_it() {
    let place = Place::new();
    let serving = place.serve();
    until("it is ready", || code(&place.run(&["health"])) == 0).await;
    let running = examined(&place);
    assert_eq!(running["ok"], true, "{running}");
    let message = running["message"].as_str().unwrap();
    assert!(message.contains(&place.listen) && message.ends_with("is ready"));

    assert_eq!(serving.end(), Some(0));
    let running = examined(&place);
    assert_eq!(running["ok"], false, "{running}");
    let message = running["message"].as_str().unwrap();
    assert!(
        message.contains("nothing answers") && message.contains("`syncward-receiver serve`"),
        "{message}"
    );

    stand_in(&place, "503 Service Unavailable", FULL);
    let running = examined(&place);
    assert_eq!(running["ok"], false, "{running}");
    let message = running["message"].as_str().unwrap();
    assert!(
        message.ends_with("not ready: the store takes no writes: the disk is full"),
        "{message}"
    );
}
