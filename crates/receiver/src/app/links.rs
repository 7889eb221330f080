//! What a person can ask of a link.

use std::sync::Arc;

use syncward_engine::effect::Step;
use syncward_engine::link::DrillRefusal;
use syncward_engine::view::LinkState;
use syncward_engine::{Input, OperationId};
use syncward_wire::{LinkDraft, Operation};
use uuid::Uuid;

use super::actor::Halt;
use super::{Actor, App, Changed, UseError, appointments};
use crate::exec::quota::Urgency;
use crate::exec::{Pending, apply, google, outbound, turn};
use crate::store::link::NewLink;
use crate::store::sql::{Transaction, params};
use crate::{clock, entropy, exec, store};

/// An action on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Renew,
    Sync,
    TestDelivery,
    /// Stop the live channel on purpose.
    FireDrill,
    Pause,
    Resume,
    /// Apply the cancellations that the mass-change guard holds.
    Approve,
    /// Keep the appointments whose cancellation is held.
    Reject,
}

impl Ask {
    /// The stable word of the operation and of the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Renew => "renew",
            Self::Sync => "sync",
            Self::TestDelivery => "test_delivery",
            Self::FireDrill => "fire_drill",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }

    fn needs_google(self) -> bool {
        match self {
            Self::Renew | Self::Sync | Self::TestDelivery | Self::FireDrill => true,
            Self::Pause | Self::Resume | Self::Approve | Self::Reject => false,
        }
    }
}

impl App {
    /// Starts an action; asked twice, the one under way is the answer.
    ///
    /// # Errors
    /// `not_found`, `link_paused`, `reconnect_needed`, `receiver_paused`, `store_failed`.
    pub async fn ask(
        self: &Arc<Self>,
        by: Actor,
        link_id: Uuid,
        ask: Ask,
    ) -> Result<Operation, UseError> {
        let app = Arc::clone(self);
        let (operation, pending, told) = self
            .decide(move |tx| app.ask_in(tx, &by, link_id, ask))
            .await?;
        self.tell(told);
        exec::start(self, pending);
        // Held cancellations may have been applied, or taken back.
        self.exec.announced.notify_one();
        // What was kept goes out, and so does what waited for the end of a pause.
        if matches!(ask, Ask::Reject | Ask::Resume) {
            outbound::push(self, link_id);
        }
        Ok(Operation { operation })
    }

    fn ask_in(
        &self,
        tx: &Transaction<'_>,
        by: &Actor,
        link_id: Uuid,
        ask: Ask,
    ) -> Result<(Uuid, Vec<Pending>, Vec<Changed>), Halt> {
        let now = clock::now();
        let link = store::link::find(tx, link_id)?.ok_or_else(|| UseError::not_found("link"))?;
        refuse_in(link.engine.view(now, &self.settings).state, ask)?;
        if ask.needs_google() && self.exec.is_held() {
            return Err(receiver_paused().into());
        }
        if ask == Ask::FireDrill
            && let Some(refusal) = link.engine.refuses_drill(now, &self.settings)
        {
            return Err(no_drill(refusal).into());
        }
        by.note(tx, Some(link_id), now)?;
        if let Some(operation) = store::operation::under_way(tx, link_id, ask.word())? {
            return Ok((operation, Vec::new(), Vec::new()));
        }
        let operation = entropy::uuid();
        store::operation::insert(tx, operation, Some(link_id), ask.word(), now)?;
        let asked = OperationId(operation);
        let inputs = match ask {
            Ask::Renew => vec![Input::RenewAsked { operation: asked }],
            Ask::Sync => vec![Input::SyncAsked { operation: asked }],
            Ask::TestDelivery => vec![Input::TestDeliveryAsked { operation: asked }],
            Ask::FireDrill => vec![Input::FireDrillAsked { operation: asked }],
            Ask::Pause => vec![Input::PauseAsked],
            Ask::Resume => vec![Input::ResumeAsked],
            Ask::Approve | Ask::Reject => {
                decide_held(tx, link_id, ask == Ask::Approve)?;
                Vec::new()
            }
        };
        if !ask.needs_google() {
            let done = Step::Done {
                message: String::new(),
            };
            store::operation::step(tx, operation, &done, now)?;
        }
        let (pending, mut told) = turn::take(tx, self, link_id, inputs, now)?;
        told.push(Changed::Operation(operation));
        Ok((operation, pending, told))
    }

    /// Renews every link whose renewal is due (or whose channel is gone) and none else.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn renew_due(self: &Arc<Self>, by: Actor) -> Result<Operation, UseError> {
        let links = self.store.read(store::link::all).await?;
        let now = clock::now();
        let mut last = None;
        for link in links {
            let state = link.engine.view(now, &self.settings).state;
            if matches!(
                state,
                LinkState::Due | LinkState::Expired | LinkState::Unproved
            ) {
                last = Some(self.ask(by.clone(), link.link_id, Ask::Renew).await?);
            }
        }
        if let Some(operation) = last {
            return Ok(operation);
        }
        let operation = entropy::uuid();
        self.decide(move |tx| {
            store::operation::insert(tx, operation, None, "renew_due", now)?;
            let done = Step::Done {
                message: "nothing was due".to_owned(),
            };
            store::operation::step(tx, operation, &done, now)?;
            Ok(by.note(tx, None, now)?)
        })
        .await?;
        Ok(Operation { operation })
    }

    /// Links one more calendar of a grant and starts watching it.
    ///
    /// # Errors
    /// `not_found`, `calendar_linked`, Google's refusals, `store_failed`.
    pub async fn add_link(
        self: &Arc<Self>,
        by: Actor,
        clinic_id: Uuid,
        draft: LinkDraft,
    ) -> Result<Uuid, UseError> {
        let grant_id = draft.grant_id;
        let grant = self
            .store
            .read(move |connection| store::google_grant::find(connection, grant_id))
            .await?;
        let grant = grant.filter(|grant| grant.clinic_id == clinic_id && grant.ended_at.is_none());
        let grant = grant.ok_or_else(|| UseError::not_found("grant of this clinic"))?;
        let (client, calendar_id) = (self.google.client.clone(), draft.google_calendar_id);
        let entry = google::call(
            self,
            grant.google_grant_id,
            Urgency::Prompt,
            move |access| {
                let (client, calendar_id) = (client.clone(), calendar_id.clone());
                Box::pin(async move { client.calendar(&access, &calendar_id).await })
            },
        )
        .await
        .map_err(refused)?;
        let name = entry.name().to_owned();
        self.link_calendar(Some(by), clinic_id, grant_id, entry.id, name)
            .await?
            .ok_or_else(|| {
                UseError::new(
                    409,
                    "calendar_linked",
                    "This calendar is linked already.",
                    "Nothing is needed; find it in the list of channels.",
                )
            })
    }

    /// Makes a link, starts it, and waits for Google's answer about its channel; none when it is linked already.
    pub(super) async fn link_calendar(
        self: &Arc<Self>,
        by: Option<Actor>,
        clinic_id: Uuid,
        google_grant_id: Uuid,
        google_calendar_id: String,
        calendar_name: String,
    ) -> Result<Option<Uuid>, UseError> {
        let (shared, link_id) = (Arc::clone(self), entropy::uuid());
        let made = self
            .store
            .write(move |tx| {
                if store::link::of_calendar(tx, clinic_id, &google_calendar_id)?.is_some() {
                    return Ok(None);
                }
                let now = clock::now();
                let link = NewLink {
                    link_id,
                    clinic_id,
                    google_grant_id,
                    google_calendar_id: &google_calendar_id,
                    calendar_name: &calendar_name,
                };
                store::link::insert(tx, &link, now)?;
                if let Some(by) = &by {
                    by.note(tx, Some(link_id), now)?;
                }
                turn::take(tx, &shared, link_id, vec![Input::Started], now).map(Some)
            })
            .await?;
        let Some((pending, told)) = made else {
            return Ok(None);
        };
        self.tell(told);
        let (opening, rest): (Vec<_>, Vec<_>) = pending
            .into_iter()
            .partition(|one| matches!(one.effect, syncward_engine::Effect::OpenChannel { .. }));
        exec::start(self, rest);
        // On a task, so that it goes on when the asker hangs up.
        for one in opening {
            let app = Arc::clone(self);
            let opened = tokio::spawn(async move { exec::perform(&app, one).await });
            let _ = opened.await;
        }
        Ok(Some(link_id))
    }

    /// Ends a link: its channels are stopped at Google, its appointments go with it.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn delete_link(self: &Arc<Self>, by: Actor, link_id: Uuid) -> Result<(), UseError> {
        let app = Arc::clone(self);
        let (pending, told) = self
            .decide(move |tx| {
                let now = clock::now();
                store::link::find(tx, link_id)?.ok_or_else(|| UseError::not_found("link"))?;
                by.note(tx, Some(link_id), now)?;
                store::link::delete(tx, link_id, now)?;
                Ok(turn::take(tx, &app, link_id, vec![Input::Ended], now)?)
            })
            .await?;
        self.tell(told);
        exec::start(self, pending);
        Ok(())
    }

    /// Ends every link and grant of a clinic, then the clinic.
    ///
    /// # Errors
    /// `not_found`, `store_failed`; a grant that Google does not take back by now ends here all the same.
    pub async fn delete_clinic(
        self: &Arc<Self>,
        by: Actor,
        clinic_id: Uuid,
    ) -> Result<(), UseError> {
        let grants = self.store.read(store::google_grant::all).await?;
        for grant in grants
            .into_iter()
            .filter(|grant| grant.clinic_id == clinic_id)
        {
            self.disconnect(by.clone(), grant.google_grant_id).await?;
        }
        self.decide(move |tx| {
            let id = params![store::row::Id(clinic_id)];
            match tx.execute("delete from clinic where clinic_id = ?", id)? {
                0 => Err(UseError::not_found("clinic").into()),
                _ => Ok(by.note(tx, Some(clinic_id), clock::now())?),
            }
        })
        .await?;
        self.tell(vec![Changed::Overview]);
        Ok(())
    }
}

fn receiver_paused() -> UseError {
    UseError::new(
        409,
        "receiver_paused",
        "The receiver is paused or drained.",
        "Resume the receiver first.",
    )
}

fn no_drill(refusal: DrillRefusal) -> UseError {
    let (code, action) = match refusal {
        DrillRefusal::NotActive => ("not_active", "Wait until the calendar is watched."),
        DrillRefusal::NotPushed => ("not_pushed", "Wait until its channel is live, then drill."),
        DrillRefusal::Renewing => ("renewing", "Wait for the renewal's end, then drill."),
        DrillRefusal::RenewalFailing => ("renewal_failing", "Heal the renewal first."),
        DrillRefusal::SyncFailing => ("sync_failing", "Heal the sync first."),
        DrillRefusal::TestUnderWay => ("delivery_test_under_way", "Wait for its end, then drill."),
        DrillRefusal::DrillUnderWay => ("fire_drill_under_way", "Wait for its end."),
    };
    UseError::new(409, code, refusal.message(), action)
}

fn refuse_in(state: LinkState, ask: Ask) -> Result<(), UseError> {
    let needs_google = ask.needs_google();
    match state {
        LinkState::Paused if needs_google => Err(UseError::new(
            409,
            "link_paused",
            "This calendar is paused.",
            "Resume it first.",
        )),
        LinkState::ReconnectNeeded if needs_google || ask == Ask::Resume => Err(UseError::new(
            409,
            "reconnect_needed",
            "Google no longer honours the consent of this calendar.",
            "Connect Google again.",
        )),
        _ => Ok(()),
    }
}

/// Cancels what was held, or keeps it: then Google gets it anew.
fn decide_held(tx: &Transaction<'_>, link_id: Uuid, approve: bool) -> store::Result<()> {
    let now = clock::now();
    for one in store::appointment::held(tx, link_id)? {
        match approve {
            true => {
                apply::cancel(tx, link_id, &one.google_event_id, None, now)?;
            }
            false => appointments::keep(tx, one, now)?,
        }
    }
    store::link::set_held(tx, link_id, 0)
}

pub(super) fn refused(error: google::CallError) -> UseError {
    match error {
        google::CallError::Google(failure) => UseError::google(&failure),
        google::CallError::Store(error) => error.into(),
    }
}
