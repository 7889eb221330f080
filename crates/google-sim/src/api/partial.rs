//! Partial answers: the `fields` parameter, such as `items(id,status),nextPageToken`.

use serde_json::{Map, Value};

use super::Answer;
use crate::model::query::invalid_parameter;

/// What a mask keeps of one object: names, each with the mask of what lies below.
#[derive(Debug, Default, PartialEq, Eq)]
struct Mask(Vec<(String, Mask)>);

/// Keeps of a good answer what the mask names.
pub fn apply(answer: Answer, fields: Option<&str>) -> Answer {
    let Some(text) = fields.filter(|_| answer.status == 200) else {
        return answer;
    };
    let Some(mask) = read(text) else {
        return invalid_parameter("fields", text).into();
    };
    let body = answer.body.map(|body| mask.keep(body));
    Answer { body, ..answer }
}

impl Mask {
    fn keep(&self, value: Value) -> Value {
        if self.0.is_empty() {
            return value;
        }
        match value {
            Value::Array(items) => items.into_iter().map(|item| self.keep(item)).collect(),
            Value::Object(fields) => Value::Object(self.keep_fields(fields)),
            plain => plain,
        }
    }

    fn keep_fields(&self, fields: Map<String, Value>) -> Map<String, Value> {
        let below = |name: &str| {
            self.0
                .iter()
                .find(|(wanted, _)| wanted == "*" || wanted == name)
                .map(|(_, mask)| mask)
        };
        let kept = fields.into_iter().filter_map(|(name, value)| {
            let mask = below(&name)?;
            Some((name, mask.keep(value)))
        });
        kept.collect()
    }
}

fn read(text: &str) -> Option<Mask> {
    let mut rest = text;
    let mask = read_list(&mut rest)?;
    rest.is_empty().then_some(mask)
}

fn read_list(rest: &mut &str) -> Option<Mask> {
    let mut mask = Mask::default();
    loop {
        mask.0.push(read_one(rest)?);
        match rest.strip_prefix(',') {
            Some(next) => *rest = next.trim_start(),
            None => return Some(mask),
        }
    }
}

fn read_one(rest: &mut &str) -> Option<(String, Mask)> {
    let end = rest.find([',', '(', ')', '/']).unwrap_or(rest.len());
    let name = rest[..end].trim().to_owned();
    *rest = &rest[end..];
    if name.is_empty() {
        return None;
    }
    if let Some(next) = rest.strip_prefix('(') {
        *rest = next;
        let below = read_list(rest)?;
        *rest = rest.strip_prefix(')')?;
        return Some((name, below));
    }
    if let Some(next) = rest.strip_prefix('/') {
        *rest = next;
        return Some((name, Mask(vec![read_one(rest)?])));
    }
    Some((name, Mask::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_mask_keeps_what_it_names() {
        let answer = Answer::ok(
            json!({ "kind": "k", "items": [{ "id": 1, "start": { "date": "d", "x": 2 } }], "nextPageToken": "t" }),
        );
        let kept = apply(answer, Some("items(id,start/date),nextPageToken"));
        assert_eq!(
            kept.body,
            Some(json!({ "items": [{ "id": 1, "start": { "date": "d" } }], "nextPageToken": "t" }))
        );
    }

    #[test]
    fn a_broken_mask_is_refused() {
        assert_eq!(apply(Answer::ok(json!({})), Some("items(id")).status, 400);
    }
}
