//! The OAuth doctor: why a grant ended or is about to, what says so, and what heals it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What a consent of an app in Google's *Testing* state lives.
const TESTING_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Google ends it to the minute; we notice with the next call.
const TESTING_NOTICED_WITHIN: SignedDuration = SignedDuration::from_hours(8);
/// A consent that lived longer was given to an app that is not, or no longer, in the *Testing* state.
pub const OUTLIVES_TESTING: SignedDuration = SignedDuration::from_hours(7 * 24 + 8);
/// A consent that nobody uses for so long ends.
const UNUSED: SignedDuration = SignedDuration::from_hours(180 * 24);
/// An end this near needs a person now.
const NEAR: SignedDuration = SignedDuration::from_hours(48);
/// Clocks this far apart spoil tokens and latencies.
const SKEW: Duration = Duration::from_secs(300);

/// One consent from its giving to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Life {
    pub began_at: Timestamp,
    /// When it ended, and Google's word for it.
    pub lost: Option<(Timestamp, String)>,
}

/// What is known of a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFacts {
    /// Its present consent.
    pub life: Life,
    /// The end that Google named when the consent was given.
    pub named_end_at: Option<Timestamp>,
    pub missing_scopes: usize,
    /// Earlier consents of the same OAuth client, this grant's and others', given after the last that outlived
    /// [`OUTLIVES_TESTING`].
    pub others: Vec<Life>,
    /// The last call under it that worked.
    pub used_at: Option<Timestamp>,
    /// Why the last run failed, if it did, in Google's word.
    pub last_failure: Option<String>,
    /// How far Google's clock is ahead of ours, in milliseconds, as its answers say.
    pub clock_ahead_ms: Option<i64>,
}

/// What ails a grant, as a stable word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ailment {
    None,
    /// The app is in Google's *Testing* state: consents end after seven days.
    TestingApp,
    /// Google named an end of the consent.
    LimitedConsent,
    MissingScope,
    /// Withdrawn by the person, or replaced after a hundred newer ones.
    Revoked,
    AdminBlock,
    WrongClient,
    Unused,
    ClockSkew,
}

/// The doctor's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    pub ailment: Ailment,
    /// What is the matter, and what says so.
    pub evidence: String,
    /// What to do; empty when nothing is.
    pub remedy: String,
    /// When the grant ends, as far as that can be foretold.
    pub ends_at: Option<Timestamp>,
}

impl Diagnosis {
    /// Whether a person is needed soon or now.
    pub fn is_urgent(&self, now: Timestamp) -> bool {
        match (self.ailment, self.ends_at) {
            (Ailment::None, _) => false,
            (Ailment::TestingApp | Ailment::LimitedConsent, Some(at)) => at <= now + NEAR,
            _ => true,
        }
    }
}

/// Whether OAuth's word is about a Google client that is set up wrongly: no new consent heals it.
pub fn blames_the_client(reason: &str) -> bool {
    matches!(
        reason,
        "invalid_client" | "unauthorized_client" | "deleted_client" | "disabled_client"
    )
}

/// Looks at a grant.
pub fn diagnose(now: Timestamp, facts: &GrantFacts) -> Diagnosis {
    let told = |ailment, evidence: String, remedy: &str| Diagnosis {
        ailment,
        evidence,
        remedy: remedy.to_owned(),
        ends_at: None,
    };
    if let Some((lost_at, reason)) = &facts.life.lost {
        return of_the_lost(*lost_at, reason, facts);
    }
    match facts.last_failure.as_deref() {
        Some(reason) if blames_the_client(reason) => {
            return told(
                Ailment::WrongClient,
                format!(
                    "Google does not accept the receiver's OAuth client, or not with this secret (Google: {reason})."
                ),
                "Check SYNCWARD_GOOGLE_CLIENT_ID and SYNCWARD_GOOGLE_CLIENT_SECRET on the receiver, and that the Google Cloud console \
                 shows the client as enabled; the consents stay good.",
            );
        }
        Some("insufficientPermissions" | "ACCESS_TOKEN_SCOPE_INSUFFICIENT") => return missing(1),
        Some(_) | None => {}
    }
    if facts.missing_scopes > 0 {
        return missing(facts.missing_scopes);
    }
    if let Some(ahead_ms) = facts.clock_ahead_ms
        && u128::from(ahead_ms.unsigned_abs()) > SKEW.as_millis()
    {
        let minutes = ahead_ms.unsigned_abs() / 60_000;
        return told(
            Ailment::ClockSkew,
            match ahead_ms > 0 {
                true => format!("The receiver's clock is {minutes} min behind Google's."),
                false => format!("The receiver's clock is {minutes} min ahead of Google's."),
            },
            "Let the machine set its clock by the network (timedatectl set-ntp true).",
        );
    }
    foretell(now, &facts.life, facts.named_end_at, &facts.others)
}

/// Of a grant that works: when it will end, as far as its own consent and the ended ones of the same OAuth client tell.
pub fn foretell(
    now: Timestamp,
    life: &Life,
    named_end_at: Option<Timestamp>,
    others: &[Life],
) -> Diagnosis {
    if let Some(ends_at) = named_end_at {
        let testing = is_testing_life(ends_at.duration_since(life.began_at));
        return Diagnosis {
            ailment: match testing {
                true => Ailment::TestingApp,
                false => Ailment::LimitedConsent,
            },
            evidence: match testing {
                true => "Google named an end seven days after the consent: the app is in its Testing state.".to_owned(),
                false => "Google named an end when the consent was given.".to_owned(),
            },
            remedy: match testing {
                true => PUBLISH.to_owned(),
                false => "Connect Google again before then.".to_owned(),
            },
            ends_at: Some(ends_at),
        };
    }
    let deaths = others.iter().filter(|life| died_of_testing(life)).count();
    if deaths > 0 {
        return Diagnosis {
            ailment: Ailment::TestingApp,
            evidence: match deaths {
                1 => "One consent of this app ended seven days after being given: it is in Google's Testing state.".to_owned(),
                _ => format!("{deaths} consents of this app ended seven days after being given: it is in Google's Testing state."),
            },
            remedy: PUBLISH.to_owned(),
            ends_at: life
                .began_at
                .checked_add(TESTING_LIFE)
                .ok()
                .filter(|at| *at > now),
        };
    }
    Diagnosis {
        ailment: Ailment::None,
        evidence: "Google honours the consent.".to_owned(),
        remedy: String::new(),
        ends_at: None,
    }
}

/// What heals the Testing state.
pub(crate) const PUBLISH: &str = "Publish the app in the Google Cloud console (OAuth consent screen, Publish app), then connect Google again.";

fn of_the_lost(lost_at: Timestamp, reason: &str, facts: &GrantFacts) -> Diagnosis {
    let told = |ailment, evidence: String, remedy: &str| Diagnosis {
        ailment,
        evidence,
        remedy: remedy.to_owned(),
        ends_at: None,
    };
    match reason {
        "invalid_rapt" | "rapt_required" => told(
            Ailment::AdminBlock,
            format!("The administrator of this account lets sessions end, and the consent with them (Google: {reason})."),
            "Ask the administrator to trust the app and to exempt trusted apps from session control in the Google Admin console \
             (Security, Google Cloud session control), then connect Google again.",
        ),
        "admin_policy_enforced" | "org_internal" | "access_denied" => told(
            Ailment::AdminBlock,
            format!("The administrator of this account does not allow the app (Google: {reason})."),
            "Ask the administrator to trust the app in the Google Admin console (Security, API controls), then connect Google again.",
        ),
        _ if blames_the_client(reason) => told(
            Ailment::WrongClient,
            format!("The consent was given to another OAuth client (Google: {reason})."),
            "Set SYNCWARD_GOOGLE_CLIENT_ID to the client that was used, or connect Google again.",
        ),
        _ if died_of_testing(&facts.life) => told(
            Ailment::TestingApp,
            "The consent ended seven days after it was given: the app is in Google's Testing state.".to_owned(),
            PUBLISH,
        ),
        _ if facts.used_at.is_some_and(|used_at| lost_at.duration_since(used_at) >= UNUSED) => told(
            Ailment::Unused,
            "Nothing had used the consent for half a year, after which Google ends it.".to_owned(),
            "Connect Google again.",
        ),
        _ => told(
            Ailment::Revoked,
            format!(
                "Somebody withdrew the consent, an administrator ended the session, the password was changed, or the account \
                 has given this app more than 100 newer consents (Google: {reason})."
            ),
            "Connect Google again; if it ends again, look at the account's third-party access (myaccount.google.com/permissions).",
        ),
    }
}

fn missing(scopes: usize) -> Diagnosis {
    Diagnosis {
        ailment: Ailment::MissingScope,
        evidence: match scopes {
            1 => "One of the two permissions is missing.".to_owned(),
            _ => format!("{scopes} permissions are missing."),
        },
        remedy: "Connect Google again and leave both boxes ticked.".to_owned(),
        ends_at: None,
    }
}

fn died_of_testing(life: &Life) -> bool {
    let Some((lost_at, reason)) = &life.lost else {
        return false;
    };
    reason == "invalid_grant" && is_testing_life(lost_at.duration_since(life.began_at))
}

/// Seven days, and the time until somebody noticed.
fn is_testing_life(life: SignedDuration) -> bool {
    life >= TESTING_LIFE - DAY / 24 && life <= TESTING_LIFE + TESTING_NOTICED_WITHIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(days: f64) -> Timestamp {
        #[expect(clippy::cast_possible_truncation, reason = "a test's hours")]
        let seconds = (days * 86_400.0) as i64;
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
    }

    fn life(began: f64, lost: Option<(f64, &str)>) -> Life {
        Life {
            began_at: day(began),
            lost: lost.map(|(at, reason)| (day(at), reason.to_owned())),
        }
    }

    fn facts(life: Life) -> GrantFacts {
        GrantFacts {
            life,
            named_end_at: None,
            missing_scopes: 0,
            others: Vec::new(),
            used_at: None,
            last_failure: None,
            clock_ahead_ms: None,
        }
    }

    fn ailment(facts: &GrantFacts) -> Ailment {
        diagnose(day(20.0), facts).ailment
    }

    #[test]
    fn a_death_on_the_seventh_day_is_the_testing_state_and_another_day_is_not() {
        assert_eq!(
            ailment(&facts(life(1.0, Some((8.01, "invalid_grant"))))),
            Ailment::TestingApp
        );
        assert_eq!(
            ailment(&facts(life(1.0, Some((7.0, "invalid_grant"))))),
            Ailment::Revoked
        );
        assert_eq!(
            ailment(&facts(life(1.0, Some((9.0, "invalid_grant"))))),
            Ailment::Revoked
        );
    }

    #[test]
    fn one_death_of_testing_foretells_the_next_of_any_grant_of_the_app() {
        let mut young = facts(life(18.0, None));
        young.others = vec![life(1.0, Some((8.1, "invalid_grant")))];
        let seen = diagnose(day(20.0), &young);
        assert_eq!(
            (seen.ailment, seen.ends_at),
            (Ailment::TestingApp, Some(day(25.0)))
        );
        assert!(!seen.is_urgent(day(20.0)) && seen.is_urgent(day(23.5)));
        young.others = vec![life(1.0, Some((5.0, "invalid_grant")))];
        assert_eq!(ailment(&young), Ailment::None);
    }

    #[test]
    fn the_end_that_google_names_is_believed() {
        let mut named = facts(life(18.0, None));
        named.named_end_at = Some(day(25.0));
        assert_eq!(ailment(&named), Ailment::TestingApp);
        named.named_end_at = Some(day(48.0));
        let seen = diagnose(day(20.0), &named);
        assert_eq!(
            (seen.ailment, seen.ends_at),
            (Ailment::LimitedConsent, Some(day(48.0)))
        );
    }

    #[test]
    fn each_of_googles_words_has_its_name() {
        for (reason, wanted) in [
            ("admin_policy_enforced", Ailment::AdminBlock),
            ("org_internal", Ailment::AdminBlock),
            ("invalid_rapt", Ailment::AdminBlock),
            ("rapt_required", Ailment::AdminBlock),
            ("unauthorized_client", Ailment::WrongClient),
            ("disabled_client", Ailment::WrongClient),
            ("invalid_grant", Ailment::Revoked),
        ] {
            assert_eq!(
                ailment(&facts(life(1.0, Some((4.0, reason))))),
                wanted,
                "{reason}"
            );
        }
        let mut idle = facts(life(-300.0, Some((15.0, "invalid_grant"))));
        idle.used_at = Some(day(-200.0));
        assert_eq!(ailment(&idle), Ailment::Unused);
    }

    #[test]
    fn what_works_badly_is_named_too() {
        let mut ill = facts(life(1.0, None));
        for reason in [
            "invalid_client",
            "unauthorized_client",
            "deleted_client",
            "disabled_client",
        ] {
            ill.last_failure = Some(reason.to_owned());
            assert_eq!(ailment(&ill), Ailment::WrongClient, "{reason}");
        }
        ill.last_failure = Some("backendError".to_owned());
        assert_eq!(ailment(&ill), Ailment::None);
        ill.clock_ahead_ms = Some(-600_000);
        let seen = diagnose(day(20.0), &ill);
        assert_eq!(seen.ailment, Ailment::ClockSkew);
        assert!(
            seen.evidence.contains("10 min ahead of"),
            "{}",
            seen.evidence
        );
        ill.missing_scopes = 1;
        assert_eq!(ailment(&ill), Ailment::MissingScope);
    }
}
