//! Where a receiver answers and how safely: what is refused, and what is said of what is allowed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use syncward_wire::client::http_for;
use url::Url;

use crate::{Place, code, complaint, said};

/// A certificate that ends in so many days, and its key.
fn certificate(folder: &Path, name: &str, days: i64) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let mut wanted = CertificateParams::new(["clinic.example".to_owned()]).unwrap();
    let day = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days))
        .strftime("%Y-%m-%d")
        .to_string();
    let part = |range: std::ops::Range<usize>| -> i32 { day[range].parse().unwrap() };
    let small = |range| u8::try_from(part(range)).unwrap();
    wanted.not_before = rcgen::date_time_ymd(2020, 1, 1);
    wanted.not_after = rcgen::date_time_ymd(part(0..4), small(5..7), small(8..10));
    let cert = wanted.self_signed(&key).unwrap();
    let paths = (
        folder.join(format!("{name}.pem")),
        folder.join(format!("{name}.key")),
    );
    std::fs::write(&paths.0, cert.pem()).unwrap();
    std::fs::write(&paths.1, key.serialize_pem()).unwrap();
    paths
}

/// What a receiver logs until it listens.
fn logged(place: &Place, variables: &[(&str, &str)], without: &[&str]) -> String {
    let mut command = place.command(&["serve", "--exit-with-stdin"]);
    command.envs(variables.iter().copied());
    for name in without {
        command.env_remove(name);
    }
    // Standard input has ended already, so it ends once it has begun.
    let output = command.stdout(Stdio::null()).output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{log}");
    let warnings = log.lines().filter(|line| line.contains("\"WARN\""));
    warnings.collect::<Vec<_>>().join("\n")
}

/// What the doctor finds about the certificate.
fn examined(doctor: &mut Command) -> Value {
    let findings = said(&doctor.output().unwrap());
    let mut findings = findings.as_array().unwrap().iter();
    let tls = findings.find(|one| one["check"] == "tls");
    tls.unwrap().clone()
}

#[test]
fn what_works_otherwise_than_one_may_think_is_warned_of_at_the_start() {
    let place = Place::new();
    assert_eq!(logged(&place, &[], &[]), "");
    let open = [("SYNCWARD_LISTEN", "0.0.0.0:0")];
    let log = logged(&place, &open, &[]);
    assert!(
        log.contains("in clear text") && log.contains("SYNCWARD_TLS"),
        "{log}"
    );
    let own = [open[0], ("SYNCWARD_TLS", "self-signed")];
    assert_eq!(logged(&place, &own, &[]), "");
    let log = logged(&place, &[], &["SYNCWARD_GOOGLE_CLIENT_ID"]);
    assert!(
        log.contains("SYNCWARD_GOOGLE_CLIENT_ID") && log.contains("no Google account"),
        "{log}"
    );
    let (cert, key) = certificate(place.folder.path(), "ended", -2);
    let given = [
        ("SYNCWARD_TLS_CERT", cert.to_str().unwrap()),
        ("SYNCWARD_TLS_KEY", key.to_str().unwrap()),
    ];
    let log = logged(&place, &given, &[]);
    assert!(log.contains("the certificate has ended"), "{log}");

    let tls = examined(place.command(&["doctor", "--json"]).envs(open));
    assert_eq!(tls["ok"], true);
    assert!(
        tls["message"].as_str().unwrap().contains("in clear text"),
        "{tls}"
    );
}

#[test]
fn the_doctor_says_of_a_certificate_what_serve_does() {
    let place = Place::new();
    assert_eq!(place.serve().end(), Some(0));
    let folder = place.folder.path();
    let (good, good_key) = certificate(folder, "good", 90);
    let (soon, soon_key) = certificate(folder, "soon", 7);
    let (ended, ended_key) = certificate(folder, "ended", -2);
    let put = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let empty = put("empty.pem", b"\n");
    let binary = put("der.pem", &[0x30, 0x82, 0x01, 0x00]);
    let text = put("text.pem", b"no certificate");
    let locked = put(
        "locked.key",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n",
    );
    let nowhere = folder.join("nowhere.pem");
    let strangers = "not that of the first certificate";
    let cases: &[(&Path, &Path, Option<bool>, &[&str])] = &[
        (&good, &good_key, Some(true), &["fit together"]),
        (
            &soon,
            &soon_key,
            Some(true),
            &["the certificate ends on", "renew"],
        ),
        (
            &ended,
            &ended_key,
            Some(false),
            &["the certificate ended on", "renew"],
        ),
        (
            &good,
            &soon_key,
            None,
            &["SYNCWARD_TLS_CERT", "SYNCWARD_TLS_KEY", strangers],
        ),
        (
            &nowhere,
            &good_key,
            None,
            &["SYNCWARD_TLS_CERT", "could not read", "No such file"],
        ),
        (
            &good,
            &nowhere,
            None,
            &["SYNCWARD_TLS_KEY", "could not read", "No such file"],
        ),
        (&empty, &good_key, None, &["SYNCWARD_TLS_CERT", "is empty"]),
        (
            &binary,
            &good_key,
            None,
            &["SYNCWARD_TLS_CERT", "openssl x509 -inform der"],
        ),
        (
            &good,
            &binary,
            None,
            &["SYNCWARD_TLS_KEY", "openssl pkey -inform der"],
        ),
        (
            &text,
            &good_key,
            None,
            &["SYNCWARD_TLS_CERT", "holds no certificate"],
        ),
        (
            &good,
            &good,
            None,
            &["SYNCWARD_TLS_KEY", "holds no private key"],
        ),
        (&good, &locked, None, &["SYNCWARD_TLS_KEY", "passphrase"]),
    ];
    for (cert, key, served, words) in cases {
        let with_both = |arguments: &[&str]| {
            let mut command = place.command(arguments);
            command
                .env("SYNCWARD_TLS_CERT", cert)
                .env("SYNCWARD_TLS_KEY", key);
            command
        };
        let tls = examined(&mut with_both(&["doctor", "--json"]));
        assert_eq!(tls["ok"], served.unwrap_or(false), "{tls}");
        let message = tls["message"].as_str().unwrap();
        assert!(
            words.iter().all(|word| message.contains(word)),
            "{words:?} in {message}"
        );
        if served.is_none() {
            let refused = with_both(&["serve"]).output().unwrap();
            let why = complaint(&refused);
            assert_eq!(code(&refused), 2, "{why}");
            assert!(
                words.iter().all(|word| why.contains(word)),
                "{words:?} in {why}"
            );
        }
    }
}

#[tokio::test]
async fn metrics_tell_when_a_certificate_ends_where_one_is_shown() {
    const NAME: &str = "syncward_certificate_end_timestamp_seconds";
    let place = Place::new();
    let (cert, key) = certificate(place.folder.path(), "given", 40);
    let given = [
        ("SYNCWARD_TLS_CERT", cert.to_str().unwrap()),
        ("SYNCWARD_TLS_KEY", key.to_str().unwrap()),
        ("SYNCWARD_METRICS_OPEN", "true"),
    ];
    for variables in [&given[..], &given[2..]] {
        let (serving, told) = place.serve_with(variables);
        let address: Url = told["listening"].as_str().unwrap().parse().unwrap();
        let pin = told["fingerprint"].as_str();
        let client = http_for(&address, pin.map(|pin| pin.parse().unwrap())).unwrap();
        let page = client.get(address.join("metrics").unwrap()).send().await;
        let page = page.unwrap().text().await.unwrap();
        let mut lines = page.lines();
        let ends_at = lines.find_map(|line| line.strip_prefix(NAME)?.trim().parse::<f64>().ok());
        match pin {
            Some(_) => {
                let days =
                    (ends_at.unwrap() - jiff::Timestamp::now().as_second() as f64) / 86_400.0;
                assert!((38.9..=40.1).contains(&days), "{days}");
            }
            None => assert_eq!(ends_at, None, "{page}"),
        }
        assert_eq!(serving.end(), Some(0));
    }
}

#[test]
fn a_public_address_is_an_address_and_nothing_else() {
    let place = Place::new();
    for (address, what) in [
        ("https://admin:hunter2@clinic.example", "a password"),
        ("http://admin:hunter2@clinic.example", "https"),
        ("admin:hunter2@clinic.example", "no absolute address"),
        ("https://clinic.example/?a=hunter2", "a query"),
        ("https://clinic.example/#hunter2", "a fragment"),
    ] {
        let output = place
            .command(&["serve"])
            .env("SYNCWARD_PUBLIC_URL", address)
            .output()
            .unwrap();
        let why = complaint(&output);
        assert_eq!(code(&output), 2, "{why}");
        assert!(
            why.contains("SYNCWARD_PUBLIC_URL") && why.contains(what),
            "{what} in {why}"
        );
        assert!(!why.contains("hunter2"), "{why}");
    }
}

#[test]
fn an_address_of_another_computer_is_told_as_that() {
    let place = Place::new();
    let output = place
        .command(&["serve"])
        .env("SYNCWARD_LISTEN", "192.0.2.1:8480")
        .output()
        .unwrap();
    let why = complaint(&output);
    assert_eq!(code(&output), 1);
    assert!(
        why.contains("SYNCWARD_LISTEN") && why.contains("no such address"),
        "{why}"
    );
    assert!(!why.contains("another receiver"), "{why}");
}
