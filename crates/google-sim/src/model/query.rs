//! The query parameters of one request.

use url::form_urlencoded;

use super::refusal::Refusal;

/// Decoded query parameters in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes a raw query.
    pub fn parse(raw: &str) -> Self {
        Self(
            form_urlencoded::parse(raw.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The last value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a parameter that may repeat.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
            .collect()
    }

    /// A boolean parameter, false when absent.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(invalid_parameter(name, other)),
        }
    }

    /// A whole-number parameter of at least one.
    pub fn count(&self, name: &str, default: usize, most: usize) -> Result<usize, Refusal> {
        match self.get(name).map(|text| (text, text.parse::<usize>())) {
            None => Ok(default),
            Some((_, Ok(count))) if count >= 1 => Ok(count.min(most)),
            Some((text, _)) => Err(invalid_parameter(name, text)),
        }
    }
}

/// 400 `invalidParameter` for one value.
pub fn invalid_parameter(name: &str, value: &str) -> Refusal {
    let message = format!("Invalid value '{value}' for parameter {name}.");
    Refusal::new(400, "invalidParameter", message).at_parameter(name)
}
