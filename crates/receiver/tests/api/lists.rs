//! Lists by page: no item twice, none left out, also while others come.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};
use syncward_receiver::exec::content::Words;
use syncward_receiver::store::{self, appointment::Appointment};
use syncward_wire::Role;
use uuid::Uuid;

use crate::{House, json as read, refused};

async fn page(house: &House, token: &str, path: &str, after: Option<&str>) -> Value {
    let mark = if path.contains('?') { '&' } else { '?' };
    let after = after.map_or_else(String::new, |after| format!("&after={after}"));
    let answer = house
        .ask(
            "GET",
            &format!("{path}{mark}limit=2{after}"),
            Some(token),
            "",
        )
        .await;
    assert_eq!(answer.status(), 200, "{path}");
    read(answer).await
}

fn field(page: &Value, name: &str) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|one| one[name].as_str().unwrap().to_owned())
        .collect()
}

async fn make_clinic(house: &House, admin: &str, name: &str) {
    let body = json!({"name": name, "time_zone": "Europe/London"}).to_string();
    assert_eq!(
        house
            .ask("POST", "/clinics", Some(admin), &body)
            .await
            .status(),
        201
    );
}

#[tokio::test]
async fn what_is_made_between_two_pages_moves_nothing() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    for name in ["Birch", "Cedar", "Elm", "Fir", "Oak"] {
        make_clinic(&house, &admin, name).await;
    }
    let first = page(&house, &admin, "/clinics", None).await;
    assert_eq!(field(&first, "name"), ["Birch", "Cedar"]);
    make_clinic(&house, &admin, "Alder").await;
    make_clinic(&house, &admin, "Dogwood").await;
    let second = page(&house, &admin, "/clinics", first["next"].as_str()).await;
    assert_eq!(field(&second, "name"), ["Dogwood", "Elm"]);
    let third = page(&house, &admin, "/clinics", second["next"].as_str()).await;
    assert_eq!(field(&third, "name"), ["Fir", "Oak"]);
    assert_eq!(third["next"], Value::Null);
    for bad in ["7", "x", "W10", "WyJhIl0"] {
        let path = format!("/clinics?after={bad}");
        let answer = house.ask("GET", &path, Some(&admin), "").await;
        assert_eq!(refused(answer, 422).await, "invalid_cursor");
    }
}

#[tokio::test]
async fn appointments_are_paged_in_the_store_and_every_list_ends() {
    let house = House::new().await;
    let (admin, system) = (
        house.token(Role::Admin).await,
        house.token(Role::Integration).await,
    );
    let link = house.link().await;
    for day in [9, 6, 8, 7, 7] {
        let body = json!({"link_id": link, "title": format!("{day}"),
            "start": format!("2030-05-0{day}T10:00:00Z"), "end": format!("2030-05-0{day}T11:00:00Z")});
        let made = house
            .ask("POST", "/appointments", Some(&system), &body.to_string())
            .await;
        assert_eq!(made.status(), 201);
    }
    for path in [
        "/appointments",
        "/appointments?from=2030-01-01T00:00:00Z&to=2030-12-01T00:00:00Z&expand=true",
    ] {
        let (mut titles, mut ids, mut after) = (Vec::new(), BTreeSet::new(), None::<String>);
        loop {
            let page = page(&house, &system, path, after.as_deref()).await;
            titles.extend(field(&page, "title"));
            ids.extend(field(&page, "id"));
            match page["next"].as_str() {
                Some(next) => after = Some(next.to_owned()),
                None => break,
            }
        }
        assert_eq!(titles, ["6", "7", "7", "8", "9"], "{path}");
        assert_eq!(ids.len(), 5);
    }
    let cancelled = house
        .ask("GET", "/appointments?status=cancelled", Some(&system), "")
        .await;
    assert_eq!(read(cancelled).await["items"], json!([]));
    let answer = house
        .ask("GET", "/appointments?status=lost", Some(&system), "")
        .await;
    assert_eq!(refused(answer, 422).await, "invalid_query");
    for path in ["/links", "/grants", "/devices"] {
        let first = page(&house, &admin, path, None).await;
        assert!(!first["items"].as_array().unwrap().is_empty(), "{path}");
        assert_eq!(first["next"], Value::Null, "{path}");
    }
}

#[tokio::test]
async fn each_filter_of_appointments_finds_its_own_and_no_others() {
    let house = House::new().await;
    let (mut made, mut clinics, mut links) = (Vec::new(), Vec::new(), Vec::new());
    for month in 1..=3 {
        let link = house.link().await;
        let read = house.app.store.read(move |it| store::link::find(it, link));
        clinics.push(read.await.unwrap().unwrap().clinic_id);
        links.push(link);
        for (day, status) in [(5, "confirmed"), (6, "tentative"), (7, "cancelled")] {
            made.push((
                link,
                event(&house, link, month, day, status).await.to_string(),
            ));
        }
    }
    assert_ne!(clinics[0], clinics[1]);
    let of = |link: Uuid| -> Vec<&str> {
        let its = made.iter().filter(|one| one.0 == link);
        its.map(|one| one.1.as_str()).collect()
    };
    let pick = |places: &[usize]| -> Vec<&str> {
        let them = places.iter().map(|place| made[*place].1.as_str());
        them.collect()
    };
    let asked = [
        (format!("link={}", links[1]), of(links[1])),
        (format!("clinic={}", clinics[2]), of(links[2])),
        ("status=tentative".to_owned(), pick(&[1, 4, 7])),
        ("status=cancelled".to_owned(), pick(&[2, 5, 8])),
        (
            "from=2030-02-06T10:30:00Z&to=2030-03-05T10:00:01Z".to_owned(),
            pick(&[4, 5, 6]),
        ),
        (
            format!(
                "link={}&status=confirmed&from=2030-02-01T00:00:00Z",
                links[0]
            ),
            Vec::new(),
        ),
    ];
    let system = house.token(Role::Integration).await;
    for (filter, wanted) in asked {
        let path = format!("/appointments?{filter}&limit=100");
        let answer = house.ask("GET", &path, Some(&system), "").await;
        assert_eq!(field(&read(answer).await, "id"), wanted, "{filter}");
    }
}

/// An appointment from 10 to 11 as a listing of Google's would have stored it.
async fn event(house: &House, link: Uuid, month: u32, day: u32, status: &'static str) -> Uuid {
    let id = Uuid::now_v7();
    let at = |hour: u32| format!("2030-0{month}-0{day}T{hour}:00:00Z");
    let (from, to) = (at(10), at(11));
    let app = Arc::clone(&house.app);
    let stored = house.app.store.write(move |tx| {
        let clinic_id = store::link::find(tx, link)?.unwrap().clinic_id;
        let one = Appointment {
            appointment_id: id,
            clinic_id,
            link_id: link,
            google_event_id: id.simple().to_string(),
            content: Words::default().seal(&app.seal, id)?,
            from_at: from.parse().unwrap(),
            until_at: Some(to.parse().unwrap()),
            starts: from,
            ends: to,
            time_zone: None,
            all_day: false,
            status: status.to_owned(),
            recurrence: Vec::new(),
            series_event_id: None,
            original_start: None,
            etag: None,
            google_updated_at: None,
            held: false,
            revision: 1,
            updated_at: Timestamp::now(),
        };
        store::appointment::save(tx, &one)
    });
    stored.await.unwrap();
    id
}

#[tokio::test]
async fn links_are_paged_in_the_store_and_those_made_at_once_keep_their_order() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let mut made = Vec::new();
    for _ in 0..6 {
        made.push(house.link().await);
    }
    let gone = made[2];
    let at_once = house.app.store.write(move |tx| {
        tx.execute("update link set made_at_ms = 1000", [])?;
        store::link::delete(tx, gone, Timestamp::now())
    });
    at_once.await.unwrap();
    made.remove(2);
    made.sort_unstable();
    let (mut seen, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = page(&house, &admin, "/links", after.as_deref()).await;
        seen.extend(field(&page, "id"));
        match page["next"].as_str() {
            Some(next) => after = Some(next.to_owned()),
            None => break,
        }
    }
    let made: Vec<String> = made.iter().map(Uuid::to_string).collect();
    assert_eq!(seen, made);
    let answer = house.ask("GET", "/links?after=WyJhIiwiYiJd", Some(&admin), "");
    assert_eq!(refused(answer.await, 422).await, "invalid_cursor");
}

#[tokio::test]
async fn two_people_may_change_different_fields_at_once() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    make_clinic(&house, &admin, "Elm").await;
    let listed = page(&house, &admin, "/clinics", None).await;
    let path = format!("/clinics/{}", listed["items"][0]["id"].as_str().unwrap());
    for round in 0..20 {
        let (name, zone) = (
            format!("Elm {round}"),
            if round % 2 == 0 {
                "Europe/Rome"
            } else {
                "Europe/Oslo"
            },
        );
        let (named, zoned) = (
            json!({"name": name}).to_string(),
            json!({"time_zone": zone}).to_string(),
        );
        let (one, other) = futures_util::join!(
            house.ask("PATCH", &path, Some(&admin), &named),
            house.ask("PATCH", &path, Some(&admin), &zoned)
        );
        assert_eq!((one.status().as_u16(), other.status().as_u16()), (200, 200));
        let now = read(house.ask("GET", &path, Some(&admin), "").await).await;
        assert_eq!(
            (now["name"].as_str(), now["time_zone"].as_str()),
            (Some(name.as_str()), Some(zone))
        );
    }
}
