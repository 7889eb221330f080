//! Channels that deliver although no row knows them: stopped at Google, unless the link still counts on them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::Client;
use serde_json::{Value, json};
use syncward_google::{ChannelToken, WatchRequest};
use syncward_google_sim::face::Face;
use syncward_google_sim::model::World;
use syncward_google_sim::model::oauth::ConsentMode;
use syncward_receiver::app::App;
use syncward_receiver::config::Wishes;
use syncward_receiver::exec::google;
use syncward_receiver::exec::quota::Urgency;
use syncward_receiver::store::Store;
use syncward_receiver::{api, exec, serve};
use syncward_wire::Role;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::until;

const EVENTS: &str = "/sim/calendars/admin%40clinic.example/events";

/// A receiver with one live calendar, over a Google of its own.
struct Connected {
    app: Arc<App>,
    google: String,
    http: Client,
    link_id: Uuid,
    google_grant_id: Uuid,
    _folder: tempfile::TempDir,
}

impl Connected {
    async fn new() -> Self {
        let mut world = World::empty(Timestamp::now());
        world.consent_mode = ConsentMode::Allow;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let google = format!("http://{}", listener.local_addr().unwrap());
        let face = Face::new(world).unwrap();
        tokio::spawn(face.serve(listener, std::future::pending()));

        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = format!("http://{}", listener.local_addr().unwrap());
        let wishes = Wishes {
            data_dir: Some(folder.path().to_owned()),
            public_url: Some(receiver.clone()),
            google_client_id: Some("tests".into()),
            google_api_url: Some(google.clone()),
            google_auth_url: Some(format!("{google}/o/oauth2/v2/auth")),
            google_token_url: Some(format!("{google}/token")),
            google_revoke_url: Some(format!("{google}/revoke")),
            ..Wishes::default()
        };
        let config = wishes.check().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let app = serve::build(config, store.clone()).await.unwrap();
        tokio::spawn(exec::run(app.clone()));
        let router = serve::router(&app, false);
        tokio::spawn(async move { axum::serve(listener, router).await });

        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let base = format!("{receiver}/api/v1");
        let post = async |token: &str, path: &str, body: Value| -> Value {
            let request = http.post(format!("{base}{path}")).bearer_auth(token);
            let answer = request.json(&body).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.unwrap()
        };
        let code = api::make_code(&store, Role::Admin).await.unwrap().code;
        let paired = post("", "/pair", json!({"code": code, "device": "test"})).await;
        let token = paired["token"].as_str().unwrap();
        let draft = json!({"name": "Nord", "time_zone": "Europe/Berlin"});
        let clinic = post(token, "/clinics", draft).await;
        let path = format!("/clinics/{}/grants", clinic["id"].as_str().unwrap());
        let draft = json!({"redirect_uri": "http://127.0.0.1:9/oauth"});
        let begun = post(token, &path, draft).await;
        let page = begun["authorization_url"].as_str().unwrap();
        let consent = http.get(page).send().await.unwrap();
        let back = url::Url::parse(consent.headers()["location"].to_str().unwrap()).unwrap();
        let code = back
            .query_pairs()
            .find(|(name, _)| name == "code")
            .unwrap()
            .1;
        let complete = json!({"state": begun["state"], "code": code});
        let done = post(token, "/grants/complete", complete).await;
        let link_id = done["links"][0]["id"].as_str().unwrap().parse().unwrap();
        let link =
            store.read(move |connection| syncward_receiver::store::link::find(connection, link_id));
        let connected = Self {
            app,
            google,
            http,
            link_id,
            google_grant_id: link.await.unwrap().unwrap().google_grant_id,
            _folder: folder,
        };
        until("the channel is proved", || async {
            connected
                .number("select count(*) from channel where state = 'live'")
                .await
                == 1
        })
        .await;
        connected
    }

    /// A channel that an earlier life opened, and whose row went with its disk.
    async fn lost_channel(&self) -> String {
        let channel_id = format!("clinic_{}_0badcafe", Uuid::new_v4());
        let token = self
            .app
            .seal
            .channel_token(&channel_id, self.link_id)
            .unwrap();
        let address = self.app.webhook_url().unwrap();
        let (client, id) = (self.app.google.client.clone(), channel_id.clone());
        let opened = google::call(
            &self.app,
            self.google_grant_id,
            Urgency::Channel,
            move |access| {
                let (client, id, address) = (client.clone(), id.clone(), address.clone());
                let token = ChannelToken::new(token.clone());
                Box::pin(async move {
                    let watch = WatchRequest {
                        calendar_id: "primary",
                        channel_id: &id,
                        token: &token,
                        address: &address,
                        expires_at: Timestamp::now() + SignedDuration::from_hours(24),
                    };
                    client.watch(&access, &watch).await
                })
            },
        );
        opened.await.unwrap();
        channel_id
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let read = self
            .app
            .store
            .read(move |connection| Ok(connection.query_row(sql, [], |row| row.get(0))?));
        read.await.unwrap()
    }

    async fn sim(&self, path: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}{path}", self.google)).send().await;
        let page: Value = answer.unwrap().json().await.unwrap();
        page["items"].as_array().unwrap().clone()
    }

    /// The ids of the channels that Google would deliver on.
    async fn live(&self) -> Vec<String> {
        let all = self.sim("/sim/channels").await;
        let live = all.iter().filter(|channel| channel["live"] == true);
        live.map(|channel| channel["id"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn edit_in_google(&self, title: &str) {
        let event = json!({"summary": title, "start": {"dateTime": "2030-05-06T09:00:00Z"}, "end": {"dateTime": "2030-05-06T09:30:00Z"}});
        let made = self
            .http
            .post(format!("{}{EVENTS}", self.google))
            .json(&event);
        assert!(made.send().await.unwrap().status().is_success());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_is_stopped_by_its_first_notification_and_the_biography_says_so() {
    let connected = Connected::new().await;
    let kept = connected.live().await;
    assert_eq!(kept.len(), 1);
    let orphan = connected.lost_channel().await;
    until("only the known channel is left", || async {
        let all = connected.sim("/sim/channels").await;
        let stopped = all
            .iter()
            .any(|one| one["id"] == orphan.as_str() && one["live"] == false);
        stopped && connected.live().await == kept
    })
    .await;
    until("it is told", || async {
        let sql =
            "select count(*) from activity where kind = 'orphan_stopped' and link_id is not null";
        connected.number(sql).await == 1
    })
    .await;
    connected.edit_in_google("Check-up").await;
    until("the known channel still delivers", || async {
        connected.number("select count(*) from appointment").await == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_orphan_that_google_would_not_stop_is_stopped_by_a_later_notification() {
    let connected = Connected::new().await;
    let rule = json!({"match": {"operation": "channels.stop"}, "action": {"kind": "refuse", "status": 503, "reason": "backendError"}, "count": 1});
    let posted = connected
        .http
        .post(format!("{}/sim/faults", connected.google))
        .json(&rule);
    assert!(posted.send().await.unwrap().status().is_success());
    let orphan = connected.lost_channel().await;
    let stops = async || {
        let all = connected.sim("/sim/requests").await;
        let stops = all
            .into_iter()
            .filter(|one| one["operation"] == "channels.stop");
        stops
            .map(|one| one["status"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    until("the first try is refused", || async {
        stops().await == [503]
    })
    .await;
    until("the orphan is stopped", || async {
        let notify = format!("{}/sim/channels/{orphan}/notify", connected.google);
        connected.http.post(notify).send().await.unwrap();
        !connected.live().await.contains(&orphan)
    })
    .await;
    assert_eq!(connected.live().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_its_link_counts_on_gets_its_row_back() {
    let connected = Connected::new().await;
    let kept = connected.live().await;
    let lose = connected
        .app
        .store
        .write(|tx| Ok(tx.execute("delete from channel", [])?));
    assert_eq!(lose.await.unwrap(), 1);
    connected.edit_in_google("Check-up").await;
    until("it is known again", || async {
        connected
            .number("select count(*) from channel where state = 'live' and resource_id is not null")
            .await
            == 1
    })
    .await;
    connected.edit_in_google("Cleaning").await;
    until("it delivers", || async {
        connected.number("select count(*) from appointment").await == 2
    })
    .await;
    assert_eq!(connected.live().await, kept, "nothing was stopped");
    let refused = connected.sim("/sim/requests").await;
    assert!(
        !refused
            .iter()
            .any(|one| one["operation"] == "channels.stop")
    );
}
