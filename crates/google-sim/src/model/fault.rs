//! Faults by rule: which calls and notifications go wrong, how, and how often.

use rand::Rng;
use serde::{Deserialize, Serialize};

/// What a rule looks at; every absent field matches all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// The operation, such as `events.watch`, `events.*`, `oauth.token`, `push.change`, `push.handshake`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The HTTP method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The path, `*` standing for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The account's address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// The calendar's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calendar: Option<String>,
    /// The channel's id, `*` standing for anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Answers with a status and Google's body; `applied` does the work first and loses only the answer.
    Refuse {
        /// The HTTP status.
        status: u16,
        /// Google's reason; the usual one of the status when absent.
        #[serde(default)]
        reason: Option<String>,
        /// The sentence.
        #[serde(default)]
        message: Option<String>,
        /// Seconds for `Retry-After`.
        #[serde(default)]
        retry_after_s: Option<u64>,
        /// Does the work before refusing.
        #[serde(default)]
        applied: bool,
    },
    /// Answers an OAuth endpoint with its own error body.
    OauthError {
        /// Such as `invalid_grant`.
        error: String,
        /// The sentence.
        #[serde(default)]
        description: Option<String>,
    },
    /// A call: breaks the connection in the answer. A notification: never sends it.
    Drop {
        /// Does the work before breaking the connection.
        #[serde(default)]
        applied: bool,
    },
    /// Waits before answering or sending.
    Delay {
        /// Milliseconds.
        ms: u64,
        /// A call: does the work before waiting, so the answer is as old as it is late.
        #[serde(default)]
        applied: bool,
    },
    /// Never answers, or not for so long.
    Hang {
        /// Milliseconds; ten minutes when absent.
        #[serde(default)]
        ms: Option<u64>,
    },
    /// Sends a notification more than once.
    Duplicate {
        /// How many copies besides the first.
        #[serde(default = "one")]
        times: u32,
    },
    /// Holds a notification back so that later ones overtake it.
    Reorder {
        /// Milliseconds.
        #[serde(default = "second")]
        ms: u64,
    },
    /// Cuts the JSON of a good answer in half.
    Truncate,
    /// Answers with a proxy's HTML page.
    Html {
        /// The HTTP status.
        #[serde(default = "bad_gateway")]
        status: u16,
    },
    /// Grants only those of the asked-for scopes, or refreshes with only those of the granted.
    FewerScopes {
        /// Whole scopes, or their last part.
        keep: Vec<String>,
    },
    /// Grants a shorter life to a channel.
    Shorten {
        /// Seconds at most.
        ttl_s: i64,
    },
    /// Opens a channel whose handshake never comes.
    SilentHandshake,
    /// Opens a channel that never delivers anything.
    SilentChannel,
    /// Serves an empty page that is not the last.
    EmptyPage,
}

fn one() -> u32 {
    1
}

fn second() -> u64 {
    1_000
}

fn bad_gateway() -> u16 {
    502
}

/// A rule as it is posted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What it looks at.
    #[serde(default, rename = "match")]
    pub wanted: Match,
    /// What goes wrong.
    pub action: Action,
    /// How often it strikes; for ever when absent.
    #[serde(default)]
    pub count: Option<u32>,
    /// How many matches it lets pass first.
    #[serde(default)]
    pub skip: u32,
    /// How likely it strikes.
    #[serde(default = "certain")]
    pub probability: f64,
}

fn certain() -> f64 {
    1.0
}

/// A rule in force.
#[derive(Debug, Clone, Serialize)]
pub struct Standing {
    /// Its number.
    pub id: u64,
    /// How often it struck.
    pub struck: u64,
    /// The rule, with what is left of its count.
    #[serde(flatten)]
    pub rule: Rule,
}

/// What is about to happen.
#[derive(Debug, Clone, Default)]
pub struct Target<'a> {
    /// The operation's name.
    pub operation: &'a str,
    /// The HTTP method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The account's address.
    pub account: Option<&'a str>,
    /// The calendar's id.
    pub calendar: Option<&'a str>,
    /// The channel's id.
    pub channel: Option<&'a str>,
}

/// The rules in force, oldest first.
#[derive(Debug, Default)]
pub struct Faults {
    standing: Vec<Standing>,
    last_id: u64,
}

impl Faults {
    /// Puts a rule in force and returns its number.
    pub fn add(&mut self, rule: Rule) -> u64 {
        self.last_id += 1;
        self.standing.push(Standing {
            id: self.last_id,
            struck: 0,
            rule,
        });
        self.last_id
    }

    /// Ends a rule.
    pub fn remove(&mut self, id: u64) -> bool {
        let before = self.standing.len();
        self.standing.retain(|standing| standing.id != id);
        self.standing.len() != before
    }

    /// Ends every rule.
    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// The rules in force.
    pub fn all(&self) -> &[Standing] {
        &self.standing
    }

    /// The actions that strike `target`, in the order of their rules.
    pub fn strike(&mut self, target: &Target<'_>, rng: &mut impl Rng) -> Vec<Action> {
        let mut actions = Vec::new();
        for standing in &mut self.standing {
            if !standing.rule.wanted.matches(target) || standing.rule.count == Some(0) {
                continue;
            }
            if standing.rule.skip > 0 {
                standing.rule.skip -= 1;
                continue;
            }
            if standing.rule.probability < 1.0
                && !rng.random_bool(standing.rule.probability.clamp(0.0, 1.0))
            {
                continue;
            }
            if let Some(count) = &mut standing.rule.count {
                *count -= 1;
            }
            standing.struck += 1;
            actions.push(standing.rule.action.clone());
        }
        actions
    }
}

impl Match {
    fn matches(&self, target: &Target<'_>) -> bool {
        fits(self.operation.as_deref(), Some(target.operation))
            && fits(self.method.as_deref(), Some(target.method))
            && fits(self.path.as_deref(), Some(target.path))
            && fits(self.account.as_deref(), target.account)
            && fits(self.calendar.as_deref(), target.calendar)
            && fits(self.channel.as_deref(), target.channel)
    }
}

fn fits(pattern: Option<&str>, value: Option<&str>) -> bool {
    match (pattern, value) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(pattern), Some(value)) => glob(pattern, value),
    }
}

/// Whether `value` has the shape of `pattern`, `*` standing for anything.
fn glob(pattern: &str, value: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == value;
    };
    let Some(tail) = value.strip_prefix(head) else {
        return false;
    };
    (0..=tail.len())
        .filter(|at| tail.is_char_boundary(*at))
        .any(|at| glob(rest, &tail[at..]))
}
