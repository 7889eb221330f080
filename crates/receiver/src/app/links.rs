//! What a person can ask of a link.

use std::sync::Arc;

use syncward_engine::view::LinkState;
use syncward_engine::{Input, OperationId};
use syncward_wire::{LinkDraft, Operation};
use uuid::Uuid;

use super::{App, Changed, UseError};
use crate::exec::{apply, google, turn};
use crate::store::link::NewLink;
use crate::{clock, exec, store};

/// An action on a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    Renew,
    Sync,
    TestDelivery,
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
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

impl App {
    /// Starts an action; asked twice, the one under way is the answer.
    ///
    /// # Errors
    /// `not_found`, `link_paused`, `reconnect_needed`, `store_failed`.
    pub async fn ask(self: &Arc<Self>, link_id: Uuid, ask: Ask) -> Result<Operation, UseError> {
        let link = self
            .store
            .read(move |connection| store::link::find(connection, link_id))
            .await?;
        let link = link.ok_or_else(|| UseError::not_found("link"))?;
        let state = link.engine.view(clock::now(), &self.settings).state;
        refuse_in(state, ask)?;
        if let Some(operation) = self
            .store
            .read(move |c| store::operation::under_way(c, link_id, ask.word()))
            .await?
        {
            return Ok(Operation { operation });
        }
        let operation = Uuid::new_v4();
        let inputs = match ask {
            Ask::Renew => vec![Input::RenewAsked {
                operation: OperationId(operation),
            }],
            Ask::Sync => vec![Input::SyncAsked {
                operation: OperationId(operation),
            }],
            Ask::TestDelivery => vec![Input::TestDeliveryAsked {
                operation: OperationId(operation),
            }],
            Ask::Pause => vec![Input::PauseAsked],
            Ask::Resume => vec![Input::ResumeAsked],
            Ask::Approve | Ask::Reject => Vec::new(),
        };
        self.feed(link_id, inputs, move |tx| {
            let now = clock::now();
            store::operation::insert(tx, operation, Some(link_id), ask.word(), now)?;
            match ask {
                Ask::Approve => decide_held(tx, link_id, true)?,
                Ask::Reject => decide_held(tx, link_id, false)?,
                Ask::Pause | Ask::Resume => {}
                Ask::Renew | Ask::Sync | Ask::TestDelivery => return Ok(()),
            }
            let done = syncward_engine::effect::Step::Done {
                message: String::new(),
            };
            store::operation::step(tx, operation, &done, now)
        })
        .await?;
        self.tell(vec![Changed::Operation(operation)]);
        Ok(Operation { operation })
    }

    /// Renews every link whose renewal is due (or whose channel is gone) and none else.
    ///
    /// # Errors
    /// `store_failed`.
    pub async fn renew_due(self: &Arc<Self>) -> Result<Operation, UseError> {
        let links = self.store.read(store::link::all).await?;
        let now = clock::now();
        let mut last = None;
        for link in links {
            let state = link.engine.view(now, &self.settings).state;
            if matches!(
                state,
                LinkState::Due | LinkState::Expired | LinkState::Unproved
            ) {
                last = Some(self.ask(link.link_id, Ask::Renew).await?);
            }
        }
        if let Some(operation) = last {
            return Ok(operation);
        }
        let operation = Uuid::new_v4();
        self.store
            .write(move |tx| {
                store::operation::insert(tx, operation, None, "renew_due", now)?;
                let done = syncward_engine::effect::Step::Done {
                    message: "nothing was due".to_owned(),
                };
                store::operation::step(tx, operation, &done, now)
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
        let entry = google::call(self, grant.google_grant_id, move |access| {
            let (client, calendar_id) = (client.clone(), calendar_id.clone());
            Box::pin(async move { client.calendar(&access, &calendar_id).await })
        })
        .await
        .map_err(refused)?;
        let name = entry.name().to_owned();
        self.link_calendar(clinic_id, grant_id, entry.id, name)
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
        clinic_id: Uuid,
        google_grant_id: Uuid,
        google_calendar_id: String,
        calendar_name: String,
    ) -> Result<Option<Uuid>, UseError> {
        let (shared, link_id) = (Arc::clone(self), Uuid::new_v4());
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
    pub async fn delete_link(self: &Arc<Self>, link_id: Uuid) -> Result<(), UseError> {
        let link = self
            .store
            .read(move |connection| store::link::find(connection, link_id))
            .await?;
        link.ok_or_else(|| UseError::not_found("link"))?;
        self.feed(link_id, vec![Input::Ended], move |tx| {
            store::link::delete(tx, link_id, clock::now())
        })
        .await?;
        Ok(())
    }

    /// Ends every link and grant of a clinic, then the clinic.
    ///
    /// # Errors
    /// `not_found`, `store_failed`; a grant that Google does not take back by now ends here all the same.
    pub async fn delete_clinic(self: &Arc<Self>, clinic_id: Uuid) -> Result<(), UseError> {
        let grants = self.store.read(store::google_grant::all).await?;
        for grant in grants
            .into_iter()
            .filter(|grant| grant.clinic_id == clinic_id)
        {
            self.disconnect(grant.google_grant_id).await?;
        }
        let deleted = self
            .store
            .write(move |tx| {
                Ok(tx.execute(
                    "delete from clinic where clinic_id = ?",
                    [store::row::Id(clinic_id)],
                )?)
            })
            .await?;
        if deleted == 0 {
            Err(UseError::not_found("clinic"))
        } else {
            Ok(())
        }
    }
}

fn refuse_in(state: LinkState, ask: Ask) -> Result<(), UseError> {
    let needs_google = matches!(ask, Ask::Renew | Ask::Sync | Ask::TestDelivery);
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

/// Cancels what was held, or keeps it.
fn decide_held(tx: &rusqlite::Transaction<'_>, link_id: Uuid, approve: bool) -> store::Result<()> {
    let now = clock::now();
    for mut one in store::appointment::held(tx, link_id)? {
        if approve {
            apply::cancel(tx, link_id, &one.google_event_id, None, now)?;
        } else {
            one.held = false;
            store::appointment::save(tx, &one)?;
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
