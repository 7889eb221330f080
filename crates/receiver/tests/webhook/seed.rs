//! A clinic, its grant and link, and channels in any state, straight in a store.

use jiff::Timestamp;
use syncward_receiver::seal;
use syncward_receiver::store::clinic::Clinic;
use syncward_receiver::store::google_grant::Grant;
use syncward_receiver::store::link::NewLink;
use syncward_receiver::store::row::Id;
use syncward_receiver::store::sql::params;
use syncward_receiver::store::{self, Store};
use uuid::Uuid;

/// Every seeded channel's token.
pub const TOKEN: &str = "a-token-of-the-tests";

/// Makes a clinic with a working grant and a link that is watched.
pub async fn link(store: &Store) -> store::Result<Uuid> {
    let link_id = Uuid::now_v7();
    let clinic = Clinic {
        clinic_id: Uuid::now_v7(),
        name: "Elm Street".to_owned(),
        time_zone: "Europe/London".to_owned(),
        opening_hours: Vec::new(),
        made_at: Timestamp::now(),
    };
    let grant = Grant {
        google_grant_id: Uuid::now_v7(),
        clinic_id: clinic.clinic_id,
        account: "admin@clinic.example".to_owned(),
        refresh_token: None,
        scopes: Vec::new(),
        lost_reason: None,
        lost_at: None,
        ended_at: None,
        made_at: Timestamp::now(),
    };
    store
        .write(move |tx| {
            store::clinic::save(tx, &clinic)?;
            store::google_grant::save(tx, &grant)?;
            let link = NewLink {
                link_id,
                clinic_id: clinic.clinic_id,
                google_grant_id: grant.google_grant_id,
                google_calendar_id: "primary",
                calendar_name: "Elm Street",
            };
            store::link::insert(tx, &link, Timestamp::now())
        })
        .await?;
    Ok(link_id)
}

/// Makes a channel of the link in `state`, whose resource id is known already, or not yet.
pub async fn channel(
    store: &Store,
    link_id: Uuid,
    state: &'static str,
    resource_id: Option<&'static str>,
) -> store::Result<String> {
    let tail = Uuid::new_v4().simple().to_string();
    let channel_id = format!("clinic_{}_{}", Uuid::new_v4(), &tail[..8]);
    let made = channel_id.clone();
    store
        .write(move |tx| {
            store::channel::insert(tx, &made, link_id, &seal::hash(TOKEN), Timestamp::now())?;
            tx.execute(
                "update channel set state = ?, resource_id = ? where channel_id = ? and link_id = ?",
                params![state, resource_id, made, Id(link_id)],
            )?;
            Ok(())
        })
        .await?;
    Ok(channel_id)
}
