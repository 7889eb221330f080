//! What the store takes, and what is left for it.

use std::path::Path;

use syncward_wire::receiver::{StoreHealth, StoreKind};

use super::{Place, Result, Shared, Store, folder};

impl Store {
    /// The database's kind and size, and what is free beside it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn health(&self) -> Result<StoreHealth> {
        let place = match &*self.shared {
            Shared::Threads(threads) => Some(threads.place.clone()),
            Shared::Single(_) => None,
        };
        let (kind, bytes, free_bytes) = match place {
            Some(Place::Folder(folder)) => {
                let looked = tokio::task::spawn_blocking(move || {
                    (size_in(&folder), fs4::available_space(&folder).ok())
                });
                let (bytes, free) = looked.await.unwrap_or_default();
                (StoreKind::Sqlite, bytes, free)
            }
            Some(Place::Postgres(_)) => {
                let asked = self.read(|connection| {
                    let sql = "select pg_database_size(current_database())";
                    let bytes: i64 = connection.query_row(sql, [], |row| row.get(0))?;
                    Ok(bytes.unsigned_abs())
                });
                (StoreKind::Postgres, Some(asked.await?), None)
            }
            None => (StoreKind::Sqlite, None, None),
        };
        Ok(StoreHealth {
            kind,
            bytes,
            free_bytes,
        })
    }
}

/// The database's file with those that SQLite keeps beside it.
fn size_in(home: &Path) -> Option<u64> {
    let path = folder::database(home);
    let size = |end: &str| std::fs::metadata(format!("{}{end}", path.display()));
    let beside = ["-wal", "-shm"].map(|end| size(end).map_or(0, |file| file.len()));
    let file = size("").ok()?.len();
    Some(file + beside.iter().sum::<u64>())
}
