//! What the scenarios of alerts share: a desk with a clock, links in a state, and what was told.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use syncward_engine::alert::{
    Facts, Incident, Language, LinkFacts, Notice, Policy, Reader, ReceiverFacts, Severity,
};
use syncward_engine::view::LinkState;
use uuid::Uuid;

/// A desk in Berlin whose policy is asked now and then, as the agent does.
pub struct Desk {
    pub policy: Policy,
    pub zone: TimeZone,
    pub language: Language,
    now: Timestamp,
    known: Facts,
    began: bool,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            language: Language::En,
            now: at(0),
            known: Facts::default(),
            began: false,
        }
    }
}

impl Desk {
    /// Looks every minute at what it knew, and at `now` at these facts; everything that was told.
    pub fn observe(&mut self, now: Timestamp, facts: &Facts) -> Vec<Notice> {
        let known = std::mem::replace(&mut self.known, facts.clone());
        let until = now - SignedDuration::from_secs(1);
        let mut told: Vec<Notice> = match self.began {
            true => self
                .watch(until, &known)
                .into_iter()
                .map(|it| it.1)
                .collect(),
            false => Vec::new(),
        };
        self.began = true;
        self.now = now;
        let reader = Reader {
            zone: &self.zone,
            language: self.language,
        };
        told.extend(self.policy.observe(now, facts, reader));
        told
    }

    /// Looks at the same facts every minute until `until`; everything that was told, with its minute.
    pub fn watch(&mut self, until: Timestamp, facts: &Facts) -> Vec<(Timestamp, Notice)> {
        let mut told = Vec::new();
        while self.now < until {
            self.now = (self.now + SignedDuration::from_mins(1)).min(until);
            let reader = Reader {
                zone: &self.zone,
                language: self.language,
            };
            let notices = self.policy.observe(self.now, facts, reader);
            told.extend(notices.into_iter().map(|notice| (self.now, notice)));
        }
        told
    }

    /// The clock is set, or the computer slept: the next look is then.
    pub fn jump(&mut self, now: Timestamp) {
        self.now = now;
    }

    pub fn incident(&self, id: &str) -> Option<Incident> {
        let incidents = self.policy.incidents();
        incidents.into_iter().find(|it| it.id == id).cloned()
    }
}

/// Bubbles only: minute after the start, severity, title.
pub fn bubbles(told: &[(Timestamp, Notice)]) -> Vec<(i64, Severity, &str)> {
    let shows = told.iter().filter_map(|(at_, notice)| match notice {
        Notice::Show {
            severity, title, ..
        }
        | Notice::Digest {
            severity, title, ..
        } => {
            let minute = at_.duration_since(at(0)).as_mins();
            Some((minute, *severity, title.as_str()))
        }
        Notice::Close { .. } | Notice::Resolve { .. } => None,
    });
    shows.collect()
}

pub const HOUR: i64 = 60;
pub const DAY: i64 = 24 * HOUR;

/// Minutes after some Monday.
pub fn at(minute: i64) -> Timestamp {
    let monday = Timestamp::from_second(1_772_438_400).unwrap();
    monday + SignedDuration::from_mins(minute)
}

pub fn link(number: u128, state: LinkState) -> LinkFacts {
    LinkFacts {
        link_id: Uuid::from_u128(number),
        grant_id: Uuid::from_u128(99),
        receiver: "r".into(),
        clinic: "Nord".into(),
        calendar: format!("Room {number}"),
        state,
        code: None,
        cause: None,
        attempts: None,
        since_at: None,
        registered_at: Some(at(-5 * DAY)),
        expires_at: Some(at(2 * DAY)),
        renews_at: Some(at(60)),
        missed_24h: 0,
        held: 0,
        outbound: None,
        open_now: None,
    }
}

pub fn failing(number: u128, since: i64, expires: i64) -> LinkFacts {
    LinkFacts {
        code: Some("renewal_failing".into()),
        since_at: Some(at(since)),
        expires_at: Some(at(expires)),
        renews_at: Some(at(since)),
        ..link(number, LinkState::Due)
    }
}

pub fn facts(links: Vec<LinkFacts>) -> Facts {
    Facts {
        links,
        receivers: vec![ReceiverFacts {
            id: "r".into(),
            name: "clinic.example".into(),
            silent_since: None,
            shut_out: false,
            told_at: None,
            lag_p95_ms: None,
        }],
        endings: Vec::new(),
    }
}

pub fn silent(mut facts: Facts, since: i64) -> Facts {
    facts.receivers[0].silent_since = Some(at(since));
    facts
}

pub fn shown(notices: &[Notice]) -> Vec<(&str, &str, bool)> {
    let shows = notices.iter().filter_map(|notice| match notice {
        Notice::Show {
            incident,
            title,
            body,
            replaces,
            ..
        } => {
            assert!(title.chars().count() <= 40, "{title}");
            assert!(
                !title.contains('@') && !body.contains('@'),
                "{title}: {body}"
            );
            Some((incident.as_str(), title.as_str(), *replaces))
        }
        Notice::Digest { .. } | Notice::Close { .. } | Notice::Resolve { .. } => None,
    });
    shows.collect()
}

pub fn resolved(notices: &[Notice]) -> Vec<&str> {
    let ends = notices.iter().filter_map(|notice| match notice {
        Notice::Resolve { title, .. } => Some(title.as_str()),
        Notice::Show { .. } | Notice::Digest { .. } | Notice::Close { .. } => None,
    });
    ends.collect()
}
