//! A database that can't be reached: said at the start, answered with 503 while it lasts, and over by itself.

use reqwest::{Client, StatusCode};
use syncward_receiver::store::Store;

use crate::home::Home;
use crate::road::Road;
use crate::{Replica, command, seed, until};

const RESOURCE: &str = "resource-1";

#[test]
fn a_database_that_is_not_there_ends_the_start_with_its_name_and_a_remedy() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let database = format!("postgres://clinic:hunter2@{address}/syncward");
    let (mut serve, _folder) = command(&database, &[]);
    let done = serve.arg("serve").output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    for part in [
        "SYNCWARD_DATABASE_URL",
        &address.to_string(),
        "PostgreSQL runs",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_away_nothing_is_acknowledged_and_afterwards_all_goes_on() {
    let home = Home::in_postgres();
    let store = Store::open_at(&home.place()).unwrap();
    let link_id = seed::link(&store).await.unwrap();
    let channel = seed::channel(&store, link_id, "live", Some(RESOURCE));
    let channel_id = channel.await.unwrap();
    let database = home.database().unwrap();
    let server = url::Url::parse(database).unwrap();
    let server = format!("127.0.0.1:{}", server.port().unwrap());
    let road = Road::to(&[&server]).await;
    let replica = Replica::start(&database.replace(&server, &road.address), &[]);
    let (http, address) = (Client::new(), replica.address.clone());
    let post = async |number: u32| {
        let url = format!("http://{address}/webhooks/calendar/google");
        let request = http
            .post(url)
            .header("x-goog-channel-id", &channel_id)
            .header("x-goog-channel-token", seed::TOKEN)
            .header("x-goog-resource-id", RESOURCE)
            .header("x-goog-resource-state", "exists")
            .header("x-goog-message-number", number);
        request.send().await.unwrap().status()
    };
    assert_eq!(post(2).await, StatusCode::OK);

    road.close();
    assert_eq!(post(3).await, StatusCode::SERVICE_UNAVAILABLE);
    let ready = http.get(format!("http://{address}/readyz")).send().await;
    let ready = ready.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE);
    let why = ready.text().await.unwrap();
    assert!(why.contains("SYNCWARD_DATABASE_URL"), "{why}");

    road.open();
    until("it is taken again", async || {
        (post(3).await == StatusCode::OK).then_some(())
    })
    .await;
    until("it is ready again", async || {
        let ready = http.get(format!("http://{address}/readyz")).send().await;
        (ready.unwrap().status() == StatusCode::OK).then_some(())
    })
    .await;
    let stored = store.read(|connection| {
        let sql = "select count(*) from notification";
        Ok(connection.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(stored.await.unwrap(), 2);
}
