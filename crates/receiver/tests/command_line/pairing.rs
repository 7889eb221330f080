//! Pairing by hand: where the link leads when the shell knows nothing of the service, and what the log says of guesses.

use std::process::Stdio;

use serde_json::Value;
use syncward_wire::Fingerprint;
use syncward_wire::client::pair;

use crate::{Place, Serving, code, said, until};

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
