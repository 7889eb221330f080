//! A little executor around one link: commits state and effects together, performs them, crashes, sleeps, repeats.
//!
//! After every step it checks the engine's promises by what it has seen itself, not by the engine's own words.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use syncward_engine::{
    ChannelId, Effect, Entropy, FailureClass, Input, Link, LinkId, NotificationKind, OperationId,
    RunId, RunReport, Settings, Watching, view::LinkState,
};
use uuid::Uuid;

use super::google::{Google, Handshake, Weather, failure};
use super::script::Action;
use super::timeline;

const BEGINNING: i64 = 1_772_438_400;

pub struct World {
    pub now: Timestamp,
    pub start: Timestamp,
    pub settings: Settings,
    pub link: Link,
    pub google: Google,
    pub weather: Weather,
    pub ledger: Vec<(Timestamp, Watching)>,
    entropy: Seeded,
    /// Committed effects whose answers have not been committed yet.
    outbox: Vec<Effect>,
    queue: BTreeMap<(Timestamp, u64), Event>,
    sequence: u64,
    down_until: Option<Timestamp>,
    crash_after_commit: Option<Duration>,
    /// Edits that the run under way has listed.
    listed: u32,
    appointment: Option<Timestamp>,
    lines: Vec<String>,
    runs: BTreeMap<String, u32>,
    pub seen: Seen,
}

/// What the world itself knows, to judge the engine by.
#[derive(Default)]
pub struct Seen {
    /// When channels were asked for, without canaries.
    pub opened: Vec<Timestamp>,
    pub open_answered: BTreeSet<ChannelId>,
    pub notified: BTreeMap<ChannelId, Timestamp>,
    pub stop_asked: BTreeSet<ChannelId>,
    /// Channels that a fire drill stops on purpose.
    pub drilled: BTreeSet<ChannelId>,
    pub run_under_way: Option<RunId>,
    pub last_good_run: Option<Timestamp>,
    pub ended: bool,
    pub woke_at: Option<Timestamp>,
    pub wakes_at_once: u32,
}

enum Event {
    /// The answer to a call; lost in a crash.
    Answer(Input),
    /// Google's POST; repeated every half hour while the receiver is down.
    Post(ChannelId, NotificationKind),
}

struct Seeded(u64);

impl Entropy for Seeded {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

impl World {
    pub fn new(settings: Settings, seed: u64) -> Self {
        let start = Timestamp::from_second(BEGINNING).unwrap();
        Self {
            now: start,
            start,
            settings,
            link: Link::new(LinkId(Uuid::from_u128(1)), Uuid::from_u128(2)),
            google: Google::default(),
            weather: Weather::default(),
            ledger: Vec::new(),
            entropy: Seeded(seed),
            outbox: Vec::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            down_until: None,
            crash_after_commit: None,
            listed: 0,
            appointment: None,
            lines: Vec::new(),
            runs: BTreeMap::new(),
            seen: Seen::default(),
        }
    }

    pub fn finish(mut self) -> String {
        self.act(Action::Show);
        let runs = self.runs.iter();
        let runs: Vec<String> = runs.map(|(why, count)| format!("{count} {why}")).collect();
        self.lines.push(format!("-- runs: {}", runs.join(", ")));
        self.lines.join("\n") + "\n"
    }

    pub fn run_until(&mut self, offset: Duration) {
        let end = self.start + offset;
        loop {
            let event = self.queue.first_key_value().map(|((at, _), _)| *at);
            let wake = match self.down_until {
                Some(at) => Some(at),
                None => self.link.next_deadline(&self.settings).map(|(at, _)| at),
            };
            let Some(next) = event.into_iter().chain(wake).min() else {
                break;
            };
            if next > end {
                break;
            }
            self.now = self.now.max(next);
            if self.down_until.is_some_and(|at| at <= self.now) {
                self.down_until = None;
                self.wake();
            } else if event == Some(next) {
                let (_, event) = self.queue.pop_first().unwrap();
                self.happen(event);
            } else {
                let again = self.seen.woke_at.replace(self.now) == Some(self.now);
                self.seen.wakes_at_once = if again {
                    self.seen.wakes_at_once + 1
                } else {
                    0
                };
                assert!(self.seen.wakes_at_once < 5, "the link wakes without end");
                self.take(Input::DeadlineReached);
            }
        }
        if end > self.now {
            self.now = end;
        }
        self.check();
    }

    pub fn act(&mut self, action: Action) {
        if !matches!(action, Action::Show) {
            let at = timeline::offset(self.start, self.now);
            self.lines.push(format!("{at}  {action:?}"));
        }
        let operation = OperationId(Uuid::from_u128(u128::from(self.sequence) + 10));
        match action {
            Action::Start => self.ask(Input::Started),
            Action::AskRenew => self.ask(Input::RenewAsked { operation }),
            Action::AskSync => self.ask(Input::SyncAsked { operation }),
            Action::AskTest => self.ask(Input::TestDeliveryAsked { operation }),
            Action::AskDrill => self.ask(Input::FireDrillAsked { operation }),
            Action::Silence => self.ask(Input::SilenceUnusual),
            Action::SilenceUnknown => self.ask(Input::SilenceUnknown),
            Action::Pause => self.ask(Input::PauseAsked),
            Action::Resume => self.ask(Input::ResumeAsked),
            Action::GrantLost => {
                let reason = "invalid_grant".to_owned();
                self.ask(Input::GrantLost { reason });
            }
            Action::GrantRestored => {
                // What was proved under the old consent must prove itself again.
                let view = self.link.view(self.now, &self.settings);
                if view.state == LinkState::ReconnectNeeded && self.down_until.is_none() {
                    self.seen.notified.clear();
                }
                self.ask(Input::GrantRestored);
            }
            Action::Configuration => self.ask(Input::ConfigurationChanged),
            Action::Address(is_there) => {
                self.settings.push = is_there;
                self.ask(Input::ConfigurationChanged);
            }
            Action::End => {
                self.seen.ended = true;
                self.ask(Input::Ended);
            }
            Action::Edit { announced } => {
                self.google.edits += 1;
                if announced {
                    for channel in self.google.delivering(self.now) {
                        self.post(channel, NotificationKind::Change, 800);
                    }
                }
            }
            Action::Open(failure) => {
                (self.weather.refuse_open, self.weather.lose_open) = (failure, false);
            }
            Action::OpenUnheard => self.weather.lose_open = true,
            Action::Stop(failure) => self.weather.refuse_stop = failure,
            Action::Runs(failure) => self.weather.fail_runs = failure,
            Action::Spare(is_there) => self.weather.no_spare_quota = !is_there,
            Action::Appointment(wait) => {
                self.appointment = Some(self.now + wait);
                self.tell_appointment();
            }
            Action::CursorGone => self.weather.cursors_gone += 1,
            Action::Handshake(handshake) => self.weather.handshake = handshake,
            Action::RunTakes(time) => self.weather.run_takes = time,
            Action::Sleep(time) => self.down_until = Some(self.now + time),
            Action::Crash(time) => self.crash(time),
            Action::CrashAfterCommit(time) => self.crash_after_commit = Some(time),
            Action::Show => {
                let view = self.link.view(self.now, &self.settings);
                let at = timeline::offset(self.start, self.now);
                self.lines.push(format!("{at}  {}", timeline::view(&view)));
            }
        }
        self.check();
    }

    /// A person's request; refused by the API while the receiver is down.
    fn ask(&mut self, input: Input) {
        if self.down_until.is_none() {
            self.take(input);
        }
    }

    /// As the executor does at the end of runs and after edits, while it matters.
    fn tell_appointment(&mut self) {
        if self.down_until.is_none() && self.link.wants_appointments(self.now, &self.settings) {
            let next_at = self.appointment.filter(|at| *at >= self.now);
            self.take(Input::AppointmentsKnown { next_at });
        }
    }

    fn crash(&mut self, time: Duration) {
        self.queue
            .retain(|_, event| matches!(event, Event::Post(..)));
        self.down_until = Some(self.now + time);
    }

    /// After a crash or a sleep: what was committed and not answered is performed again, with the same ids.
    fn wake(&mut self) {
        let answered = self
            .queue
            .values()
            .any(|event| matches!(event, Event::Answer(_)));
        if !answered {
            for effect in self.outbox.clone() {
                self.perform(&effect);
            }
        }
        self.take(Input::DeadlineReached);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Answer(input) if self.down_until.is_some() => {
                let at = self.down_until.unwrap();
                self.schedule(at + Duration::from_millis(50), Event::Answer(input));
            }
            Event::Post(channel, kind) if self.down_until.is_some() => {
                self.post(channel, kind, 1_800_000);
            }
            Event::Answer(input) => {
                self.answered(&input);
                let is_run = matches!(input, Input::RunFinished { .. });
                self.take(input);
                if is_run {
                    self.tell_appointment();
                }
            }
            Event::Post(channel, kind) => {
                self.seen
                    .notified
                    .entry(channel.clone())
                    .or_insert(self.now);
                self.take(Input::Notified {
                    channel,
                    kind,
                    received_at: self.now,
                });
            }
        }
    }

    fn answered(&mut self, input: &Input) {
        self.outbox.retain(|effect| match (effect, input) {
            (
                Effect::OpenChannel { channel, .. },
                Input::WatchOpened { channel: it, .. } | Input::WatchRefused { channel: it, .. },
            )
            | (
                Effect::StopChannel { channel, .. },
                Input::ChannelStopped { channel: it } | Input::StopFailed { channel: it, .. },
            ) => channel != it,
            (
                Effect::StartRun { run, .. },
                Input::RunFinished { run: it, .. }
                | Input::RunFailed { run: it, .. }
                | Input::RunPutOff { run: it, .. },
            ) => run != it,
            _ => true,
        });
        match input {
            Input::WatchOpened { channel, .. } => {
                self.seen.open_answered.insert(channel.clone());
            }
            Input::RunFinished { .. } => {
                self.google.edits -= self.listed;
                self.listed = 0;
                self.seen.run_under_way = None;
                self.seen.last_good_run = Some(self.now);
            }
            Input::RunFailed { .. } | Input::RunPutOff { .. } => self.seen.run_under_way = None,
            _ => {}
        }
    }

    /// One turn: the link's new state goes through JSON, as the executor's store has it.
    fn take(&mut self, input: Input) {
        let effects = self
            .link
            .handle(self.now, input, &self.settings, &mut self.entropy);
        let stored = serde_json::to_string(&self.link).unwrap();
        self.link = serde_json::from_str(&stored).unwrap();
        let at = timeline::offset(self.start, self.now);
        for effect in &effects {
            if let Some(line) = timeline::line(self.start, effect) {
                self.lines.push(format!("{at}  {line}"));
            }
            self.commit(effect);
        }
        let calls: Vec<Effect> = effects.into_iter().filter(is_call).collect();
        let crashes = !calls.is_empty() && self.crash_after_commit.is_some();
        match self.crash_after_commit.take_if(|_| crashes) {
            Some(time) => self.crash(time),
            None => calls.iter().for_each(|effect| self.perform(effect)),
        }
        self.check();
    }

    fn commit(&mut self, effect: &Effect) {
        match effect {
            Effect::Watch { watching, from } => {
                let last = self.ledger.last().map(|(at, _)| *at);
                assert!(
                    last.is_none_or(|last| last <= *from),
                    "the ledger goes back"
                );
                assert!(*from <= self.now, "the ledger is ahead of time");
                self.ledger.push((*from, watching.clone()));
            }
            Effect::StartRun { run, trigger, .. } => {
                assert_eq!(self.seen.run_under_way, None, "two runs at once");
                self.seen.run_under_way = Some(*run);
                let why = format!("{trigger:?}");
                *self.runs.entry(why).or_default() += 1;
            }
            Effect::StopChannel { channel, .. } => self.check_stop(channel),
            Effect::Drill { drill } => {
                self.seen.drilled.insert(drill.channel.clone());
            }
            Effect::OpenChannel { .. } | Effect::Record { .. } | Effect::Step { .. } => {}
        }
        if is_call(effect) {
            self.outbox.push(effect.clone());
        }
    }

    fn perform(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenChannel {
                channel,
                generation,
                expires_at,
                canary,
            } => self.open(channel, *generation, *expires_at, *canary),
            Effect::StopChannel { channel, .. } => self.stop(channel),
            Effect::StartRun { run, spare, .. } if *spare && self.weather.no_spare_quota => {
                let wait = Duration::from_secs(30);
                self.answer(Input::RunPutOff { run: *run, wait }, 1);
            }
            Effect::StartRun { run, .. } => self.list(*run),
            Effect::Record { .. }
            | Effect::Step { .. }
            | Effect::Watch { .. }
            | Effect::Drill { .. } => {}
        }
    }

    fn open(&mut self, id: &ChannelId, generation: u32, asked: Timestamp, canary: bool) {
        if !canary {
            self.seen.opened.push(self.now);
        }
        let opened = self
            .google
            .open(self.now, id, generation, asked, canary, &self.weather);
        let channel = id.clone();
        let answer = match opened {
            Err(failure) => Input::WatchRefused { channel, failure },
            Ok(expires_at) => {
                let handshake = NotificationKind::Handshake;
                match self.weather.handshake {
                    Handshake::Early => self.post(channel.clone(), handshake, 100),
                    Handshake::Late => self.post(channel.clone(), handshake, 500),
                    Handshake::Never => {}
                }
                Input::WatchOpened {
                    channel,
                    resource_id: "resource".into(),
                    expires_at,
                }
            }
        };
        self.answer(answer, 300);
    }

    fn stop(&mut self, id: &ChannelId) {
        let channel = id.clone();
        let answer = match self.weather.refuse_stop.clone() {
            Some(failure) => Input::StopFailed { channel, failure },
            None => {
                if let Some(channel) = self.google.channels.get_mut(id) {
                    channel.stopped = true;
                }
                Input::ChannelStopped { channel }
            }
        };
        self.answer(answer, 200);
    }

    fn list(&mut self, run: RunId) {
        let takes = u64::try_from(self.weather.run_takes.as_millis()).unwrap();
        let answer = if self.weather.cursors_gone > 0 {
            self.weather.cursors_gone -= 1;
            let failure = failure(FailureClass::CursorGone, "fullSyncRequired");
            Input::RunFailed { run, failure }
        } else if let Some(failure) = self.weather.fail_runs.clone() {
            Input::RunFailed { run, failure }
        } else {
            self.listed = self.google.edits;
            let report = RunReport {
                changed: self.listed,
                ..RunReport::default()
            };
            Input::RunFinished { run, report }
        };
        self.answer(answer, takes);
    }

    fn answer(&mut self, input: Input, after_ms: u64) {
        let at = self.now + Duration::from_millis(after_ms);
        self.schedule(at, Event::Answer(input));
    }

    fn post(&mut self, channel: ChannelId, kind: NotificationKind, after_ms: u64) {
        let at = self.now + Duration::from_millis(after_ms);
        self.schedule(at, Event::Post(channel, kind));
    }

    fn schedule(&mut self, at: Timestamp, event: Event) {
        self.sequence += 1;
        self.queue.insert((at, self.sequence), event);
    }

    /// Invariant 2: what watches is stopped only when a successor has proved itself and the overlap is over.
    fn check_stop(&mut self, id: &ChannelId) {
        let first = self.seen.stop_asked.insert(id.clone());
        let (Some(old), true) = (self.google.channels.get(id), first) else {
            return;
        };
        // In charge was only what Google's answer and a notification have both vouched for.
        let proved = self.seen.notified.contains_key(id) && self.seen.open_answered.contains(id);
        if old.canary || self.seen.ended || !proved || self.seen.drilled.contains(id) {
            return;
        }
        let view = self.link.view(self.now, &self.settings);
        let successor = view
            .channel
            .expect("stopped what watched, and nothing watches now");
        let successor_id = ChannelId(successor.id);
        assert_ne!(successor_id, *id, "stopped the channel in charge");
        assert!(
            self.seen.open_answered.contains(&successor_id),
            "an unanswered successor"
        );
        let Some(proved_at) = self.seen.notified.get(&successor_id) else {
            panic!("stopped before the successor was proved");
        };
        let overlapped = self.now.duration_since(*proved_at);
        let overlap = SignedDuration::try_from(self.settings.overlap).unwrap();
        let renews = successor.renews_at.is_some_and(|at| at <= self.now);
        assert!(
            overlapped >= overlap || renews,
            "overlapped for {overlapped}"
        );
    }

    /// What must hold at any moment, judged by Google's side and the clock.
    fn check(&self) {
        let delivering = self.google.delivering(self.now).into_iter();
        let standing: Vec<ChannelId> = delivering
            .filter(|id| !self.seen.stop_asked.contains(id))
            .collect();
        assert!(
            standing.len() <= 2,
            "{} channels deliver at once",
            standing.len()
        );
        let delivering = self.google.delivering(self.now).len();
        assert!(delivering <= 12, "{delivering} channels pile up at Google");
        if self.down_until.is_some() {
            return;
        }
        let view = self.link.view(self.now, &self.settings);
        let stands_still = matches!(view.state, LinkState::Paused | LinkState::ReconnectNeeded);
        let mut channels = view.channels.iter().chain(&view.channel);
        let promised = stands_still.then(|| channels.find_map(|it| it.renews_at));
        assert_eq!(promised.flatten(), None, "a renewal that nobody will make");
        match self.ledger.last() {
            Some((_, Watching::Push { generation } | Watching::Overlap { generation })) => {
                let mut channels = self.google.channels.values();
                let channel = channels.find(|it| it.generation == *generation && !it.canary);
                let channel = channel.expect("watched by a channel Google never opened");
                // Its expiry is a deadline: at that very moment the link may not have woken yet.
                assert!(
                    channel.expires_at >= self.now,
                    "watched by an expired channel"
                );
                assert!(!channel.stopped, "watched by a stopped channel");
            }
            Some((from, Watching::Polling { .. })) if self.seen.run_under_way.is_none() => {
                let good = self.seen.last_good_run.map_or(*from, |at| at.max(*from));
                let blind = self.now.duration_since(good);
                let most = self.settings.poll_interval * 3 + Duration::from_secs(120);
                let most = SignedDuration::try_from(most).unwrap();
                assert!(
                    blind <= most,
                    "called polled, though nothing was read for {blind}"
                );
            }
            Some((_, Watching::Polling { .. } | Watching::Gap { .. })) | None => {}
        }
    }
}

fn is_call(effect: &Effect) -> bool {
    match effect {
        Effect::OpenChannel { .. } | Effect::StopChannel { .. } | Effect::StartRun { .. } => true,
        Effect::Record { .. }
        | Effect::Step { .. }
        | Effect::Watch { .. }
        | Effect::Drill { .. } => false,
    }
}
