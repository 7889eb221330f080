//! Everything that goes wrong, when, and for whom: episodes of the year, and the daily losses of push.

use jiff::Timestamp;
use rand::Rng;
use rand::rngs::StdRng;

/// Whom an episode touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    All,
    Clinic(usize),
    Link(usize),
}

/// What goes wrong in an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ill {
    /// Nothing of Google answers.
    Outage,
    /// One call in eight fails in one of many ways, some after their work was done.
    Flaky,
    QuotaOfProject,
    QuotaOfUser,
    WatchRefused,
    WatchFails,
    StopFails,
    ListForbidden,
    ListGone,
    /// Every cursor is gone as soon as it is given.
    CursorsGone,
    HandshakeNever,
    /// Channels open that never deliver.
    Mute,
    ShortLives,
    /// Half of the notifications are lost.
    Losses,
    /// Every call hangs until it is given up.
    Hangs,
}

/// How often each strikes per year and 300 links, how long it lasts (minutes), and whom it touches.
pub const YEARLY: [(Ill, f64, u64, u64, Scope); 15] = [
    (Ill::Outage, 10.0, 2, 480, Scope::All),
    (Ill::Flaky, 12.0, 30, 1440, Scope::All),
    (Ill::QuotaOfProject, 12.0, 10, 120, Scope::All),
    (Ill::QuotaOfUser, 60.0, 10, 180, Scope::Clinic(0)),
    (Ill::WatchRefused, 30.0, 1440, 28_800, Scope::Link(0)),
    (Ill::WatchFails, 30.0, 60, 5760, Scope::Link(0)),
    (Ill::StopFails, 20.0, 60, 2880, Scope::Clinic(0)),
    (Ill::ListForbidden, 10.0, 60, 4320, Scope::Link(0)),
    (Ill::ListGone, 10.0, 60, 4320, Scope::Link(0)),
    (Ill::CursorsGone, 10.0, 60, 600, Scope::Link(0)),
    (Ill::HandshakeNever, 30.0, 60, 2880, Scope::Link(0)),
    (Ill::Mute, 20.0, 60, 2880, Scope::Link(0)),
    (Ill::ShortLives, 20.0, 1440, 14_400, Scope::Clinic(0)),
    (Ill::Losses, 20.0, 60, 1440, Scope::All),
    (Ill::Hangs, 10.0, 1440, 7200, Scope::Link(0)),
];

/// One spell of bad weather.
#[derive(Clone, Copy, Debug)]
pub struct Episode {
    pub ill: Ill,
    pub scope: Scope,
    pub until: Timestamp,
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Well,
    Refused {
        status: u16,
        reason: &'static str,
        retry_after_s: Option<u64>,
        applied: bool,
    },
    /// Never answered, or the answer is lost.
    Lost {
        applied: bool,
    },
    Unreachable,
    Html,
    Truncated,
    EmptyPage,
}

/// How a new channel is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Birth {
    pub no_handshake: bool,
    pub mute: bool,
    pub life_s: Option<i64>,
}

/// What becomes of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    Sent,
    Lost,
    Doubled,
    Late { ms: u64 },
}

/// The weather now.
#[derive(Debug, Default)]
pub struct Weather {
    /// Without it nothing ever goes wrong.
    pub rough: bool,
    episodes: Vec<Episode>,
}

impl Weather {
    pub fn begin(&mut self, episode: Episode) {
        self.episodes.push(episode);
    }

    pub fn pass(&mut self, now: Timestamp) {
        self.episodes.retain(|episode| episode.until > now);
    }

    /// Whether cursors of this link are gone at once.
    pub fn forgets(&self, clinic: usize, link: usize) -> bool {
        self.is(Ill::CursorsGone, clinic, Some(link))
    }

    /// Whether this goes on for the clinic and its link.
    pub fn is(&self, ill: Ill, clinic: usize, link: Option<usize>) -> bool {
        self.episodes.iter().any(|episode| {
            episode.ill == ill
                && match episode.scope {
                    Scope::All => true,
                    Scope::Clinic(of) => of == clinic,
                    Scope::Link(of) => Some(of) == link,
                }
        })
    }

    pub fn call(
        &self,
        operation: &str,
        clinic: usize,
        link: Option<usize>,
        rng: &mut StdRng,
    ) -> Fate {
        let is = |ill| self.is(ill, clinic, link);
        if is(Ill::Outage) {
            return match rng.random_range(0..4) {
                0 => Fate::Unreachable,
                1 => Fate::Lost { applied: false },
                2 => Fate::Html,
                _ => refused(503, "backendError"),
            };
        }
        if is(Ill::Hangs) {
            return Fate::Lost { applied: false };
        }
        if is(Ill::QuotaOfProject) && rng.random_bool(0.7) {
            return refused(403, "rateLimitExceeded");
        }
        if is(Ill::QuotaOfUser) && rng.random_bool(0.8) {
            return match rng.random_bool(0.5) {
                true => refused(403, "userRateLimitExceeded"),
                false => Fate::Refused {
                    status: 429,
                    reason: "rateLimitExceeded",
                    retry_after_s: Some(rng.random_range(5..600)),
                    applied: false,
                },
            };
        }
        if is(Ill::Flaky) && rng.random_bool(0.125) {
            return flaky(operation, rng);
        }
        match operation {
            "events.watch" if is(Ill::WatchRefused) => match link.unwrap_or_default() % 3 {
                0 => refused(400, "pushNotSupportedForRequestedResource"),
                1 => refused(401, "webhookUrlUnauthorized"),
                _ => refused(403, "forbiddenForNonOrganizer"),
            },
            "events.watch" if is(Ill::WatchFails) => refused(500, "backendError"),
            "channels.stop" if is(Ill::StopFails) => refused(500, "backendError"),
            "events.list" if is(Ill::ListForbidden) => refused(403, "forbidden"),
            "events.list" if is(Ill::ListGone) => refused(404, "notFound"),
            _ => Fate::Well,
        }
    }

    pub fn birth(&self, clinic: usize, link: usize, rng: &mut StdRng) -> Birth {
        let is = |ill| self.is(ill, clinic, Some(link));
        Birth {
            no_handshake: is(Ill::HandshakeNever),
            mute: is(Ill::Mute),
            life_s: is(Ill::ShortLives).then(|| rng.random_range(1_800..259_200)),
        }
    }

    pub fn post(&self, clinic: usize, link: usize, rng: &mut StdRng) -> Post {
        if !self.rough {
            return Post::Sent;
        }
        let losses = self.is(Ill::Losses, clinic, Some(link));
        match rng.random_range(0..200) {
            roll if losses && roll < 100 => Post::Lost,
            0..2 => Post::Lost,
            2..6 => Post::Doubled,
            // Seconds, so that later ones overtake it, up to hours.
            6..16 => Post::Late {
                ms: 1000 << rng.random_range(0..13),
            },
            _ => Post::Sent,
        }
    }
}

fn flaky(operation: &str, rng: &mut StdRng) -> Fate {
    match rng.random_range(0..8) {
        0 => refused(500, "backendError"),
        1 => Fate::Html,
        2 => Fate::Truncated,
        3 => Fate::Unreachable,
        4 => Fate::Lost { applied: true },
        5 => Fate::Lost { applied: false },
        6 if operation == "events.list" => Fate::EmptyPage,
        _ => Fate::Refused {
            status: 500,
            reason: "backendError",
            retry_after_s: None,
            applied: true,
        },
    }
}

fn refused(status: u16, reason: &'static str) -> Fate {
    Fate::Refused {
        status,
        reason,
        retry_after_s: None,
        applied: false,
    }
}
