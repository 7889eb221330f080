//! The change feed: what the clinic's own system reads to follow every appointment from its own place on.

use reqwest::Method;
use serde_json::{Value, json};

use crate::Both;

impl Both {
    /// Pages of two from a cursor on, until one is empty; what they told, and the cursor to go on from.
    async fn feed(&self, mut after: String) -> (Vec<(String, u64)>, String) {
        let (mut told, mut last) = (Vec::new(), after.parse::<i64>().unwrap());
        loop {
            let path = format!("/changes?after={after}&limit=2");
            let (status, page) = self
                .call(&self.system, Method::GET, &path, Value::Null)
                .await;
            assert_eq!(status, 200, "{page}");
            page["next"].as_str().unwrap().clone_into(&mut after);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 2, "{page}");
            if items.is_empty() {
                return (told, after);
            }
            for one in items {
                let seq = one["seq"].as_i64().unwrap();
                assert!(seq > last, "{seq} after {last}");
                last = seq;
                let id = one["appointment"]["id"].as_str().unwrap().to_owned();
                told.push((id, one["appointment"]["revision"].as_u64().unwrap()));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_told_once_and_the_feed_goes_on_where_it_was_left() {
    let both = Both::connected().await;
    let (told, start) = both.feed("0".to_owned()).await;
    assert!(told.is_empty(), "{told:?}");

    let ours = both.book(json!({})).await;
    both.until_nothing_waits().await;
    let event = json!({"summary": "Walk-in", "start": {"dateTime": "2030-05-08T09:00:00Z"}, "end": {"dateTime": "2030-05-08T09:30:00Z"}});
    both.edit_in_google(&event).await;
    both.until("the person's is here", || async {
        both.appointments().await.len() == 2
    })
    .await;
    both.change(&ours, json!({"title": "Cleaning, long"})).await;
    both.until_nothing_waits().await;
    // A run that finds only our own echo tells nothing.
    both.sync().await;

    let here = both.appointments().await;
    let walk_in = here.iter().find(|one| one["title"] == "Walk-in").unwrap();
    let id = |one: &Value| one["id"].as_str().unwrap().to_owned();
    let (told, there) = both.feed(start).await;
    // Each entry shows the appointment as it is now.
    let expected = [(id(&ours), 2), (id(walk_in), 1), (id(&ours), 2)];
    assert_eq!(told, expected);

    both.cancel(&ours).await;
    let (told, end) = both.feed(there).await;
    assert_eq!(told, [(id(&ours), 3)], "only what came since");
    assert!(both.feed(end).await.0.is_empty());
}
