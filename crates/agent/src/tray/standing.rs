//! How a calendar stands as the tray tells it: shape, word, and how much it wants a person. The window goes by the
//! same in `ui/src/lib/standing.ts`.

use jiff::{SignedDuration, Timestamp};
use syncward_wire::{Link, LinkState};

use super::expiry;
use crate::naming::span;
use crate::words::{Language, Word};

/// A renewal this long past its plan is late; the receiver retries at least hourly.
const LATE_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// The calendar's own state, or what outweighs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Own(LinkState),
    /// Polled, as it should be.
    ByDesign,
    /// Its renewal should have happened by now.
    Late,
    /// Cancellations wait for a person.
    Held,
    /// Edits of the clinic's system have long waited for Google.
    Unsent,
}

impl Standing {
    /// Edits wait for `unsent_after_s` before they count.
    pub(super) fn of(link: &Link, unsent_after_s: u32, now: Timestamp) -> Self {
        let own = match link.state {
            LinkState::Polling if is_by_design(link) || has_no_address(link) => Self::ByDesign,
            LinkState::Due if is_late(link, now) => Self::Late,
            state => Self::Own(state),
        };
        if link.held_cancellations > 0 && own.rank() < Self::Held.rank() {
            return Self::Held;
        }
        match is_unsent(link, unsent_after_s, now) && own.rank() < Self::Unsent.rank() {
            true => Self::Unsent,
            false => own,
        }
    }

    /// How much it wants a person; 0 is normal.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Own(LinkState::Expired | LinkState::ReconnectNeeded) => 6,
            Self::Own(LinkState::Unproved) | Self::Held => 5,
            Self::Late | Self::Unsent => 4,
            Self::Own(LinkState::Polling) => 3,
            Self::Own(LinkState::Due) => 2,
            Self::Own(LinkState::Paused) => 1,
            Self::Own(LinkState::Renewing | LinkState::Live) | Self::ByDesign => 0,
        }
    }

    /// Whether a new channel could help.
    pub(super) fn is_renewable(self) -> bool {
        match self {
            Self::Held | Self::Unsent => false,
            Self::Own(LinkState::ReconnectNeeded | LinkState::Paused) => false,
            Self::Own(_) | Self::Late | Self::ByDesign => true,
        }
    }

    /// Shape and word, so that no colour is needed.
    pub(super) fn said(self, link: &Link, language: Language, now: Timestamp) -> String {
        let left = expiry(link).map(|at| span(now, at, language));
        let (shape, word) = match (self, &left) {
            (Self::Own(LinkState::Due), Some(span)) => ("◐", Word::DueIn { span }),
            (Self::Own(LinkState::Due), None) => ("◐", Word::Due),
            (Self::Own(LinkState::Live), _) => ("●", Word::Live),
            (Self::Own(LinkState::Renewing), _) => ("●", Word::Renewing),
            (Self::Own(LinkState::Unproved), _) => ("▲", Word::Unproved),
            (Self::Own(LinkState::Polling) | Self::ByDesign, _) => ("◌", Word::Polling),
            (Self::Own(LinkState::Expired), _) => ("■", Word::Expired),
            (Self::Own(LinkState::ReconnectNeeded), _) => ("■", Word::Reconnect),
            (Self::Own(LinkState::Paused), _) => ("○", Word::Paused),
            (Self::Late, Some(span)) => ("▲", Word::LateExpiresIn { span }),
            (Self::Late, None) => ("▲", Word::Late),
            (Self::Held, _) => ("▲", Word::Held),
            (Self::Unsent, _) => ("▲", Word::Unsent),
        };
        format!("{shape} {}", language.say(word))
    }
}

/// Google offers no push for it, so polling is as it should be.
pub(super) fn is_by_design(link: &Link) -> bool {
    link.state == LinkState::Polling && is_because(link, "push_not_supported")
}

/// Google can't reach its receiver, which says so on its page.
fn has_no_address(link: &Link) -> bool {
    is_because(link, "no_public_address")
}

fn is_late(link: &Link, now: Timestamp) -> bool {
    let planned = link.channel.as_ref().and_then(|it| it.renews_at);
    planned.is_some_and(|at| {
        let past = now.duration_since(*at);
        past > LATE_AFTER || (past.is_positive() && is_because(link, "renewal_failing"))
    })
}

fn is_unsent(link: &Link, after_s: u32, now: Timestamp) -> bool {
    let after = SignedDuration::from_secs(after_s.into());
    let wait = link.outbound.as_ref();
    wait.is_some_and(|wait| now.duration_since(*wait.since_at) >= after)
}

fn is_because(link: &Link, code: &str) -> bool {
    let reason = link.reason.as_ref();
    reason.is_some_and(|reason| reason.code == code)
}
