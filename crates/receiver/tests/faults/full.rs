//! SQLite says that the disk is full and undoes the whole group: nobody is told what is not so.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures_util::future::join_all;
use syncward_receiver::app::UseError;
use syncward_receiver::config::Wishes;
use syncward_receiver::serve;
use syncward_receiver::store::{Store, StoreError, sql};
use tower::ServiceExt;

use crate::seed;

const RESOURCE: &str = "resource-1";

#[tokio::test]
async fn what_sqlite_undid_is_503_and_what_it_committed_200() {
    let folder = tempfile::tempdir().unwrap();
    let wishes = Wishes {
        data_dir: Some(folder.path().to_owned()),
        google_client_id: Some("tests".into()),
        ..Wishes::default()
    };
    let config = wishes.check().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let link_id = seed::link(&store).await.unwrap();
    let channel = seed::channel(&store, link_id, "live", Some(RESOURCE));
    let channel_id = channel.await.unwrap();
    let app = serve::build(config, store).await.unwrap();
    let post = |number: u64| {
        let request = Request::post("/webhooks/calendar/google")
            .header("x-goog-channel-id", &channel_id)
            .header("x-goog-channel-token", seed::TOKEN)
            .header("x-goog-resource-id", RESOURCE)
            .header("x-goog-resource-state", "exists")
            .header("x-goog-message-number", number);
        let router = serve::router(&app, false);
        async move {
            let answer = router.oneshot(request.body(Body::empty()).unwrap()).await;
            (number, answer.unwrap().status())
        }
    };
    // Pages the writer may use: no more than there are.
    let limit = |spare: i64| {
        app.store.write(move |tx| {
            let pages: i64 = tx.query_row("pragma page_count", [], |row| row.get(0))?;
            let sql = format!("pragma max_page_count = {}", pages + spare);
            Ok(tx.query_row(&sql, [], |row| row.get::<_, i64>(0))?)
        })
    };
    limit(0).await.unwrap();
    let mut answers = Vec::new();
    // Side by side, so that a group holds both what fits and what does not.
    for round in 0..8 {
        answers.extend(join_all((1..=50).map(|number| post(round * 50 + number))).await);
    }
    let refused: Vec<u64> = of(&answers, StatusCode::SERVICE_UNAVAILABLE);
    let accepted: Vec<u64> = of(&answers, StatusCode::OK);
    assert_eq!(refused.len() + accepted.len(), answers.len());
    assert!(!refused.is_empty() && !accepted.is_empty());
    assert_eq!(stored(&app.store).await, accepted);
    let large = app.store.write(|tx| {
        let sql = "insert into audit (public_id, who, what, result, hash, at_ms) values (1, ?, 2, 3, 4, 5)";
        Ok(tx.execute(sql, sql::params!["x".repeat(100_000)])?)
    });
    let full = large.await.unwrap_err();
    assert!(matches!(&full, StoreError::Full(Some(at)) if at == folder.path()));
    let held = folder.path().display();
    assert_eq!(
        full.to_string(),
        format!(
            "the disk that holds {held} is full: free space there, and the receiver goes on by itself"
        )
    );
    let told = UseError::from(full);
    assert_eq!((told.status, told.code), (503, "disk_full"));
    assert_eq!(
        told.message,
        format!("The receiver's disk, which holds {held}, is full; nothing was changed.")
    );
    assert!(told.action.starts_with("Free space there"), "{told:?}");

    limit(10_000).await.unwrap();
    let again = join_all(refused.iter().map(|number| post(*number))).await;
    assert_eq!(of(&again, StatusCode::OK), refused);
    assert_eq!(stored(&app.store).await.len(), answers.len());
}

fn of(answers: &[(u64, StatusCode)], status: StatusCode) -> Vec<u64> {
    let such = answers.iter().filter(|(_, one)| *one == status);
    such.map(|(number, _)| *number).collect()
}

async fn stored(store: &Store) -> Vec<u64> {
    let sql = "select message_number from notification order by message_number";
    let read = store.read(move |connection| {
        let mut statement = connection.prepare_cached(sql)?;
        let rows = statement.query_map([], |row| row.get::<_, i64>(0))?;
        Ok(rows.collect::<sql::Result<Vec<_>>>()?)
    });
    let numbers = read.await.unwrap();
    numbers.into_iter().map(i64::cast_unsigned).collect()
}
