//! Series as instances: over a change of clocks, with days left out, and with exceptions moved out of the range.

use serde_json::{Value, json};
use syncward_receiver::store::{self, appointment::Appointment};
use syncward_wire::Role;
use uuid::Uuid;

use crate::{House, json as read, refused};

struct Series {
    house: House,
    system: String,
    id: Uuid,
}

impl Series {
    async fn new(draft: Value) -> Self {
        let house = House::new().await;
        let system = house.token(Role::Integration).await;
        let mut draft = draft;
        draft["link_id"] = json!(house.link().await);
        let made = house
            .ask("POST", "/appointments", Some(&system), &draft.to_string())
            .await;
        assert_eq!(made.status(), 201);
        let id = read(made).await["id"].as_str().unwrap().parse().unwrap();
        Self { house, system, id }
    }

    /// Makes an exception, as a run would from Google.
    async fn except(&self, original: &'static str, change: fn(&mut Appointment)) {
        let (series, seal) = (self.id, self.house.app.seal.clone());
        let make = self.house.app.store.write(move |tx| {
            let series = store::appointment::find(tx, series)?.unwrap();
            let words = syncward_receiver::exec::content::Words::open(&seal, &series)?;
            let id = Uuid::new_v4();
            let mut one = Appointment {
                appointment_id: id,
                content: words.seal(&seal, id)?,
                google_event_id: format!("{}_{original}", series.google_event_id),
                series_event_id: Some(series.google_event_id.clone()),
                original_start: Some(original.to_owned()),
                recurrence: Vec::new(),
                ..series
            };
            change(&mut one);
            store::appointment::save(tx, &one)
        });
        make.await.unwrap();
    }

    async fn starts(&self, from: &str, to: &str) -> Vec<String> {
        let path = format!("/appointments?expand=true&from={from}&to={to}");
        let page = read(self.house.ask("GET", &path, Some(&self.system), "").await).await;
        let items = page["items"].as_array().unwrap();
        items
            .iter()
            .map(|one| one["start"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn move_to(one: &mut Appointment, start: &str, end: &str) {
    (one.starts, one.ends) = (start.to_owned(), end.to_owned());
    (one.from_at, one.until_at) = (start.parse().unwrap(), Some(end.parse().unwrap()));
}

#[tokio::test]
async fn a_weekly_series_keeps_its_hour_when_clocks_change() {
    let series = Series::new(json!({
        "title": "Check-up", "start": "2030-03-24T08:00:00Z", "end": "2030-03-24T08:30:00Z", "time_zone": "Europe/Berlin",
        "recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20300430T000000Z", "EXDATE;TZID=Europe/Berlin:20300407T090000"]
    }))
    .await;
    series
        .except("2030-04-14T07:00:00Z", |one| {
            move_to(one, "2030-04-15T12:00:00Z", "2030-04-15T12:30:00Z")
        })
        .await;
    series
        .except("2030-04-21T07:00:00Z", |one| {
            one.status = "cancelled".to_owned()
        })
        .await;
    let all = series
        .starts("2030-03-01T00:00:00Z", "2030-06-01T00:00:00Z")
        .await;
    // Nine o'clock in Berlin: 08:00Z in winter, 07:00Z from 31 March on.
    let expected = [
        "2030-03-24T08:00:00Z",
        "2030-03-31T07:00:00Z",
        "2030-04-15T12:00:00Z",
        "2030-04-28T07:00:00Z",
    ];
    assert_eq!(all, expected);
    let week = series
        .starts("2030-04-14T00:00:00Z", "2030-04-15T00:00:00Z")
        .await;
    assert_eq!(
        week,
        Vec::<String>::new(),
        "moved out of the range, it is not in its old place either"
    );
    let touching = series
        .starts("2030-03-31T07:15:00Z", "2030-03-31T08:00:00Z")
        .await;
    assert_eq!(
        touching,
        ["2030-03-31T07:00:00Z"],
        "one that is under way when the range begins"
    );
    let after = series
        .starts("2030-03-31T07:30:00Z", "2030-03-31T08:00:00Z")
        .await;
    assert_eq!(
        after,
        Vec::<String>::new(),
        "one that ends as the range begins is not in it"
    );
}

#[tokio::test]
async fn whole_days_are_days_in_every_zone() {
    let series = Series::new(json!({
        "title": "Closed", "start": "2030-03-29", "end": "2030-03-30", "all_day": true, "time_zone": "America/New_York",
        "recurrence": ["RRULE:FREQ=DAILY;UNTIL=20300402", "EXDATE;VALUE=DATE:20300330,20300401"]
    }))
    .await;
    let all = series
        .starts("2030-03-01T00:00:00Z", "2030-06-01T00:00:00Z")
        .await;
    assert_eq!(all, ["2030-03-29", "2030-03-31", "2030-04-02"]);
}

#[tokio::test]
async fn a_cancelled_series_has_no_instances_and_a_range_has_an_end() {
    let series = Series::new(json!({
        "title": "Check-up", "start": "2030-03-24T08:00:00Z", "end": "2030-03-24T08:30:00Z", "time_zone": "Europe/Berlin",
        "recurrence": ["RRULE:FREQ=DAILY"]
    }))
    .await;
    let year = series
        .starts("2030-03-24T00:00:00Z", "2030-04-03T00:00:00Z")
        .await;
    assert_eq!(year.len(), 10);
    let path = format!("/appointments/{}", series.id);
    series
        .house
        .ask("DELETE", &path, Some(&series.system), "")
        .await;
    let none = series
        .starts("2030-03-24T00:00:00Z", "2030-04-03T00:00:00Z")
        .await;
    assert_eq!(none, Vec::<String>::new());
    for range in [
        "from=2030-03-24T00:00:00Z",
        "from=2030-03-24T00:00:00Z&to=2030-03-24T00:00:00Z",
        "from=2030-03-24T00:00:00Z&to=2032-03-24T00:00:00Z",
        "from=x&to=y",
    ] {
        let path = format!("/appointments?expand=true&{range}");
        let answer = series
            .house
            .ask("GET", &path, Some(&series.system), "")
            .await;
        assert_eq!(refused(answer, 422).await, "invalid_range", "{range}");
    }
}
