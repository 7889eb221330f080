//! Google's quotas as we keep them: calls of a sliding minute per project and per user, and the pauses Google asks for.
//!
//! Counts and decides; never waits (that is [`seat`](super::seat)'s) and never calls. A user is a grant. Counted exactly
//! instead of by a leaky bucket: one that allows a burst of the whole budget lets nearly twice of it pass within one
//! sliding minute, can't say how much of it is used, and can't take from two budgets at once.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use syncward_engine::{Entropy, Failure, FailureClass};
use syncward_google::{QuotaOf, quota_of};
use tokio::sync::Notify;
use tokio::time::Instant;
use uuid::Uuid;

use crate::clock;
use crate::entropy::{self, SystemEntropy};

pub mod kept;

/// Seconds after which a call has surely left Google's sliding minute: it may lie anywhere in its own second.
const WINDOW_S: u64 = 61;
/// Our own time begins so long before us, to hold the calls of an earlier life.
const BEFORE: Duration = Duration::from_secs(2 * WINDOW_S);
/// First pause after a quota answer that names none; doubled up to [`PAUSE_MOST`] while such answers go on.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_MOST: Duration = PATIENCE;
/// A pause with more left than this is answered here at once, so that whoever asked hears of it.
const PATIENCE: Duration = Duration::from_secs(60);
/// When a second user hears of the same unnamed quota within this time, it is the project's.
const HEARD_TOGETHER: Duration = Duration::from_secs(60);

/// Calls per minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub project: u32,
    pub user: u32,
}

impl Default for Limits {
    /// What Google gives a project that asked for nothing else.
    fn default() -> Self {
        Self {
            project: 10_000,
            user: 600,
        }
    }
}

/// How much of a budget a call may find used up before it has to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Urgency {
    /// Keeps a channel: all of the budget.
    Channel,
    /// Somebody or something waits for it: nine tenths.
    Prompt,
    /// May as well come later: half, the spare quota.
    Spare,
}

impl Urgency {
    /// So many calls per minute of a budget.
    pub fn share(self, budget: u32) -> u32 {
        match self {
            Self::Channel => budget,
            Self::Prompt => budget - budget / 10,
            Self::Spare => budget.div_ceil(2),
        }
    }
}

/// Whether a call may be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Now; it is counted.
    Taken,
    /// Not before this moment.
    At(Instant),
    /// Google asked for a pause that is longer than anybody should wait here.
    Refused(Failure),
}

/// Both kinds of budgets, and what Google last said about them.
#[derive(Debug)]
pub struct Quotas {
    limits: Limits,
    began: Instant,
    state: Mutex<State>,
    /// Who we are among those that write calls down.
    writer: Uuid,
    /// There is something to write down.
    counted: Notify,
}

#[derive(Debug, Default)]
struct State {
    project: Budget,
    users: HashMap<Uuid, Budget>,
    /// Who last heard of a quota without being told whose, and when.
    unnamed: Option<(Uuid, Duration)>,
    /// Calls that are not written down yet, by grant and second since 1970.
    fresh: BTreeMap<(Option<Uuid>, i64), u32>,
    /// Whose pauses are not.
    paused_anew: BTreeSet<Option<Uuid>>,
    /// Calls of others that are counted here already, by grant and second since 1970.
    learnt: BTreeMap<(Option<Uuid>, i64), u32>,
}

/// How much is used, for `/metrics` and the forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Used {
    /// Calls of the last minute.
    pub project: u32,
    /// Those of the user who made the most.
    pub busiest_user: u32,
    /// Budgets that Google has paused.
    pub paused: u32,
}

impl Quotas {
    /// Full budgets.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            began: Instant::now(),
            state: Mutex::default(),
            writer: entropy::uuid(),
            counted: Notify::new(),
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed() + BEFORE
    }

    /// What may be used per minute.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes a call out of both budgets, or says when to ask again; without a grant only the project's counts.
    pub fn take(&self, grant: Option<Uuid>, urgency: Urgency) -> Turn {
        let now = self.now();
        let mut state = self.lock();
        let turn = state.turn(self.limits, now, grant, urgency);
        match turn {
            Wait::None => {
                state.count(grant, now);
                self.counted.notify_one();
                Turn::Taken
            }
            Wait::Until(at) => Turn::At(self.began + at.saturating_sub(BEFORE)),
            Wait::Refused(failure) => Turn::Refused(failure),
        }
    }

    /// How long it takes until there is spare quota; none when there is.
    pub fn until_spare(&self, grant: Uuid) -> Option<Duration> {
        let now = self.now();
        match self
            .lock()
            .turn(self.limits, now, Some(grant), Urgency::Spare)
        {
            Wait::None => None,
            Wait::Until(at) => Some(at.saturating_sub(now)),
            Wait::Refused(failure) => Some(left_of(&failure)),
        }
    }

    /// Counts a call that could not wait: the repetition with a fresh token.
    pub fn count(&self, grant: Uuid) {
        let now = self.now();
        self.lock().count(Some(grant), now);
        self.counted.notify_one();
    }

    /// Learns from an answer of Google's: a quota's pauses whom it concerns, any other ends the doubling.
    pub fn hear<T>(&self, grant: Option<Uuid>, answer: &Result<T, Failure>) {
        let now = self.now();
        let mut state = self.lock();
        let Err(failure) = answer else {
            return state.forgive(grant, now);
        };
        let Some(of) = quota_of(failure) else {
            return;
        };
        let of = state.whose(of, grant, now);
        let whom = grant.filter(|_| of != QuotaOf::Project);
        let budget = match whom {
            Some(grant) => state.users.entry(grant).or_default(),
            None => &mut state.project,
        };
        budget.pause(now, failure);
        state.paused_anew.insert(whom);
        self.counted.notify_one();
        tracing::warn!(
            grant.id = grant.map(tracing::field::display),
            reason = failure.reason,
            whose = ?of,
            "google asks for fewer calls"
        );
    }

    /// How much is used now.
    pub fn used(&self) -> Used {
        let now = self.now();
        let mut state = self.lock();
        let users = state.users.values_mut();
        let (mut busiest_user, mut paused) = (0, 0);
        for user in users {
            busiest_user = busiest_user.max(user.calls.used(now));
            paused += u32::from(user.is_paused(now));
        }
        Used {
            project: state.project.calls.used(now),
            busiest_user,
            paused: paused + u32::from(state.project.is_paused(now)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Wait {
    None,
    Until(Duration),
    Refused(Failure),
}

impl State {
    fn turn(
        &mut self,
        limits: Limits,
        now: Duration,
        grant: Option<Uuid>,
        urgency: Urgency,
    ) -> Wait {
        let user = grant.map(|grant| self.users.entry(grant).or_default());
        let budgets = [
            Some((&mut self.project, limits.project)),
            user.map(|user| (user, limits.user)),
        ];
        let mut until = None;
        for (budget, limit) in budgets.into_iter().flatten() {
            if let Some((paused_until, failure)) = &budget.paused
                && *paused_until > now
            {
                let left = *paused_until - now;
                if left > PATIENCE {
                    return Wait::Refused(again_after(failure, left));
                }
                until = until.max(Some(*paused_until));
            }
            until = until.max(budget.calls.free_at(now, urgency.share(limit)));
        }
        until.map_or(Wait::None, Wait::Until)
    }

    fn count(&mut self, grant: Option<Uuid>, now: Duration) {
        self.project.calls.count(now);
        let second = clock::now().as_second();
        *self.fresh.entry((grant, second)).or_default() += 1;
        if let Some(grant) = grant {
            self.users.entry(grant).or_default().calls.count(now);
        }
    }

    fn forgive(&mut self, grant: Option<Uuid>, now: Duration) {
        let user = grant.and_then(|grant| self.users.get_mut(&grant));
        for budget in [Some(&mut self.project), user].into_iter().flatten() {
            if !budget.is_paused(now) {
                (budget.paused, budget.refusals) = (None, 0);
            }
        }
    }

    /// An unnamed quota may be one user's doing, and one user must not delay the others; a second one who hears of
    /// it tells that it is the project's.
    fn whose(&mut self, of: QuotaOf, grant: Option<Uuid>, now: Duration) -> QuotaOf {
        let (QuotaOf::Unnamed, Some(grant)) = (of, grant) else {
            return of;
        };
        let before = self.unnamed.replace((grant, now));
        match before {
            Some((other, at)) if other != grant && now - at <= HEARD_TOGETHER => QuotaOf::Project,
            Some(_) | None => QuotaOf::User,
        }
    }
}

/// One budget: its calls and its pause.
#[derive(Debug, Default)]
struct Budget {
    calls: Calls,
    paused: Option<(Duration, Failure)>,
    /// Quota answers in a row, each to a call that was made after the pause before it.
    refusals: u32,
}

impl Budget {
    fn is_paused(&self, now: Duration) -> bool {
        self.paused.as_ref().is_some_and(|(until, _)| *until > now)
    }

    fn pause(&mut self, now: Duration, failure: &Failure) {
        let asked = match failure.class {
            FailureClass::Transient { retry_after } => retry_after,
            _ => None,
        };
        let own = match self.is_paused(now) {
            // The answer to a call that was under way already.
            true => Duration::ZERO,
            false => {
                self.refusals += 1;
                let doubled = PAUSE_FIRST.saturating_mul(1 << (self.refusals - 1).min(10));
                let whole = doubled.min(PAUSE_MOST);
                // Receivers that share a project do not come back in the same moment.
                let quarter_ms = u64::try_from(whole.as_millis() / 4).unwrap_or(1).max(1);
                whole - Duration::from_millis(SystemEntropy.next_u64() % quarter_ms)
            }
        };
        let until = now + asked.unwrap_or_default().max(own);
        if self
            .paused
            .as_ref()
            .is_none_or(|(before, _)| *before < until)
        {
            self.paused = Some((until, failure.clone()));
        }
    }
}

/// Calls per second of the last minute, oldest first.
#[derive(Debug, Default)]
struct Calls {
    seconds: VecDeque<(u64, u32)>,
    total: u32,
}

impl Calls {
    fn count(&mut self, now: Duration) {
        self.forget(now);
        self.total += 1;
        match self.seconds.back_mut() {
            Some((second, count)) if *second == now.as_secs() => *count += 1,
            Some(_) | None => self.seconds.push_back((now.as_secs(), 1)),
        }
    }

    /// Counts what was made in an earlier second.
    fn insert(&mut self, second: u64, calls: u32) {
        self.total += calls;
        let place = self.seconds.partition_point(|(known, _)| *known < second);
        match self.seconds.get_mut(place) {
            Some((known, count)) if *known == second => *count += calls,
            Some(_) | None => self.seconds.insert(place, (second, calls)),
        }
    }

    fn used(&mut self, now: Duration) -> u32 {
        self.forget(now);
        self.total
    }

    /// When fewer than `most` are left; none when that is so.
    fn free_at(&mut self, now: Duration, most: u32) -> Option<Duration> {
        self.forget(now);
        let mut left = self.total;
        let mut oldest = self.seconds.iter();
        let mut at = None;
        while left >= most.max(1) {
            let (second, count) = oldest.next()?;
            left -= count;
            at = Some(Duration::from_secs(second + WINDOW_S));
        }
        at
    }

    fn forget(&mut self, now: Duration) {
        while let Some((second, count)) = self.seconds.front()
            && second + WINDOW_S <= now.as_secs()
        {
            self.total -= count;
            self.seconds.pop_front();
        }
    }
}

/// Google's own words, with what is left of the pause.
fn again_after(failure: &Failure, left: Duration) -> Failure {
    Failure {
        class: FailureClass::Transient {
            retry_after: Some(left),
        },
        ..failure.clone()
    }
}

fn left_of(failure: &Failure) -> Duration {
    match failure.class {
        FailureClass::Transient { retry_after } => retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests;
