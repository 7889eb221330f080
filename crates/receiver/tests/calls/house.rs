//! A receiver in simulated time, with links of some users straight in its store.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use syncward_engine::{Input, View};
use syncward_google::{AccessToken, Client, Endpoints, OAuthClient};
use syncward_receiver::app::appointments::Edit;
use syncward_receiver::app::{Actor, App, Ask, Parts};
use syncward_receiver::clock;
use syncward_receiver::exec::quota::Limits;
use syncward_receiver::exec::{self, turn};
use syncward_receiver::seal::Seal;
use syncward_receiver::store::appointment::Appointment;
use syncward_receiver::store::clinic::Clinic;
use syncward_receiver::store::google_grant::Grant;
use syncward_receiver::store::link::NewLink;
use syncward_receiver::store::{self, Store};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

use crate::google::{Google, Says};

/// Between looks at the clock, where nothing depends on them: days pass faster.
const SELDOM: Duration = Duration::from_secs(15 * 60);
/// A lease when nobody else is there to take over.
const ALONE: Duration = Duration::from_secs(86_400);

thread_local! {
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// The clock on the wall goes with tokio's.
fn now() -> Timestamp {
    let elapsed = BEGAN.get().map(|began| began.elapsed()).unwrap_or_default();
    Timestamp::from_second(1_772_438_400).unwrap() + SignedDuration::try_from(elapsed).unwrap()
}

pub struct House {
    pub app: Arc<App>,
    pub google: Google,
    pub links: Vec<Uuid>,
}

impl House {
    /// Without a public address: it polls.
    pub async fn new(quotas: Limits, users: &[(&str, usize)]) -> Self {
        Self::built(quotas, None, users, SELDOM, ALONE).await
    }

    /// As `new`, with an eye on the clock as in earnest.
    pub async fn watchful(users: &[(&str, usize)]) -> Self {
        Self::built(Limits::default(), None, users, exec::LOOK_EVERY, ALONE).await
    }

    /// As `new`, with a lease as short as beside other replicas.
    pub async fn beside_others(quotas: Limits, users: &[(&str, usize)]) -> Self {
        Self::built(quotas, None, users, SELDOM, Duration::from_secs(30)).await
    }

    /// With an address that Google will not push to.
    pub async fn refused_push(quotas: Limits, users: &[(&str, usize)]) -> Self {
        let house = Self::with_push(quotas, users).await;
        house.google.say_to_watch(Says::Refused {
            status: 401,
            reason: "webhookUrlUnauthorized",
            retry_after_s: None,
        });
        house
    }

    /// With an address for notifications; none ever comes.
    pub async fn with_push(quotas: Limits, users: &[(&str, usize)]) -> Self {
        let address = Url::parse("https://receiver.example").unwrap();
        Self::built(quotas, Some(address), users, SELDOM, ALONE).await
    }

    async fn built(
        quotas: Limits,
        public_url: Option<Url>,
        users: &[(&str, usize)],
        look_every: Duration,
        lease: Duration,
    ) -> Self {
        clock::install(now);
        BEGAN.set(Some(Instant::now()));
        let store = Store::over(Connection::open_in_memory().unwrap()).unwrap();
        let google = Google::new(store.clone());
        let root = Url::parse("https://google.simulated").unwrap();
        let wire = Arc::new(google.clone());
        let parts = Parts {
            store,
            seal: Arc::new(Seal::from_text(&"07".repeat(32)).unwrap()),
            settings: syncward_engine::Settings {
                push: public_url.is_some(),
                ..Default::default()
            },
            public_url,
            history: None,
            google: Client::over(Endpoints::under(&root).unwrap(), wire).unwrap(),
            oauth: OAuthClient {
                id: "tests".to_owned(),
                secret: None,
            },
            quotas,
            look_every,
            lease,
        };
        let app = App::new(parts).await.unwrap();
        let mut house = Self {
            app,
            google,
            links: Vec::new(),
        };
        for (user, links) in users {
            house.connect(user, *links).await;
        }
        house
    }

    async fn connect(&mut self, user: &str, links: usize) {
        let clinic = Clinic {
            clinic_id: Uuid::new_v4(),
            name: user.to_owned(),
            time_zone: "Europe/London".to_owned(),
            opening_hours: Vec::new(),
            made_at: now(),
        };
        let grant = Grant {
            google_grant_id: Uuid::new_v4(),
            clinic_id: clinic.clinic_id,
            account: user.to_owned(),
            refresh_token: None,
            scopes: Vec::new(),
            lost_reason: None,
            lost_at: None,
            ended_at: None,
            made_at: now(),
        };
        // Its name serves as its access token, good for the whole test.
        let token = AccessToken::new(user.to_owned());
        let life = Duration::from_secs(30 * 86_400);
        self.app
            .google
            .keep(grant.google_grant_id, token, life)
            .await;
        let ids: Vec<Uuid> = (0..links).map(|_| Uuid::new_v4()).collect();
        self.links.extend(&ids);
        let app = Arc::clone(&self.app);
        let made = self.app.store.write(move |tx| {
            store::clinic::save(tx, &clinic)?;
            store::google_grant::save(tx, &grant)?;
            for link_id in ids {
                let calendar = format!("{link_id}@group.calendar.google.com");
                let link = NewLink {
                    link_id,
                    clinic_id: clinic.clinic_id,
                    google_grant_id: grant.google_grant_id,
                    google_calendar_id: &calendar,
                    calendar_name: "Chair",
                };
                store::link::insert(tx, &link, now())?;
                turn::take(tx, &app, link_id, vec![Input::Started], now())?;
            }
            Ok(())
        });
        made.await.unwrap();
    }

    /// Starts the executor, which takes up what lies in the store.
    pub fn run(&self) {
        tokio::spawn(exec::run(Arc::clone(&self.app)));
    }

    /// Time passes until it is so, a simulated hour at most.
    pub async fn until(&self, what: &str, is_so: impl Fn() -> bool) {
        for _ in 0..36_000 {
            if is_so() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never so: {what}");
    }

    /// The first link, as a person sees it.
    pub async fn view(&self) -> View {
        let links = self.app.store.read(store::link::all).await.unwrap();
        links[0].engine.view(now(), &self.app.settings)
    }

    pub async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    /// An appointment of every link starts in an hour.
    pub async fn appointments_soon(&self) {
        self.appointments(SignedDuration::from_hours(1), Vec::new())
            .await;
    }

    /// An appointment of every link starts so long from now, or a series does.
    pub async fn appointments(&self, wait: SignedDuration, recurrence: Vec<String>) {
        let links = self.links.clone();
        let made = self.app.store.write(move |tx| {
            for link_id in links {
                let link = store::link::find(tx, link_id)?.unwrap();
                let at = now() + wait;
                let ends = at + SignedDuration::from_mins(30);
                let one = Appointment {
                    appointment_id: Uuid::new_v4(),
                    clinic_id: link.clinic_id,
                    link_id,
                    google_event_id: link_id.simple().to_string(),
                    content: Vec::new(),
                    starts: at.to_string(),
                    ends: ends.to_string(),
                    from_at: at,
                    until_at: recurrence.is_empty().then_some(ends),
                    time_zone: None,
                    all_day: false,
                    status: "confirmed".to_owned(),
                    recurrence: recurrence.clone(),
                    series_event_id: None,
                    original_start: None,
                    etag: None,
                    google_updated_at: None,
                    held: false,
                    revision: 1,
                    updated_at: now(),
                };
                store::appointment::save(tx, &one)?;
            }
            Ok(())
        });
        made.await.unwrap();
    }

    /// The clinic's own system books, so long from now.
    pub async fn book(&self, wait: SignedDuration) {
        let by = Actor {
            who: "tests".to_owned(),
            what: "book",
        };
        let at = now() + wait;
        let draft = serde_json::json!({
            "link_id": self.links[0],
            "start": at.to_string(),
            "end": (at + SignedDuration::from_mins(30)).to_string(),
        });
        let edit = Edit::Book(serde_json::from_value(draft).unwrap());
        assert!(self.app.edit_appointment(by, None, edit).await.is_ok());
    }

    /// A link whose poll has been put off.
    pub async fn waiting_link(&self) -> Uuid {
        let links = self.app.store.read(store::link::all).await.unwrap();
        let settings = self.app.settings;
        let latest = links
            .iter()
            .filter(|link| link.engine.view(now(), &settings).run.is_none());
        latest
            .max_by_key(|link| link.engine.next_deadline(&settings).unwrap().0)
            .unwrap()
            .link_id
    }

    pub async fn sync(&self, link_id: Uuid) {
        let by = Actor {
            who: "tests".to_owned(),
            what: "sync",
        };
        assert!(self.app.ask(by, link_id, Ask::Sync).await.is_ok());
    }
}
