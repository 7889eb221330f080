//! Rules and quiet hours as a person reads and sets them.

use jiff::Timestamp;
use jiff::civil::Time;
use syncward_engine::alert::{Quiet, QuietHours, Rule, RuleError, Rules, Unit};

use super::{Alerts, QUIET_HOURS, RULES};
use crate::bridge::{AlertRule, AlertRules, QuietSpan, RulePart, RuleSetting, RuleUnit};
use crate::store::Store;
use crate::words::Language;

/// More spans than this are no quiet hours.
const MOST_SPANS: usize = 28;

/// Why rules or quiet hours can't be set so.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    #[error(transparent)]
    Rule(#[from] RuleError),
    #[error("set {given} parts of a rule that has {wanted}")]
    Parts { given: usize, wanted: usize },
    #[error("read {text:?} as a time like 20:00")]
    Time { text: String },
    #[error("read {weekday} as a weekday from 1 (Monday) to 7 (Sunday)")]
    Weekday { weekday: i8 },
    #[error("keep more than {MOST_SPANS} quiet hours")]
    TooMany,
}

/// The rules as a person set them, else as they come.
pub fn kept_rules(store: &Store) -> Rules {
    let kept: Option<(Rules, Timestamp)> = store.recall(RULES);
    kept.map(|known| known.0).unwrap_or_default()
}

/// How long an edit waits for Google before the rule tells of it, were nothing to begin soon.
pub fn unsent_after_s(rules: &Rules) -> u32 {
    u32::try_from(rules.outbound_after.as_secs()).unwrap_or(u32::MAX)
}

impl Alerts {
    /// As the rule says, also in a hurry.
    pub fn unsent_after_s(&self) -> u32 {
        unsent_after_s(&self.rules)
    }

    /// The rules in words, and quiet hours.
    pub fn rules(&self, language: Language) -> AlertRules {
        let days = &self.policy.quiet.days;
        AlertRules {
            rules: self
                .rules
                .sentences(language.into())
                .into_iter()
                .map(rule)
                .collect(),
            quiet_hours: days.iter().map(span).collect(),
            time_zone: self.zone.iana_name().unwrap_or("UTC").to_owned(),
        }
    }

    /// Sets one rule and keeps it.
    ///
    /// # Errors
    /// When a value does not fit.
    pub fn set_rule(
        &mut self,
        setting: &RuleSetting,
        store: &mut Store,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let rules = self.with(setting)?;
        store.remember(RULES, &rules, now);
        self.rules = rules;
        self.hurry_up();
        self.look_again_at = None;
        Ok(())
    }

    /// The rules, if one of them were set so.
    pub(super) fn with(&self, setting: &RuleSetting) -> Result<Rules, Refused> {
        let kind = setting.kind.into();
        let mut rules = self.rules.clone();
        let all = rules.sentences(Language::En.into());
        let known = all.iter().find(|rule| rule.kind == kind);
        let wanted = known.map_or(0, |rule| rule.parts.len());
        let given = setting.values.len();
        if wanted != given {
            return Err(Refused::Parts { given, wanted });
        }
        for (place, value) in setting.values.iter().enumerate() {
            rules.set(kind, place, *value)?;
        }
        rules.switch(kind, setting.on);
        Ok(rules)
    }

    /// Sets all quiet hours and keeps them.
    ///
    /// # Errors
    /// When a weekday or a time is none.
    pub fn set_quiet_hours(
        &mut self,
        days: &[QuietSpan],
        store: &mut Store,
        now: Timestamp,
    ) -> Result<(), Refused> {
        if days.len() > MOST_SPANS {
            return Err(Refused::TooMany);
        }
        let days = days.iter().map(quiet).collect::<Result<_, _>>()?;
        self.policy.quiet = QuietHours { days };
        store.remember(QUIET_HOURS, &self.policy.quiet, now);
        self.look_again_at = None;
        Ok(())
    }
}

fn rule(rule: Rule) -> AlertRule {
    let parts = rule.parts.iter().map(|part| RulePart {
        value: part.value,
        unit: match part.unit {
            Unit::Seconds => RuleUnit::Seconds,
            Unit::Minutes => RuleUnit::Minutes,
            Unit::Hours => RuleUnit::Hours,
            Unit::Changes => RuleUnit::Changes,
        },
        least: part.least,
        most: part.most,
    });
    AlertRule {
        kind: rule.kind.into(),
        on: rule.on,
        sentence: rule.sentence,
        parts: parts.collect(),
    }
}

fn span(quiet: &Quiet) -> QuietSpan {
    let clock = |time: Time| time.strftime("%H:%M").to_string();
    QuietSpan {
        weekday: quiet.weekday,
        from: clock(quiet.from),
        until: clock(quiet.until),
    }
}

fn quiet(span: &QuietSpan) -> Result<Quiet, Refused> {
    let weekday = span.weekday;
    if !(1..=7).contains(&weekday) {
        return Err(Refused::Weekday { weekday });
    }
    Ok(Quiet {
        weekday,
        from: time(&span.from)?,
        until: time(&span.until)?,
    })
}

fn time(text: &str) -> Result<Time, Refused> {
    Time::strptime("%H:%M", text).map_err(|_| Refused::Time {
        text: text.to_owned(),
    })
}
