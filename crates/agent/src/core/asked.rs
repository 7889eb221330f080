//! The window's questions: answered from the state at once, or handed to the receiver in a task.

use jiff::Timestamp;
use serde::Serialize;
use syncward_wire::{Activity, ClinicDraft, Link, LinkDraft, Operation, Page};
use uuid::Uuid;

use super::event::Outcome;
use super::post::Post;
use super::series::Question;
use super::{Asked, Core, Reply, demo, receivers};
use crate::bridge::{About, Answer, Attempt, Demo, Fault, HintEntity, Request, Response, Settings};
use crate::client::{Client, ClientError};
use crate::connection::Connection;
use crate::consent::{self, Consent};
use crate::deep_link::{self, Arrival};
use crate::saving;
use crate::store::Store;

/// Lines of the biography in one answer, unless asked otherwise.
const LINES: u32 = 100;
pub(super) const NO_BODY: Option<&()> = None;

impl Core {
    pub(super) fn asked(&mut self, Asked { request, reply }: Asked, now: Timestamp) {
        match request {
            Request::Snapshot => ok(reply, Answer::Snapshot(Box::new(self.snapshot(now)))),
            Request::Link { id } => self.link(id, reply),
            Request::Lag {
                link,
                from,
                to,
                buckets,
                spread,
            } => {
                let mut question = Question::new("lag", link, (from, to), buckets);
                question.spread = spread.unwrap_or(false);
                let told = |series| Answer::Lag(Box::new(series));
                self.series(question, told, reply, now);
            }
            Request::Delivery {
                link,
                from,
                to,
                buckets,
            } => {
                let question = Question::new("delivery", link, (from, to), buckets);
                self.series(question, Answer::Delivery, reply, now);
            }
            Request::Coverage {
                link,
                from,
                to,
                buckets,
            } => {
                let question = Question::new("coverage", link, (from, to), buckets);
                self.series(question, Answer::Coverage, reply, now);
            }
            Request::Activity {
                link,
                receiver,
                after,
                limit,
            } => match self.whose(link, receiver.as_deref()) {
                Some(post) => self.lines(post, link, after, limit, reply),
                None => drop(reply.send(receivers::unknown())),
            },
            Request::Audit { after, limit } => self.remote(reply, async move |client| {
                let mut query = vec![("limit", limit.to_string())];
                query.extend(after.map(|cursor| ("after", cursor)));
                client.get("audit", &query).await.map(Answer::Audit)
            }),
            Request::Renew { link_id } => {
                self.order(link_id, format!("links/{link_id}/renew"), reply)
            }
            Request::RenewDue { receiver } => self.renew_due(receiver.as_deref(), reply),
            Request::Sync { link_id } => {
                self.order(link_id, format!("links/{link_id}/sync"), reply)
            }
            Request::MissedChanges { link, limit } => {
                self.remote_for(Some(link), reply, async move |client| {
                    let query = [("link", link.to_string()), ("limit", limit.to_string())];
                    let page = client.get("missed-changes", &query).await;
                    page.map(Answer::MissedChanges)
                })
            }
            Request::TestDelivery { link_id } => {
                self.order(link_id, format!("links/{link_id}/test-delivery"), reply)
            }
            Request::FireDrills { link, limit } => {
                self.remote_for(Some(link), reply, async move |client| {
                    let query = [("limit", limit.to_string())];
                    let page = client
                        .get(&format!("links/{link}/fire-drills"), &query)
                        .await;
                    page.map(Answer::FireDrills)
                })
            }
            Request::FireDrill { link_id } => {
                self.order(link_id, format!("links/{link_id}/fire-drill"), reply)
            }
            Request::Pause { link_id } => {
                self.order(link_id, format!("links/{link_id}/pause"), reply)
            }
            Request::Resume { link_id } => {
                self.order(link_id, format!("links/{link_id}/resume"), reply)
            }
            Request::Approve { link_id } => {
                self.order(link_id, format!("links/{link_id}/approve"), reply)
            }
            Request::Reject { link_id } => {
                self.order(link_id, format!("links/{link_id}/reject"), reply)
            }
            Request::Clinics => ok(reply, Answer::Clinics(self.all(|post| &post.told.clinics))),
            Request::CreateClinic { name, time_zone } => {
                let draft = ClinicDraft {
                    name,
                    time_zone,
                    opening_hours: Vec::new(),
                };
                self.change(
                    self.chosen(),
                    "clinics".into(),
                    draft,
                    Answer::Clinic,
                    reply,
                );
            }
            Request::SetClinic { clinic_id, change } => {
                remote_then_refresh(self.of_clinic(clinic_id), reply, async move |client| {
                    let path = format!("clinics/{clinic_id}");
                    client.patch(&path, &change).await.map(Answer::Clinic)
                })
            }
            Request::Grants => ok(reply, Answer::Grants(self.all(|post| &post.told.grants))),
            Request::GrantHealth { grant_id } => {
                remote_at(self.of_grant(grant_id), reply, async move |client| {
                    let health = client.get(&format!("grants/{grant_id}/health"), &[]).await;
                    health.map(Answer::GrantHealth)
                })
            }
            Request::Calendars { grant_id } => {
                remote_at(self.of_grant(grant_id), reply, async move |client| {
                    client
                        .list(&format!("grants/{grant_id}/calendars"))
                        .await
                        .map(Answer::Calendars)
                })
            }
            Request::AddLink {
                clinic_id,
                grant_id,
                google_calendar_id,
            } => {
                let draft = LinkDraft {
                    grant_id,
                    google_calendar_id,
                };
                let answer = |link: Link| Answer::Link(Box::new(link));
                let owner = self.of_clinic(clinic_id);
                self.change(
                    owner,
                    format!("clinics/{clinic_id}/links"),
                    draft,
                    answer,
                    reply,
                );
            }
            Request::Disconnect { grant_id } => {
                remote_then_refresh(self.of_grant(grant_id), reply, async move |client| {
                    client
                        .delete(&format!("grants/{grant_id}"))
                        .await
                        .map(|()| Answer::Done)
                })
            }
            Request::ConnectGoogle {
                clinic_id,
                login_hint,
            } => self.connect_google(clinic_id, login_hint, reply),
            Request::ConnectState { attempt } => {
                answer(reply, self.attempt_of(attempt).map(Answer::Connect))
            }
            Request::ConnectOpenAgain { attempt } => self.open_again(attempt, reply),
            Request::ConnectCancel { attempt } => self.cancel(attempt, reply),
            Request::Acknowledge { incident } => self.acknowledge(&incident, now, reply),
            Request::Snooze { incident, until } => self.snooze(&incident, until, now, reply),
            Request::SnoozeLink { link_id, until } => self.snooze_link(link_id, until, now, reply),
            Request::BannerRead { banner } => {
                self.banner_read(banner);
                ok(reply, Answer::Done);
            }
            Request::PauseAlerts => self.pause_alerts(now, reply),
            Request::ResumeAlerts => self.resume_alerts(now, reply),
            Request::AlertHistory { before, limit } => self.past_alerts(before, limit, reply),
            Request::AlertRules => ok(
                reply,
                Answer::AlertRules(self.alerts.rules(self.language())),
            ),
            Request::SetAlertRule { rule } => self.set_alert_rule(&rule, now, reply),
            Request::SetQuietHours { days } => self.set_quiet_hours(&days, now, reply),
            Request::Backtest { rule } => self.try_rule(&rule, now, reply),
            Request::TestAlert => self.test_alert(reply),
            Request::ClosedToTray => self.closed_to_tray(now, reply),
            Request::BeginDemo => self.begin_demo(reply),
            Request::LeaveDemo => self.leave_demo(reply),
            Request::Pair { .. } | Request::StartLocalReceiver if self.demo == Demo::Within => {
                answer(reply, Err(demo::leave_first()));
            }
            Request::StopLocalReceiver => self.stop_local(now, reply),
            Request::RestartLocalReceiver => self.restart_local(reply),
            Request::LocalLog { lines } => self.local_log(lines, reply),
            Request::ReceiverHealth => self.receiver_health(reply),
            Request::PauseReceiver => self.control_receiver("receiver/pause", reply),
            Request::ResumeReceiver => self.control_receiver("receiver/resume", reply),
            Request::DrainReceiver => self.drain_receiver(reply),
            Request::Pair { address, code, pin } => self.pair(address, code, pin, Some(reply)),
            Request::TrustCertificate { fingerprint } => {
                let response = self.trust(fingerprint, now);
                let _ = reply.send(response);
            }
            Request::FollowLink { link } => self.follow_link(&link, reply),
            Request::VisitSeen { arrival } => {
                self.arrival.take_if(|shown| shown.id == arrival);
                ok(reply, Answer::Done);
            }
            Request::StartLocalReceiver => self.start_local(Some(reply)),
            Request::Receivers => {
                let _ = reply.send(self.receivers());
            }
            Request::ChooseReceiver { address } => {
                let response = self.choose(&address, now);
                let _ = reply.send(response);
            }
            Request::RenameReceiver { address, name } => {
                let response = self.rename(&address, &name, now);
                let _ = reply.send(response);
            }
            Request::ForgetReceiver { address } => {
                let response = self.forget(&address, now);
                let _ = reply.send(response);
            }
            Request::Devices => self.remote(reply, async move |client| {
                client.list("devices").await.map(Answer::Devices)
            }),
            Request::RevokeDevice { device_id } => self.remote(reply, async move |client| {
                let shut_out = client.delete(&format!("devices/{device_id}")).await;
                shut_out.map(|()| Answer::Done)
            }),
            Request::Settings => ok(reply, Answer::Settings(self.settings)),
            Request::SetSettings { settings } => self.set_settings(settings, now, reply),
            Request::SaveFile { name, content } => {
                tokio::task::spawn_blocking(move || {
                    answer(reply, saving::save(&name, content).map(Answer::Saved));
                });
            }
            Request::Startup => self.startup(None, reply),
            Request::SetStartup { at_login } => self.startup(Some(at_login), reply),
            Request::CheckUpdate => {
                self.check_update();
                ok(reply, Answer::Done);
            }
            Request::FetchUpdate => {
                self.fetch_update();
                ok(reply, Answer::Done);
            }
            Request::Diagnostics { with_names } => self.diagnostics(with_names, now, reply),
            Request::SaveDiagnostics { id } => self.save_diagnostics(id, reply),
            Request::About => ok(reply, Answer::About(self.about())),
        }
    }

    fn link(&self, id: Uuid, reply: Reply) {
        match (&self.chosen().connection, self.link_of(id)) {
            (_, Some(link)) => ok(reply, Answer::Link(Box::new(link.clone()))),
            (Some(_), None) => self.remote(reply, async move |client| {
                let link: Link = client.get(&format!("links/{id}"), &[]).await?;
                Ok(Answer::Link(Box::new(link)))
            }),
            (None, None) => answer(
                reply,
                Err(Fault::new(
                    "link_unknown",
                    "This calendar is not known.",
                    "Go back to the overview.",
                )),
            ),
        }
    }

    /// The receiver's biography; as far as it was seen when there is no contact.
    /// Of a link, of a receiver by its address, or the chosen one.
    fn whose(&self, link: Option<Uuid>, receiver: Option<&str>) -> Option<&Post> {
        match (link, receiver) {
            (Some(id), _) => Some(self.of_link(id)),
            (None, Some(address)) => self.known(address).map(|(at, _)| &self.posts[at]),
            (None, None) => Some(self.chosen()),
        }
    }

    fn lines(
        &self,
        post: &Post,
        link: Option<Uuid>,
        after: Option<String>,
        limit: Option<u32>,
        reply: Reply,
    ) {
        let limit = limit.unwrap_or(LINES).clamp(1, 1000);
        if !post.is_connected() || post.connection.is_none() {
            let before = after.and_then(|cursor| cursor.parse().ok());
            let items = self.store.activity(&post.key, link, before, limit);
            let full = items.len() == limit as usize;
            let next = items
                .last()
                .filter(|_| full)
                .map(|line| line.seq.to_string());
            return ok(reply, Answer::Activity(Page { items, next }));
        }
        let mut query = vec![("limit", limit.to_string())];
        query.extend(link.map(|id| ("link", id.to_string())));
        query.extend(after.map(|cursor| ("after", cursor)));
        remote_at(post, reply, async move |client| {
            let page: Page<Activity> = client.get("activity", &query).await?;
            Ok(Answer::Activity(page))
        });
    }

    fn order(&self, link_id: Uuid, path: String, reply: Reply) {
        let (epoch, outcomes) = (self.of_link(link_id).epoch, self.ways.outcomes.clone());
        self.remote_for(Some(link_id), reply, async move |client| {
            let ordered: Operation = client.post(&path, NO_BODY).await?;
            // One that was under way already may tell no more for a while.
            let path = format!("operations/{}", ordered.operation);
            if let Ok(state) = client.get(&path, &[]).await {
                let _ = outcomes.send(Outcome::Stands { epoch, state }).await;
            }
            Ok(Answer::Operation(ordered))
        });
    }

    /// Every receiver renews what is due there; the answer is that of the first that has such links, or a refusal.
    fn renew_due(&self, only: Option<&str>, reply: Reply) {
        let clients: Vec<Client> = self
            .posts
            .iter()
            .filter(|post| post.is_connected() && only.is_none_or(|key| post.key == key))
            .filter_map(|post| Some(post.connection.as_ref()?.client.clone()))
            .collect();
        if clients.is_empty() {
            let post = only
                .and_then(|key| self.at_key(key))
                .map(|at| &self.posts[at]);
            let contact = &post.unwrap_or(self.chosen()).contact;
            return answer(reply, Err(no_receiver(&contact.message)));
        }
        tokio::spawn(async move {
            let orders = clients
                .iter()
                .map(|client| client.post("links/renew-due", NO_BODY));
            let ordered = futures_util::future::join_all(orders).await;
            let mut answered = None;
            for one in ordered.into_iter().rev() {
                let one = one.map(Answer::Operation).map_err(Fault::from);
                let refused_before = answered.as_ref().is_some_and(Result::is_err);
                if one.is_err() || !refused_before {
                    answered = Some(one);
                }
            }
            if let Some(answered) = answered {
                answer(reply, answered);
            }
        });
    }

    fn change<T: serde::de::DeserializeOwned + Send>(
        &self,
        post: &Post,
        path: String,
        draft: impl Serialize + Send + Sync + 'static,
        answer: impl FnOnce(T) -> Answer + Send + 'static,
        reply: Reply,
    ) {
        remote_then_refresh(post, reply, async move |client| {
            client.post(&path, Some(&draft)).await.map(answer)
        });
    }

    /// Asks the chosen receiver.
    pub(super) fn remote<F>(&self, reply: Reply, call: impl FnOnce(Client) -> F)
    where
        F: Future<Output = Result<Answer, ClientError>> + Send + 'static,
    {
        remote_at(self.chosen(), reply, call);
    }

    /// Asks the receiver that has the link; the chosen one when it is about no single link.
    fn remote_for<F>(&self, link: Option<Uuid>, reply: Reply, call: impl FnOnce(Client) -> F)
    where
        F: Future<Output = Result<Answer, ClientError>> + Send + 'static,
    {
        let post = link.map_or_else(|| self.chosen(), |id| self.of_link(id));
        remote_at(post, reply, call);
    }

    fn connect_google(&mut self, clinic_id: Uuid, login_hint: Option<String>, reply: Reply) {
        let post = self.of_clinic(clinic_id);
        let Some(client) = post.connection.as_ref().map(|way| way.client.clone()) else {
            return answer(reply, Err(no_receiver(&post.contact.message)));
        };
        // One attempt at a time: a new one gives the old one up.
        self.consent = None;
        let consent = Consent {
            client,
            browser: self.browser.clone(),
            clinic_id,
            login_hint,
            patience: consent::PATIENCE,
            language: self.language(),
        };
        let (attempts, outcomes) = (self.ways.attempts.clone(), self.ways.outcomes.clone());
        tokio::spawn(async move {
            let result = consent.begin(attempts).await;
            let _ = outcomes.send(Outcome::Begun { result, reply }).await;
        });
    }

    fn attempt_of(&self, id: Uuid) -> Result<Attempt, Fault> {
        let known = self.attempt.clone().filter(|attempt| attempt.id == id);
        known.ok_or_else(|| {
            Fault::new(
                "attempt_unknown",
                "This attempt is over; another one took its place.",
                "Start again with Connect Google.",
            )
        })
    }

    fn open_again(&mut self, id: Uuid, reply: Reply) {
        let opened = self.attempt_of(id).map(|mut attempt| {
            attempt.browser_note = self.browser.open(&attempt.authorization_url).err();
            self.attempt = Some(attempt.clone());
            Answer::Connect(attempt)
        });
        answer(reply, opened);
    }

    fn cancel(&mut self, id: Uuid, reply: Reply) {
        let cancelled = self.attempt_of(id).map(|mut attempt| {
            if let Some(running) = self.consent.take() {
                running.cancel();
                attempt.state = crate::bridge::ConnectState::Cancelled;
                self.attempt = Some(attempt.clone());
                self.hinting.mark(HintEntity::Connect);
            }
            Answer::Connect(attempt)
        });
        answer(reply, cancelled);
    }

    fn set_settings(&mut self, settings: Settings, now: Timestamp, reply: Reply) {
        self.settings = settings;
        self.store.remember("settings", &settings, now);
        self.hinting.mark(HintEntity::Settings);
        self.hinting.mark(HintEntity::Snapshot);
        // What is open is told anew in the language that was chosen.
        self.judge(now);
        self.redraw(now);
        ok(reply, Answer::Settings(settings));
    }

    /// Shows where a link leads; nothing is done before a person says so.
    fn follow_link(&mut self, link: &str, reply: Reply) {
        self.arrival = Some(Arrival {
            id: Uuid::new_v4(),
            visit: deep_link::visit(link),
        });
        self.hinting.mark(HintEntity::Snapshot);
        self.hinting.mark(HintEntity::Open);
        ok(reply, Answer::Done);
    }

    fn about(&self) -> About {
        let contact = &self.chosen().contact;
        About {
            version: env!("CARGO_PKG_VERSION").into(),
            receiver_version: contact.version.clone(),
            receiver_address: contact.receiver.clone(),
            data_dir: self.data_dir.display().to_string(),
            data_bytes: Store::bytes(&self.data_dir),
            receiver_log: contact
                .local
                .then(|| self.sidecar_config.log.display().to_string()),
            licence: "Apache-2.0 OR MIT".into(),
        }
    }
}

pub(super) fn ok(reply: Reply, value: Answer) {
    answer(reply, Ok(value));
}

pub(super) fn answer(reply: Reply, result: Result<Answer, Fault>) {
    // A window that closed meanwhile waits for nothing.
    let _ = reply.send(Response::from(result));
}

fn remote_at<F>(post: &Post, reply: Reply, call: impl FnOnce(Client) -> F)
where
    F: Future<Output = Result<Answer, ClientError>> + Send + 'static,
{
    let Some(connection) = &post.connection else {
        return answer(reply, Err(no_receiver(&post.contact.message)));
    };
    let call = call(connection.client.clone());
    tokio::spawn(async move { answer(reply, call.await.map_err(Fault::from)) });
}

pub(super) fn remote_then_refresh<F>(post: &Post, reply: Reply, call: impl FnOnce(Client) -> F)
where
    F: Future<Output = Result<Answer, ClientError>> + Send + 'static,
{
    let refresh = post.connection.as_ref().map(Connection::refresher);
    remote_at(post, reply, |client| {
        let call = call(client);
        async move {
            let result = call.await;
            if let Some(refresh) = refresh {
                refresh.notify_one();
            }
            result
        }
    });
}

pub(super) fn no_receiver(message: &str) -> Fault {
    Fault::new(
        "no_receiver",
        message,
        "Pair with a receiver, or run one on this computer.",
    )
}
