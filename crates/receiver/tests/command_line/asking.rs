//! What the running receiver says to the command line: its words as they are, and lists to their end.

use syncward_receiver::store::link::NewLink;
use syncward_receiver::store::row::Id;
use syncward_receiver::store::sql::params;
use syncward_receiver::store::{self, Store};
use uuid::Uuid;

use crate::{Place, code, complaint, said, seed, until};

/// More than a page of links, all of the clinic that has the first one; answers the clinic's id.
async fn many_links(store: &Store) -> Uuid {
    let first = seed::link(store).await.unwrap();
    let clinic = store.write(move |tx| {
        let sql = "select clinic_id, google_grant_id from link where link_id = ?";
        let (clinic_id, google_grant_id) = tx.query_row(sql, params![Id(first)], |row| {
            Ok((row.get::<_, Id>(0)?.0, row.get::<_, Id>(1)?.0))
        })?;
        for number in 0..1_000 {
            let calendar = format!("calendar-{number}");
            let link = NewLink {
                link_id: Uuid::now_v7(),
                clinic_id,
                google_grant_id,
                google_calendar_id: &calendar,
                calendar_name: &calendar,
            };
            store::link::insert(tx, &link, jiff::Timestamp::now())?;
        }
        Ok(clinic_id)
    });
    clinic.await.unwrap()
}

#[test]
fn a_clinic_is_named_by_its_id_or_its_name_and_lists_have_no_end_at_a_thousand() {
    let place = Place::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let serving = place.serve();
    let store = Store::open_beside(place.folder.path()).unwrap();
    let clinic = runtime.block_on(many_links(&store)).to_string();
    let links = said(&place.run(&["links", "--json"]));
    assert_eq!(links.as_array().map(Vec::len), Some(1_001));
    for named in ["Elm Street", clinic.as_str()] {
        let unsure = place.run(&["forget", named]);
        let why = complaint(&unsure);
        assert_eq!(code(&unsure), 2, "{why}");
        assert!(
            why.contains("1001 calendars of Elm Street") && why.contains("--yes"),
            "{why}"
        );
    }
    for (named, more) in [("Oak Street", ""), (&Uuid::nil().to_string(), "--yes")] {
        let arguments = ["forget", named, more];
        let arguments = arguments.into_iter().filter(|one| !one.is_empty());
        let unknown = place.run(&arguments.collect::<Vec<_>>());
        let why = complaint(&unknown);
        assert_eq!(code(&unknown), 1, "{why}");
        assert!(
            why.contains("no such clinic") && why.contains(&format!("Elm Street ({clinic})")),
            "{why}"
        );
        assert!(!why.contains("running?"), "{why}");
    }
    runtime.block_on(seed::link(&store)).unwrap();
    let two = place.run(&["forget", "Elm Street", "--yes"]);
    assert_eq!(code(&two), 1);
    assert!(
        complaint(&two).contains("several clinics have the name"),
        "{}",
        complaint(&two)
    );

    let unknown = place.run(&["sync", &Uuid::nil().to_string()]);
    assert_eq!(code(&unknown), 1);
    let why = complaint(&unknown);
    assert!(
        why.starts_with("syncward-receiver: There is no such link."),
        "{why}"
    );
    assert_eq!(serving.end(), Some(0));
    let away = place.run(&["links"]);
    assert!(
        complaint(&away).contains("is it running?"),
        "{}",
        complaint(&away)
    );
}

#[tokio::test]
async fn a_shell_without_its_variables_asks_where_the_running_receiver_answers() {
    let place = Place::new();
    let port = place.listen.rsplit(':').next().unwrap();
    let everywhere = format!("0.0.0.0:{port}");
    let public = ("SYNCWARD_PUBLIC_URL", "https://calendar.clinic.example");
    let by_hand = || {
        let mut command = place.command(&["links", "--json"]);
        command.env_remove("SYNCWARD_LISTEN");
        command.output().unwrap()
    };
    for tls in ["off", "self-signed"] {
        let variables = [
            public,
            ("SYNCWARD_LISTEN", everywhere.as_str()),
            ("SYNCWARD_TLS", tls),
        ];
        let (serving, _) = place.serve_with(&variables);
        until("it is asked there", || code(&by_hand()) == 0).await;
        assert_eq!(serving.end(), Some(0));
        let why = complaint(&by_hand());
        let door = format!("127.0.0.1:{port} (where it answered last)");
        assert!(why.contains(&door) && why.contains("running?"), "{why}");
    }
}
