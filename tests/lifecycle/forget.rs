//! A clinic is forgotten: at Google, in every table and in the plain bytes; what stays is a receipt that names nobody.

use jiff::Timestamp;
use serde_json::json;
use syncward_receiver::store::receipt::{OF_A_CLINIC, OF_NO_CLINIC};
use syncward_wire::{LinkState, Page, Receipt};

use crate::clinic::{ACCOUNT, Clinic, refusal};

/// Every byte of the database and what lies beside it.
fn bytes(clinic: &Clinic) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(clinic.folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("syncward.db") {
            all.extend(std::fs::read(path).unwrap());
        }
    }
    all
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_clinic_is_left_but_a_receipt() {
    let (clinic, link) = Clinic::connected(&[]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let at = |hour: u32| json!({"dateTime": format!("2027-05-06T{hour:02}:00:00Z")});
    let booked = json!({"summary": "Scan", "start": at(9), "end": at(10)});
    clinic.person_books(booked).await;
    clinic
        .until("the booking", async || {
            (clinic.appointments().await.len() == 1).then_some(())
        })
        .await;
    assert!(
        holds(&bytes(&clinic), ACCOUNT),
        "the account stands in the database before"
    );

    let path = format!("clinics/{}/forget", clinic.id);
    let receipt: Receipt = clinic.admin.post(&path, None::<&()>).await.unwrap();
    let rows = |kind: &str| {
        let found = receipt.deleted.iter().find(|one| one.kind == kind);
        found.map_or(0, |one| one.rows)
    };
    assert_eq!(
        (rows("clinics"), rows("calendars"), rows("appointments")),
        (1, 1, 1)
    );
    assert!(
        rows("notifications") >= 1 && rows("consents") == 1,
        "{receipt:?}"
    );
    assert_eq!((receipt.consents_left, receipt.channels_left), (0, 0));
    assert!(
        clinic.live_channels().is_empty(),
        "channels are stopped at Google"
    );

    let gone = clinic.admin.post::<Receipt>(&path, None::<&()>).await;
    assert_eq!(refusal(gone).0, 404, "it is gone");
    let kept: Page<Receipt> = clinic.admin.get("receipts", &[]).await.unwrap();
    assert_eq!(kept.items, [receipt]);
    let database = clinic.database();
    for (_, table, _) in OF_A_CLINIC {
        let sql = format!("select count(*) from {table}");
        let left = database.query_row(&sql, [], |row| row.get(0));
        let left: i64 = left.unwrap();
        // Latency of all links as one is nobody's.
        assert!(left == 0 || table == "lag_span", "{left} rows of {table}");
    }
    drop(database);
    // Readers may keep the log for a moment.
    clinic
        .until("no byte of the account", async || {
            (!holds(&bytes(&clinic), ACCOUNT)).then_some(())
        })
        .await;
    let link_id = link.id.to_string();
    assert!(
        !holds(&bytes(&clinic), &link_id),
        "nor of its calendar's number"
    );
    assert!(clinic.links().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn google_out_of_reach_keeps_nobody_from_forgetting() {
    let (clinic, link) = Clinic::connected(&[("GOOGLE_TIMEOUT", "500ms")]).await;
    clinic.until_state(link.id, LinkState::Live).await;
    for operation in ["channels.stop", "oauth.revoke"] {
        let broken = json!({"kind": "refuse", "status": 503, "reason": "backendError"});
        clinic.fault(operation, broken, None).await;
    }
    let path = format!("clinics/{}/forget", clinic.id);
    let receipt: Receipt = clinic.admin.post(&path, None::<&()>).await.unwrap();
    assert_eq!((receipt.consents_left, receipt.channels_left), (1, 1));
    assert!(
        receipt
            .channels_end_at
            .is_some_and(|at| *at > Timestamp::now())
    );
}

#[test]
fn every_table_is_a_clinics_or_nobodys() {
    let schema = include_str!("../../crates/receiver/schema.sql");
    for line in schema.lines() {
        let Some(rest) = line.strip_prefix("CREATE TABLE ") else {
            continue;
        };
        let table = rest.split([' ', '(']).next().unwrap().trim_matches('"');
        let owned = OF_A_CLINIC.iter().any(|(_, of, _)| *of == table);
        let free = OF_NO_CLINIC.contains(&table);
        assert!(
            owned != free,
            "say of {table} what becomes of it when a clinic is forgotten"
        );
    }
}
