//! The simulated world as a pure model: accounts, consents, calendars, channels, deliveries and faults.
//! It reads no clock and touches no socket; every call is told the time.

pub mod calendar;
pub mod channel;
pub mod event;
pub mod fault;
pub mod listing;
pub mod moment;
pub mod oauth;
pub mod people;
pub mod push;
pub mod query;
pub mod refusal;
pub mod seed;
pub mod series;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};

use calendar::{Calendar, Role};
use channel::{Channel, Channels, Wanted};
use fault::{Action, Faults};
use oauth::{Access, ConsentMode, Consents};
use push::{Outbox, ResourceState, RetryPolicy};
use refusal::Refusal;

/// The longest life of a channel on events, also the usual one.
pub const CHANNEL_LIFE_MAX: SignedDuration = SignedDuration::from_hours(7 * 24);

/// An account of Google.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Its address, also the id of its primary calendar.
    pub email: String,
    /// The name on the consent page.
    pub name: String,
}

/// How push behaves when no fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Milliseconds between a change and its notification, at least.
    pub push_delay_min_ms: u32,
    /// Milliseconds between a change and its notification, at most.
    pub push_delay_max_ms: u32,
    /// How likely a handshake comes before the watch call has answered.
    pub handshake_first_probability: f64,
    /// Whether a change joins a notification that still waits.
    pub coalesce: bool,
    /// For so long after a stop notices still come.
    pub linger_ms: u32,
    /// The first wait before a retry.
    pub retry_base_ms: u32,
    /// Attempts per notification in all.
    pub retry_attempts_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            push_delay_min_ms: 40,
            push_delay_max_ms: 250,
            handshake_first_probability: 0.25,
            coalesce: false,
            linger_ms: 3_000,
            retry_base_ms: 1_000,
            retry_attempts_max: 8,
        }
    }
}

/// The whole of simulated Google.
pub struct World {
    /// Accounts by address.
    pub accounts: BTreeMap<String, Account>,
    /// Calendars by id.
    pub calendars: BTreeMap<String, Calendar>,
    /// Consents and tokens.
    pub consents: Consents,
    /// What the consent page does.
    pub consent_mode: ConsentMode,
    /// Push channels.
    pub channels: Channels,
    /// Notifications.
    pub outbox: Outbox,
    /// Fault rules.
    pub faults: Faults,
    /// How push behaves.
    pub settings: Settings,
    /// How far the world's clock is ahead of the machine's.
    pub clock_ahead: SignedDuration,
    /// Where `selfLink`-like addresses point.
    pub origin: String,
    /// Counts changes to anybody's calendar list.
    pub list_revision: u64,
    rng: StdRng,
}

impl World {
    /// A world without accounts.
    pub fn new(seed: u64) -> Self {
        Self {
            accounts: BTreeMap::new(),
            calendars: BTreeMap::new(),
            consents: Consents::default(),
            consent_mode: ConsentMode::Page,
            channels: Channels::default(),
            outbox: Outbox::default(),
            faults: Faults::default(),
            settings: Settings::default(),
            clock_ahead: SignedDuration::ZERO,
            origin: "https://www.googleapis.com".to_owned(),
            list_revision: 1,
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// A world with the one account `admin@clinic.example`.
    pub fn empty(now: Timestamp) -> Self {
        let mut world = Self::new(entropy());
        let made = world.add_account("admin@clinic.example", "Clinic Admin", "Europe/London", now);
        debug_assert!(made.is_ok(), "the first account is new");
        world
    }

    /// The source of chance.
    pub fn rng(&mut self) -> &mut StdRng {
        &mut self.rng
    }

    /// Forty fresh hexadecimal digits.
    pub fn fresh(&mut self) -> String {
        fresh(&mut self.rng)
    }

    /// A fresh id in Google's own shape.
    pub fn fresh_event_id(&mut self) -> String {
        const LETTERS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        (0..26)
            .map(|_| char::from(LETTERS[self.rng.random_range(0..LETTERS.len())]))
            .collect()
    }

    /// Adds an account with its empty primary calendar.
    pub fn add_account(
        &mut self,
        email: &str,
        name: &str,
        zone: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.accounts.contains_key(email) {
            return Err(Refusal::new(
                409,
                "duplicate",
                "The account already exists.",
            ));
        }
        let calendar = Calendar::new(email, email, email, zone, now)?;
        self.accounts.insert(
            email.to_owned(),
            Account {
                email: email.to_owned(),
                name: name.to_owned(),
            },
        );
        self.add_calendar(calendar)
    }

    /// Adds a calendar.
    pub fn add_calendar(&mut self, calendar: Calendar) -> Result<(), Refusal> {
        if self.calendars.contains_key(&calendar.id) {
            return Err(Refusal::new(
                409,
                "duplicate",
                "The calendar already exists.",
            ));
        }
        self.list_revision += 1;
        self.calendars.insert(calendar.id.clone(), calendar);
        Ok(())
    }

    /// What an access token stands for, or 401.
    pub fn access(&self, bearer: Option<&str>, now: Timestamp) -> Result<Access, Refusal> {
        bearer
            .and_then(|token| self.consents.access(token, now))
            .cloned()
            .ok_or_else(Refusal::unauthenticated)
    }

    /// The id that `primary` and other names stand for.
    pub fn calendar_id<'a>(account: &'a str, name: &'a str) -> &'a str {
        if name == "primary" { account } else { name }
    }

    /// A calendar as far as `account` may see it, or 404.
    pub fn calendar(&self, account: &str, name: &str) -> Result<(&Calendar, Role), Refusal> {
        let calendar = self
            .calendars
            .get(Self::calendar_id(account, name))
            .ok_or_else(Refusal::not_found)?;
        let role = calendar.roles.get(account).ok_or_else(Refusal::not_found)?;
        Ok((calendar, *role))
    }

    /// A calendar that `account` may write to, or 404 or 403.
    pub fn writable_calendar(
        &mut self,
        account: &str,
        name: &str,
    ) -> Result<&mut Calendar, Refusal> {
        let (_, role) = self.calendar(account, name)?;
        if role < Role::Writer {
            return Err(Refusal::new(
                403,
                "requiredAccessLevel",
                "You need to have writer access to this calendar.",
            ));
        }
        self.calendars
            .get_mut(Self::calendar_id(account, name))
            .ok_or_else(Refusal::not_found)
    }

    /// Opens a channel on the events of a calendar; the second value is the handshake, and whether it comes first.
    pub fn watch(
        &mut self,
        access: &Access,
        name: &str,
        wanted: Wanted,
        actions: &[Action],
        now: Timestamp,
    ) -> Result<(Channel, Option<(u64, bool)>), Refusal> {
        let (calendar, _) = self.calendar(&access.account, name)?;
        if !calendar.watchable {
            let message = "Push notifications are not supported by this resource.";
            return Err(Refusal::new(
                400,
                "pushNotSupportedForRequestedResource",
                message,
            ));
        }
        let calendar = calendar.id.clone();
        self.channels.take_id(&wanted.id)?;
        let resource_uri = format!(
            "{}/calendar/v3/calendars/{}/events?alt=json",
            self.origin,
            encode_path(&calendar)
        );
        let mut life = wanted
            .expires_at
            .map_or(CHANNEL_LIFE_MAX, |end| end.duration_since(now))
            .min(CHANNEL_LIFE_MAX);
        for action in actions {
            if let Action::Shorten { ttl_s } = action {
                life = life.min(SignedDuration::from_secs((*ttl_s).max(1)));
            }
        }
        let channel = Channel {
            resource_id: channel::resource_id(&access.account, &resource_uri),
            id: wanted.id,
            token: wanted.token,
            address: wanted.address,
            resource_uri,
            calendar,
            account: access.account.clone(),
            client_id: access.client_id.clone(),
            opened_at: now,
            expires_at: now + life,
            stopped_at: None,
            silent: actions.contains(&Action::SilentChannel),
            message_number: 1,
        };
        let silent = channel.silent || actions.contains(&Action::SilentHandshake);
        let handshake = (!silent).then(|| {
            let first = self
                .rng
                .random_bool(self.settings.handshake_first_probability.clamp(0.0, 1.0));
            // The face takes out what comes first and sends it before it answers; the courier never sees it.
            let due = if first {
                now + CHANNEL_LIFE_MAX
            } else {
                now + self.push_delay()
            };
            (self.outbox.plan(&channel, ResourceState::Sync, due), first)
        });
        self.channels
            .by_id
            .insert(channel.id.clone(), channel.clone());
        Ok((channel, handshake))
    }

    /// Stops a channel: only for the same account and client, with the right resource id, and only once.
    pub fn stop(
        &mut self,
        access: &Access,
        id: &str,
        resource_id: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let missing = || {
            Refusal::new(
                404,
                "notFound",
                format!("Channel '{id}' not found for project"),
            )
        };
        let channel = self.channels.by_id.get_mut(id).ok_or_else(missing)?;
        let same = channel.account == access.account
            && channel.client_id == access.client_id
            && channel.resource_id == resource_id;
        if !same || !channel.is_live(now) {
            return Err(missing());
        }
        channel.stopped_at = Some(now);
        Ok(())
    }

    /// Tells every channel on a calendar that it changed.
    pub fn announce(&mut self, calendar: &str, state: ResourceState, now: Timestamp) {
        let linger = SignedDuration::from_millis(i64::from(self.settings.linger_ms));
        let told: Vec<String> = self
            .channels
            .by_id
            .values()
            .filter(|channel| channel.calendar == calendar && channel.still_tells(now, linger))
            .map(|channel| channel.id.clone())
            .collect();
        for id in told {
            if self.settings.coalesce && self.outbox.has_waiting_change(&id) {
                continue;
            }
            let due = now + self.push_delay();
            let gap = self.rng.random_range(1..=9_000);
            if let Some(channel) = self.channels.by_id.get_mut(&id) {
                channel.message_number += gap;
                self.outbox.plan(channel, state, due);
            }
        }
    }

    fn push_delay(&mut self) -> SignedDuration {
        let Settings {
            push_delay_min_ms: least,
            push_delay_max_ms: most,
            ..
        } = self.settings;
        SignedDuration::from_millis(i64::from(self.rng.random_range(least..=most.max(least))))
    }

    /// How retries are spaced at present.
    pub fn retry_policy(&self) -> RetryPolicy {
        RetryPolicy {
            base: SignedDuration::from_millis(i64::from(self.settings.retry_base_ms)),
            attempts_max: self.settings.retry_attempts_max,
        }
    }

    /// The fault actions that strike `target` now.
    pub fn strike(&mut self, target: &fault::Target<'_>) -> Vec<Action> {
        self.faults.strike(target, &mut self.rng)
    }

    /// Answers the token endpoint.
    pub fn token(
        &mut self,
        form: &query::Query,
        keep: Option<&[String]>,
        now: Timestamp,
    ) -> Result<serde_json::Value, oauth::TokenFault> {
        let Self { consents, rng, .. } = self;
        consents.token(form, keep, now, &mut || fresh(rng))
    }
}

fn fresh(rng: &mut StdRng) -> String {
    format!(
        "{:016x}{:016x}{:08x}",
        rng.random::<u64>(),
        rng.random::<u64>(),
        rng.random::<u32>()
    )
}

/// A seed that nobody chose.
pub fn entropy() -> u64 {
    rand::random()
}

fn encode_path(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}
