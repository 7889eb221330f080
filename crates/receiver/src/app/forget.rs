//! Forgetting a clinic: its channels are stopped, its consents revoked, every row of it deleted, and a receipt kept.

use std::sync::Arc;

use syncward_wire::{Deleted, Receipt};
use uuid::Uuid;

use super::{Actor, App, Changed, UseError};
use crate::store::row::{Id, Ms};
use crate::store::sql::params;
use crate::store::{self, receipt};
use crate::{clock, entropy};

impl App {
    /// Forgets a clinic for good. Google's refusals don't keep it: the receipt says what could not be stopped or revoked.
    ///
    /// # Errors
    /// `not_found`, `store_failed`.
    pub async fn forget_clinic(
        self: &Arc<Self>,
        by: Actor,
        clinic_id: Uuid,
    ) -> Result<Receipt, UseError> {
        let known = self
            .store
            .read(move |connection| store::clinic::find(connection, clinic_id));
        known.await?.ok_or_else(|| UseError::not_found("clinic"))?;
        let grants = self.store.read(store::google_grant::all).await?;
        let mut consents_left = 0;
        for grant in grants
            .into_iter()
            .filter(|grant| grant.clinic_id == clinic_id)
        {
            let revoked = self.end_grant(by.clone(), grant.google_grant_id).await?;
            consents_left += u32::from(!revoked);
        }
        let receipt = self.decide(move |tx| {
            let now = clock::now();
            let open = "select count(*), max(expires_at_ms) from channel join link using (link_id) where clinic_id = ? \
                        and state in ('opening', 'unproved', 'live', 'superseded') and expires_at_ms > ?";
            let (channels_left, end): (u32, Option<Ms>) =
                tx.query_row(open, params![Id(clinic_id), Ms(now)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?;
            let deleted = receipt::delete_clinic(tx, clinic_id)?;
            let receipt = Receipt {
                id: entropy::uuid(),
                clinic_id,
                at: now.into(),
                who: by.who.clone(),
                deleted: deleted
                    .into_iter()
                    .filter(|(_, rows)| *rows > 0)
                    .map(|(kind, rows)| Deleted {
                        kind: kind.to_owned(),
                        rows,
                    })
                    .collect(),
                consents_left,
                channels_left,
                channels_end_at: end.map(|at| at.0.into()),
            };
            receipt::insert(tx, &receipt)?;
            by.note(tx, Some(clinic_id), now)?;
            Ok(receipt)
        });
        let receipt = receipt.await?;
        self.store.forget_log().await?;
        self.tell(vec![Changed::Overview]);
        Ok(receipt)
    }
}
