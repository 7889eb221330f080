//! What the generated description does not say by itself: who may call, every way to be refused, and names.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// Which role each call needs, by path and method; those absent are open to all.
pub type Roles = BTreeMap<(String, String), &'static str>;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The calls of a description.
pub fn calls(described: &utoipa::openapi::OpenApi) -> Vec<(String, String)> {
    let described = serde_json::to_value(described).unwrap_or_default();
    let mut calls = Vec::new();
    for (path, item) in described["paths"].as_object().into_iter().flatten() {
        let methods = METHODS.iter().filter(|method| item.get(method).is_some());
        calls.extend(methods.map(|method| (path.clone(), (*method).to_owned())));
    }
    calls
}

/// The whole description.
pub fn finished(described: &utoipa::openapi::OpenApi, roles: &Roles) -> Value {
    let mut document = serde_json::to_value(described).unwrap_or_default();
    document["servers"] = json!([{"url": "/api/v1"}]);
    document["components"]["securitySchemes"] = json!({"device_token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a paired device. Roles: viewer, operator and admin each include the one before; \
                        integration is apart, for the clinic's own system."
    }});
    document["tags"] = json!([
        {"name": "public", "description": "Needs no token."},
        {"name": "viewer", "description": "Reads what is watched."},
        {"name": "operator", "description": "Acts on calendars."},
        {"name": "admin", "description": "Sets up clinics, consents, calendars and devices, and controls the receiver."},
        {"name": "integration", "description": "The clinic's own system, and nobody else."}
    ]);
    document["info"]["license"] =
        json!({"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"});
    for (name, schema) in each(&mut document["components"]["schemas"]) {
        if let Some(item) = name.strip_prefix("Page_") {
            let item = format!("#/components/schemas/{item}");
            schema["properties"]["items"]["items"] = json!({"$ref": item});
        }
    }
    for (path, item) in each(&mut document["paths"]) {
        for (method, call) in each(item).filter(|(method, _)| METHODS.contains(&method.as_str())) {
            let role = roles.get(&(path.clone(), method.clone())).copied();
            finish(path, method, role, call);
        }
    }
    document
}

fn each(value: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    value.as_object_mut().into_iter().flat_map(Map::iter_mut)
}

fn finish(path: &str, method: &str, role: Option<&str>, call: &mut Value) {
    let words: Vec<&str> = path
        .split(['/', '-', '.'])
        .map(|part| part.trim_matches(['{', '}']))
        .filter(|part| !part.is_empty())
        .collect();
    call["operationId"] = json!(format!("{method}_{}", words.join("_")));
    call["tags"] = json!([role.unwrap_or("public")]);
    let mut refusals = vec!["503"];
    match role {
        Some(_) => {
            call["security"] = json!([{"device_token": []}]);
            refusals.extend(["401", "403"]);
        }
        None => call["security"] = json!([]),
    }
    let parameters = call.get_mut("parameters").and_then(Value::as_array_mut);
    let mut places = Vec::new();
    for parameter in parameters.into_iter().flatten() {
        places.push(parameter["in"].as_str().unwrap_or_default().to_owned());
        without_null(&mut parameter["schema"]);
        if parameter["in"] == "path" && parameter["description"].is_null() {
            parameter["description"] = json!(format!("Which {}.", thing(path)));
        }
        if parameter["name"] == "Idempotency-Key" {
            parameter["schema"] = json!({"type": "string", "minLength": 1, "maxLength": 255});
        }
    }
    if places.iter().any(|place| place == "query") {
        refusals.extend(["400", "422"]);
    }
    if places.iter().any(|place| place == "path") {
        refusals.push("404");
    }
    if call.get("requestBody").is_some() {
        refusals.extend(["400", "413", "422"]);
    }
    for status in refusals {
        if call["responses"].get(status).is_none() {
            call["responses"][status] = json!({});
        }
    }
    for (status, answer) in each(&mut call["responses"]) {
        if answer["description"]
            .as_str()
            .unwrap_or_default()
            .is_empty()
        {
            answer["description"] = json!(meaning(status));
        }
        if status.starts_with(['4', '5']) {
            let problem = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            answer["content"] = json!({"application/problem+json": problem});
        }
    }
}

/// What a path's id is of: the word before it, of one.
fn thing(path: &str) -> String {
    let before = path.split("/{").next().unwrap_or_default();
    let words = before.rsplit('/').next().unwrap_or_default();
    words.trim_end_matches('s').replace('-', " ")
}

/// A parameter that may be left out is not null.
fn without_null(schema: &mut Value) {
    let inner = schema["oneOf"].as_array().cloned().unwrap_or_default();
    if let Some(kind) = inner.into_iter().find(|kind| kind["type"] != "null") {
        *schema = kind;
    }
    if let Some(kinds) = schema["type"].as_array() {
        let kind = kinds.iter().find(|kind| *kind != "null").cloned();
        schema["type"] = kind.unwrap_or_else(|| json!("string"));
    }
}

fn meaning(status: &str) -> &'static str {
    match status {
        "200" => "Done.",
        "201" => "Made.",
        "202" => "Under way; follow the operation.",
        "204" => "Done.",
        "400" => "The body is no JSON.",
        "401" => "No token, or one that is unknown, revoked or expired.",
        "403" => "The role does not allow it.",
        "404" => "There is no such thing.",
        "409" => "It does not fit the state of things.",
        "410" => "It took too long.",
        "413" => "The body is too large.",
        "422" => "A field or parameter does not fit; the problem names it.",
        "429" => "Too many tries; see `Retry-After`.",
        "502" => "Google could not be reached.",
        "503" => "The receiver's store can't do it now.",
        _ => "See the status.",
    }
}
