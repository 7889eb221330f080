//! Calls to Google under a grant: each takes its seat, keeps the access token fresh, and tells when the grant is lost.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use syncward_engine::{Failure, FailureClass, Input};
use syncward_google::{
    AccessToken, CalendarEntry, Client, OAuthClient, RefreshToken, RefreshedAccess,
    asks_for_refresh,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use super::quota::Urgency;
use super::seat::{self, Seat};
use crate::app::App;
use crate::clock;
use crate::store;
use crate::store::google_grant::Grant;

/// Refreshes of access tokens under way at the same time; each grant has one at most.
const REFRESHES_MOST: usize = 64;
/// An access token this close to its end is not used any more.
const SPARE: Duration = Duration::from_secs(60);
/// A refresh that was given up halfway keeps other replicas waiting so long at the most.
const REFRESH_MS: i64 = 60_000;
/// How often a replica looks whether the other's refresh is over.
const REFRESH_LOOK: Duration = Duration::from_millis(200);

/// The client, who we are, and the access tokens in memory.
pub struct Google {
    /// Refreshes under way.
    refreshes: Semaphore,
    pub client: Client,
    pub oauth: OAuthClient,
    access: Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<Option<Access>>>>>,
    /// How far Google's clock is ahead of ours, in milliseconds, by its last answer.
    clock_ahead_ms: Mutex<Option<i64>>,
}

struct Access {
    token: AccessToken,
    until: Timestamp,
}

impl Google {
    /// No token yet.
    pub fn new(client: Client, oauth: OAuthClient) -> Self {
        Self {
            refreshes: Semaphore::new(REFRESHES_MOST),
            client,
            oauth,
            access: Mutex::default(),
            clock_ahead_ms: Mutex::default(),
        }
    }

    /// Compares Google's clock with ours, by an answer that was asked for and came at these times of ours.
    pub fn hear_clock(
        &self,
        served_at: Option<Timestamp>,
        asked_at: Timestamp,
        came_at: Timestamp,
    ) {
        if let Some(served_at) = served_at {
            let ahead_ms = ahead_ms(served_at, asked_at, came_at);
            *self
                .clock_ahead_ms
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(ahead_ms);
        }
    }

    /// How far Google's clock is ahead of ours at least, in milliseconds; none before its first answer.
    pub fn clock_ahead_ms(&self) -> Option<i64> {
        *self
            .clock_ahead_ms
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn slot(&self, google_grant_id: Uuid) -> Arc<tokio::sync::Mutex<Option<Access>>> {
        let mut access = self.access.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(access.entry(google_grant_id).or_default())
    }

    /// Keeps a token that an exchange gave.
    pub async fn keep(&self, google_grant_id: Uuid, token: AccessToken, life: Duration) {
        *self.slot(google_grant_id).lock().await = Some(Access {
            token,
            until: clock::now() + life.saturating_sub(SPARE),
        });
    }

    /// Forgets a grant's token.
    pub async fn forget(&self, google_grant_id: Uuid) {
        *self.slot(google_grant_id).lock().await = None;
    }
}

/// How far a clock is ahead at least that told this whole second (RFC 9110, 5.6.7) somewhere between the two times.
fn ahead_ms(served_at: Timestamp, asked_at: Timestamp, came_at: Timestamp) -> i64 {
    let least_ms = served_at.as_millisecond() - came_at.as_millisecond();
    let most_ms = served_at.as_millisecond() + 999 - asked_at.as_millisecond();
    least_ms.max(0) + most_ms.min(0)
}

/// Why a call has no result.
#[derive(Debug)]
pub enum CallError {
    Google(Failure),
    Store(store::StoreError),
}

impl From<store::StoreError> for CallError {
    fn from(error: store::StoreError) -> Self {
        Self::Store(error)
    }
}

/// Calls Google with the grant's access token, refreshed when it is old or when Google asks for it, once.
pub fn call<T, F>(
    app: &Arc<App>,
    google_grant_id: Uuid,
    urgency: Urgency,
    call: F,
) -> BoxFuture<'static, Result<T, CallError>>
where
    F: Fn(AccessToken) -> BoxFuture<'static, Result<T, Failure>> + Send + Sync + 'static,
    T: Send + 'static,
{
    let seated = seated(app, google_grant_id, urgency, call);
    Box::pin(async move { seated.await.map(|(answer, _)| answer) })
}

/// As [`call`]; the seat is kept until the answer has been dealt with, so that few answers lie in memory at a time.
pub fn seated<T, F>(
    app: &Arc<App>,
    google_grant_id: Uuid,
    urgency: Urgency,
    call: F,
) -> BoxFuture<'static, Result<(T, Seat), CallError>>
where
    F: Fn(AccessToken) -> BoxFuture<'static, Result<T, Failure>> + Send + Sync + 'static,
    T: Send + 'static,
{
    let app = Arc::clone(app);
    Box::pin(async move {
        let grant = Some(google_grant_id);
        // Refreshing may take long; what is counted is called at once.
        access(&app, google_grant_id, None).await?;
        let seat = seat::take(&app, grant, urgency).await;
        let seat = seat.map_err(CallError::Google)?;
        let quotas = &app.exec.seats.quotas;
        let token = access(&app, google_grant_id, None).await?;
        let mut answer = call(token.clone()).await;
        if answer.as_ref().is_err_and(asks_for_refresh) {
            let fresh = access(&app, google_grant_id, Some(&token)).await?;
            quotas.count(google_grant_id);
            app.meters.google_calls.fetch_add(1, Ordering::Relaxed);
            answer = call(fresh).await;
        }
        quotas.hear(grant, &answer);
        match answer {
            Ok(answer) => Ok((answer, seat)),
            Err(failure) => Err(CallError::Google(failure)),
        }
    })
}

/// The account's own calendar, of a consent that is no grant yet: the project's quota counts.
///
/// # Errors
/// As the failure table says.
pub async fn primary(app: &Arc<App>, access: &AccessToken) -> Result<CalendarEntry, Failure> {
    let _seat = seat::take(app, None, Urgency::Prompt).await?;
    let answer = app.google.client.calendar(access, "primary").await;
    app.exec.seats.quotas.hear(None, &answer);
    answer
}

/// The grant's access token; `refused` is one that Google did not take.
async fn access(
    app: &Arc<App>,
    google_grant_id: Uuid,
    refused: Option<&AccessToken>,
) -> Result<AccessToken, CallError> {
    let slot = app.google.slot(google_grant_id);
    let mut kept = slot.lock().await;
    if let Some(access) = kept.as_ref() {
        let is_refused = refused.is_some_and(|refused| refused.expose() == access.token.expose());
        if access.until > clock::now() && !is_refused {
            return Ok(access.token.clone());
        }
    }
    let found = app.store.read(move |connection| {
        let grant = store::google_grant::find(connection, google_grant_id)?;
        Ok((grant, connection.is_alone()))
    });
    let fresh = match found.await? {
        (grant, true) => refresh(app, google_grant_id, grant).await?,
        (_, false) => refresh_beside_others(app, google_grant_id).await?,
    };
    let until = clock::now() + fresh.expires_in.saturating_sub(SPARE);
    *kept = Some(Access {
        token: fresh.access.clone(),
        until,
    });
    Ok(fresh.access)
}

/// Google may give a new refresh token and end the one before: whoever refreshes next has to know it.
async fn refresh_beside_others(
    app: &Arc<App>,
    google_grant_id: Uuid,
) -> Result<RefreshedAccess, CallError> {
    let grant = loop {
        let turn = app.store.write(move |tx| {
            let begun = store::google_grant::begin_refresh(tx, google_grant_id, REFRESH_MS)?;
            Ok((begun, store::google_grant::find(tx, google_grant_id)?))
        });
        match turn.await? {
            (false, Some(_)) => tokio::time::sleep(REFRESH_LOOK).await,
            (true | false, grant) => break grant,
        }
    };
    let fresh = refresh(app, google_grant_id, grant).await;
    let end = app
        .store
        .write(move |tx| store::google_grant::end_refresh(tx, google_grant_id));
    end.await?;
    fresh
}

async fn refresh(
    app: &Arc<App>,
    google_grant_id: Uuid,
    grant: Option<Grant>,
) -> Result<RefreshedAccess, CallError> {
    let sealed = grant
        .as_ref()
        .and_then(|grant| grant.refresh_token.as_deref());
    let Some(sealed) = sealed else {
        return Err(CallError::Google(lost("disconnected")));
    };
    let refresh = open_refresh_token(app, google_grant_id, sealed)?;
    let one_of_few = app.google.refreshes.acquire().await;
    let fresh = app
        .google
        .client
        .refresh(&app.google.oauth, &refresh)
        .await
        .map_err(CallError::Google)?;
    drop(one_of_few);
    if let Some(rotated) = &fresh.rotated {
        let sealed = app.seal.seal(
            store::google_grant::PLACE,
            &google_grant_id.to_string(),
            rotated.expose().as_bytes(),
        )?;
        app.store
            .write(move |tx| store::google_grant::set_refresh_token(tx, google_grant_id, &sealed))
            .await?;
    }
    Ok(fresh)
}

/// The refresh token out of its seal.
pub fn open_refresh_token(
    app: &App,
    google_grant_id: Uuid,
    sealed: &[u8],
) -> store::Result<RefreshToken> {
    let opened = app.seal.open(
        store::google_grant::PLACE,
        &google_grant_id.to_string(),
        sealed,
    )?;
    Ok(RefreshToken::new(
        String::from_utf8_lossy(&opened).into_owned(),
    ))
}

fn lost(reason: &str) -> Failure {
    Failure {
        class: FailureClass::GrantLost,
        reason: reason.to_owned(),
        status: None,
    }
}

/// Marks a grant lost, in the transaction in which that was learnt.
pub fn note_lost(
    tx: &crate::store::sql::Transaction<'_>,
    google_grant_id: Uuid,
    reason: &str,
) -> store::Result<()> {
    let now = clock::now();
    store::google_grant::lose(tx, google_grant_id, reason, now)?;
    store::grant_life::end(tx, google_grant_id, Some(reason), now)
}

/// Tells every link of a lost grant; one that a crash leaves untold learns it with its next call.
pub async fn tell_lost(app: &Arc<App>, google_grant_id: Uuid, reason: &str) -> store::Result<()> {
    app.google.forget(google_grant_id).await;
    tracing::error!(grant.id = %google_grant_id, reason, "google no longer honours a grant");
    let links = app
        .store
        .read(move |connection| store::link::of_grant(connection, google_grant_id))
        .await?;
    for link_id in links {
        let reason = reason.to_owned();
        app.feed(link_id, vec![Input::GrantLost { reason }], |_| Ok(()))
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_second_and_the_way_hide_as_much_of_a_clocks_difference() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap_or_default();
        let same = ahead_ms(at(100_000), at(100_100), at(100_900));
        assert_eq!(same, 0, "Google rounds down");
        let slow = ahead_ms(at(100_000), at(100_100), at(130_000));
        assert_eq!(slow, 0, "it may have been told at once, and come late");
        assert_eq!(ahead_ms(at(105_000), at(100_000), at(100_400)), 4_600);
        assert_eq!(ahead_ms(at(95_000), at(100_000), at(100_400)), -4_001);
    }
}
