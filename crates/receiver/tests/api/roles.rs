//! The matrix of roles on each path of the description, and the order of refusals.

use syncward_receiver::api;
use syncward_wire::Role;
use uuid::Uuid;

use crate::{House, json, refused};

const ROLES: [Role; 4] = [Role::Viewer, Role::Operator, Role::Admin, Role::Integration];

/// Who may call, written down apart from the router.
fn allowed(method: &str, path: &str) -> &'static [Role] {
    if path.starts_with("/appointments")
        || path == "/changes"
        || path.starts_with("/webhook-endpoints")
    {
        return &[Role::Integration];
    }
    let admin_reads = [
        "/devices",
        "/audit",
        "/grants/{id}/calendars",
        "/receipts",
        "/receipts/{id}",
    ];
    if method == "get" && !admin_reads.contains(&path) {
        return &[Role::Viewer, Role::Operator, Role::Admin];
    }
    if method == "post" && path.starts_with("/links/") {
        return &[Role::Operator, Role::Admin];
    }
    &[Role::Admin]
}

#[tokio::test]
async fn each_path_admits_its_roles_only() {
    let house = House::new().await;
    let document = api::openapi(&house.app);
    let mut tokens = Vec::new();
    for role in ROLES {
        tokens.push((role, house.token(role).await));
    }
    let mut calls = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in ["get", "post", "patch", "delete"] {
            if methods.get(method).is_none() || path == "/pair" {
                continue;
            }
            calls += 1;
            let at = path.replace("{id}", &Uuid::new_v4().to_string());
            let verb = method.to_uppercase();
            let answer = house.ask(&verb, &at, None, "").await;
            assert_eq!(refused(answer, 401).await, "token_missing", "{verb} {path}");
            let answer = house.ask(&verb, &at, Some("no such"), "").await;
            assert_eq!(refused(answer, 401).await, "token_invalid", "{verb} {path}");
            for (role, token) in &tokens {
                // A broken body: authorisation must not depend on it.
                let answer = house.ask(&verb, &at, Some(token), "{").await;
                let status = answer.status().as_u16();
                if allowed(method, path).contains(role) {
                    assert!(
                        status < 500 && status != 401 && status != 403,
                        "{verb} {path} as {role:?}: {status}"
                    );
                } else {
                    assert_eq!(
                        refused(answer, 403).await,
                        "role_too_low",
                        "{verb} {path} as {role:?}"
                    );
                }
            }
        }
    }
    assert!(calls > 30, "{calls} calls described");
}

#[tokio::test]
async fn no_higher_role_opens_what_is_the_clinics_systems() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let remedy = async |path: &str, token: &str| {
        let problem = json(house.ask("GET", path, Some(token), "").await).await;
        problem["action"].as_str().unwrap().to_owned()
    };
    let told = remedy("/appointments", &admin).await;
    assert!(told.contains("--role integration"), "{told}");
    let viewer = house.token(Role::Viewer).await;
    let told = remedy("/devices", &viewer).await;
    assert!(told.contains("higher role"), "{told}");
}

#[tokio::test]
async fn existence_comes_before_the_body() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let integration = house.token(Role::Integration).await;
    let id = Uuid::new_v4();
    for (method, path, token) in [
        ("PATCH", format!("/clinics/{id}"), &admin),
        ("POST", format!("/clinics/{id}/grants"), &admin),
        ("POST", format!("/clinics/{id}/links"), &admin),
        ("PATCH", format!("/appointments/{id}"), &integration),
    ] {
        refused(house.ask(method, &path, Some(token), "{").await, 404).await;
    }
    refused(house.ask("GET", "/nothing", Some(&admin), "").await, 404).await;
}

#[tokio::test]
async fn an_unknown_field_is_refused() {
    let house = House::new().await;
    let admin = house.token(Role::Admin).await;
    let good = r#"{"name":"Elm","time_zone":"Europe/London"}"#;
    let answer = house.ask("POST", "/clinics", Some(&admin), good).await;
    assert_eq!(answer.status(), 201);
    let odd = r#"{"name":"Elm","time_zone":"Europe/London","colour":"red"}"#;
    let answer = house.ask("POST", "/clinics", Some(&admin), odd).await;
    let status = answer.status().as_u16();
    assert!((400..500).contains(&status), "{status}");
    refused(answer, status).await;
    let listed = json(house.ask("GET", "/clinics", Some(&admin), "").await).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}
