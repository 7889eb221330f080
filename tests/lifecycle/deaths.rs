//! Killed at every step of a renewal, the receiver opens nothing twice, forgets nothing at Google and doubles no booking.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use syncward_wire::LinkState;
use uuid::Uuid;

use crate::clinic::Clinic;

const LIVES: usize = 50;
/// A life in which the wanted moment doesn't come ends after this.
const LONGEST_LIFE: Duration = Duration::from_secs(2);

/// The moment of a life at which it is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The order is taken.
    Asked,
    /// Google has the call, and its answer is under way.
    Watching,
    /// Google has opened the channel, and its answer never comes.
    AnswerLost,
    /// The handshake was posted.
    Proving,
    /// The predecessor's stop has reached Google.
    Stopping,
    /// A listing was answered.
    Listing,
}

const MOMENTS: [Moment; 6] = [
    Moment::Asked,
    Moment::Watching,
    Moment::AnswerLost,
    Moment::Proving,
    Moment::Stopping,
    Moment::Listing,
];

#[tokio::test(flavor = "multi_thread")]
async fn fifty_deaths_repeat_no_effect_under_a_new_id() {
    let settings = [
        ("OVERLAP", "100ms"),
        ("HANDSHAKE_TIMEOUT", "300ms"),
        ("CHECK_INTERVAL", "2s"),
        ("CHANNEL_TTL", "100s"),
    ];
    let (mut clinic, link) = Clinic::connected(&settings).await;
    clinic.until_state(link.id, LinkState::Live).await;
    let mut booked = BTreeSet::new();
    for life in 0..LIVES {
        let moment = MOMENTS[life % MOMENTS.len()];
        clinic.until_state(link.id, LinkState::Live).await;
        let rule = weather(&clinic, moment).await;
        let before = Seen::at(&clinic).await;
        let _ = clinic.order(link.id, "renew").await;
        let title = format!("Person {life}");
        clinic.person_books(event(&title, life)).await;
        booked.insert(title);
        let title = format!("System {life}");
        let key = clinic.book_by_system(link.id, &title, life);
        let came = before.until(&clinic, moment).await;
        clinic.kill();
        // The answer may have been lost with the life; the same key asks for the same booking.
        let answered = key.await;
        if let Some(rule) = rule {
            clinic.lift(&rule).await;
        }
        clinic.start();
        if !answered {
            assert!(
                clinic.book_by_system(link.id, &title, life).await,
                "life {life}"
            );
        }
        booked.insert(title);
        assert!(came, "life {life} never came to {moment:?}");
    }

    settled(&clinic, link.id).await;
    let titles = |values: Vec<Option<String>>| {
        let count = values.len();
        let set: BTreeSet<String> = values.into_iter().flatten().collect();
        assert_eq!(set.len(), count, "something is doubled");
        set
    };
    clinic
        .until("every booking on both sides", async || {
            let here = clinic.appointments().await.len();
            let there = clinic.google_events().await.len();
            (here >= booked.len() && there >= booked.len()).then_some(())
        })
        .await;
    let here = clinic
        .appointments()
        .await
        .into_iter()
        .map(|one| one.title)
        .collect();
    assert_eq!(titles(here), booked, "here");
    let there = clinic.google_events().await;
    let there = there
        .iter()
        .map(|one| one["summary"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(titles(there), booked, "at Google");

    clinic.kill();
    every_channel_is_accounted_for(&clinic, link.id);
}

/// Every id at Google has its row, and no generation was opened under two ids.
fn every_channel_is_accounted_for(clinic: &Clinic, link_id: Uuid) {
    let database = clinic.database();
    let column = |query: &str| -> Vec<String> {
        let mut statement = database.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let rows: BTreeSet<String> =
        column("select channel_id from channel where channel_id like 'clinic_%'")
            .into_iter()
            .collect();
    let google: BTreeSet<String> = clinic.channels().into_iter().map(|one| one.id).collect();
    let unknown: Vec<_> = google.difference(&rows).collect();
    assert!(
        unknown.is_empty(),
        "opened under an id of no row: {unknown:?}"
    );
    assert!(
        google.len() > LIVES / 2,
        "hardly a renewal: {}",
        google.len()
    );

    let openings = column("select text from activity where text like 'Opening channel %'");
    let generations: BTreeSet<&String> = openings.iter().collect();
    assert_eq!(
        generations.len(),
        openings.len(),
        "a generation was opened twice"
    );
    assert_eq!(
        rows.len(),
        openings.len(),
        "a generation has two ids, or none"
    );

    let live = clinic.live_channels();
    assert!(
        live.len() <= 2,
        "{} channels live at Google: {live:#?}; {link_id}",
        live.len()
    );
}

/// Lets the last life finish what all of them began.
async fn settled(clinic: &Clinic, link_id: Uuid) {
    clinic
        .until("one live channel", async || {
            let link = clinic.link(link_id).await;
            let live = clinic.live_channels().len();
            (link.state == LinkState::Live && live == 1).then_some(())
        })
        .await;
}

/// Slows or breaks Google so that the moment lasts.
async fn weather(clinic: &Clinic, moment: Moment) -> Option<String> {
    match moment {
        Moment::Watching => {
            let slow = json!({"kind": "delay", "ms": 300});
            Some(clinic.fault("events.watch", slow, None).await)
        }
        Moment::AnswerLost => {
            let lost = json!({"kind": "drop", "applied": true});
            Some(clinic.fault("events.watch", lost, None).await)
        }
        Moment::Asked | Moment::Proving | Moment::Stopping | Moment::Listing => None,
    }
}

/// What Google has seen so far.
struct Seen {
    watches: usize,
    stops: usize,
    lists: usize,
    channels: usize,
    deliveries: usize,
}

impl Seen {
    async fn at(clinic: &Clinic) -> Self {
        let deliveries = clinic.face.world().outbox.log_after(0).count();
        Self {
            watches: clinic.calls("events.watch").await.len(),
            stops: clinic.calls("channels.stop").await.len(),
            lists: clinic.calls("events.list").await.len(),
            channels: clinic.channels().len(),
            deliveries,
        }
    }

    /// Waits for the moment; false when the life was too long without it.
    async fn until(&self, clinic: &Clinic, moment: Moment) -> bool {
        let began = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(2));
        while began.elapsed() < LONGEST_LIFE {
            let now = Self::at(clinic).await;
            let came = match moment {
                Moment::Asked => true,
                Moment::Watching => now.watches > self.watches || now.channels > self.channels,
                Moment::AnswerLost => now.channels > self.channels,
                Moment::Proving => now.deliveries > self.deliveries && now.channels > self.channels,
                Moment::Stopping => now.stops > self.stops,
                Moment::Listing => now.lists > self.lists,
            };
            if came {
                return true;
            }
            tick.tick().await;
        }
        false
    }
}

fn event(title: &str, life: usize) -> Value {
    let at = |minute: u32| json!({"dateTime": format!("2031-{:02}-{:02}T09:{minute:02}:00Z", life / 28 + 1, life % 28 + 1)});
    json!({"summary": title, "start": at(0), "end": at(30)})
}

impl Clinic {
    /// The clinic's own system books under a key of the life; whether it was answered.
    fn book_by_system(
        &self,
        link_id: Uuid,
        title: &str,
        life: usize,
    ) -> impl Future<Output = bool> + use<> {
        let day = |hour: u32| {
            format!(
                "2032-{:02}-{:02}T{hour:02}:00:00Z",
                life / 28 + 1,
                life % 28 + 1
            )
        };
        let draft = json!({"link_id": link_id, "title": title, "start": day(9), "end": day(10)});
        let sent = self.post_as_system("appointments", &format!("life-{life}"), draft);
        let sent = tokio::spawn(sent);
        async move { matches!(sent.await, Ok(Some(201))) }
    }
}
