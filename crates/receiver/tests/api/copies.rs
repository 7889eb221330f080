//! A copy opens only with the key it was made under, and whole.

use serde_json::json;
use syncward_receiver::seal::Seal;
use syncward_receiver::store::{StoreError, copy};
use syncward_wire::Role;

use crate::House;
use crate::home::Home;

#[tokio::test]
async fn a_copy_goes_back_only_where_its_key_is() {
    let house = House::in_home(Home::in_folder()).await;
    let system = house.token(Role::Integration).await;
    let draft = json!({"link_id": house.link().await, "title": "marker-of-a-title",
        "start": "2030-05-06T10:00:00Z", "end": "2030-05-06T10:30:00Z"});
    let made = house
        .ask("POST", "/appointments", Some(&system), &draft.to_string())
        .await;
    assert_eq!(made.status(), 201);
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("copy.db");
    let copied = copy::backup(house.home.folder(), &file).unwrap();
    assert_eq!((copied.links, copied.appointments), (1, 1));
    let bytes = std::fs::read(&file).unwrap();
    let marker = b"marker-of-a-title";
    assert!(
        !bytes.windows(marker.len()).any(|part| part == marker),
        "sealed in the copy too"
    );

    let target = elsewhere.path().join("data");
    let other = Seal::in_folder(elsewhere.path()).unwrap();
    let refused = copy::restore(&target, &file, &other, false);
    assert!(
        matches!(refused, Err(StoreError::OtherKey(_))),
        "{refused:?}"
    );
    assert!(!target.join("syncward.db").exists());
    let restored = copy::restore(&target, &file, &house.app.seal, false).unwrap();
    assert_eq!(restored.appointments, 1);
}
