//! People at work in their calendars: edits that come from no API client, and the trickle of them in the demo.

use jiff::{SignedDuration, Timestamp};
use rand::{Rng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{
    World,
    calendar::Change,
    event::Fields,
    moment::{self, Moment},
    push::ResourceState,
    refusal::Refusal,
    seed,
};

impl World {
    /// Somebody writes an event into a calendar.
    pub fn person_inserts(
        &mut self,
        calendar: &str,
        body: &Fields,
        now: Timestamp,
    ) -> Result<Fields, Refusal> {
        let fresh_id = self.fresh_event_id();
        let author = self.author(calendar)?;
        let kept = self
            .calendars
            .get_mut(calendar)
            .ok_or_else(Refusal::not_found)?;
        let fields = kept.insert(body, &fresh_id, &author, now)?;
        self.announce(calendar, ResourceState::Exists, now);
        Ok(fields)
    }

    /// Somebody changes an event.
    pub fn person_patches(
        &mut self,
        calendar: &str,
        id: &str,
        body: &Fields,
        now: Timestamp,
    ) -> Result<Fields, Refusal> {
        let author = self.author(calendar)?;
        let kept = self
            .calendars
            .get_mut(calendar)
            .ok_or_else(Refusal::not_found)?;
        let fields = kept.change(id, Change::Patch, body, None, &author, now)?;
        self.announce(calendar, ResourceState::Exists, now);
        Ok(fields)
    }

    /// Somebody deletes an event.
    pub fn person_deletes(
        &mut self,
        calendar: &str,
        id: &str,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.calendars
            .get_mut(calendar)
            .ok_or_else(Refusal::not_found)?
            .delete(id, None, now)?;
        self.announce(calendar, ResourceState::Exists, now);
        Ok(())
    }

    fn author(&self, calendar: &str) -> Result<String, Refusal> {
        let calendar = self
            .calendars
            .get(calendar)
            .ok_or_else(Refusal::not_found)?;
        Ok(calendar
            .roles
            .keys()
            .next()
            .cloned()
            .unwrap_or_else(|| calendar.id.clone()))
    }

    /// One person makes one believable edit in one seeded calendar; the answer names the calendar and the edit.
    pub fn trickle(&mut self, now: Timestamp) -> Option<(String, &'static str)> {
        let seeded: Vec<String> = self
            .calendars
            .values()
            .filter(|calendar| calendar.seeded)
            .map(|calendar| calendar.id.clone())
            .collect();
        let calendar = seeded.choose(self.rng())?.clone();
        let edit = match self.rng().random_range(0..10) {
            0..=3 => self.trickle_booking(&calendar, now),
            4..=7 => self.trickle_move(&calendar, now),
            8 => self.trickle_note(&calendar, now),
            _ => self.trickle_cancellation(&calendar, now),
        };
        Some((calendar, edit?))
    }

    fn trickle_booking(&mut self, calendar: &str, now: Timestamp) -> Option<&'static str> {
        let (tz, zone) = self
            .calendars
            .get(calendar)
            .map(|kept| (kept.tz.clone(), kept.zone.clone()))?;
        let today = tz.to_datetime(now).date();
        let offset = self.rng().random_range(1..12);
        let day = (offset..offset + 3).find_map(|offset| seed::working_day(today, offset))?;
        let body = seed::appointment(self.rng(), day, &zone)?;
        self.person_inserts(calendar, &body, now)
            .ok()
            .map(|_| "booked")
    }

    fn trickle_move(&mut self, calendar: &str, now: Timestamp) -> Option<&'static str> {
        let (id, start, end) = self.some_future_event(calendar, now)?;
        let minutes = if self.rng().random_bool(0.5) { 15 } else { -15 };
        let by = moment::length(&start, &end).map(|_| SignedDuration::from_mins(minutes))?;
        let kept = self.calendars.get(calendar)?;
        let moved = |moment: &Moment| {
            moment
                .plus(moment::Length::Elapsed(by))
                .json(&kept.zone, &kept.tz)
        };
        let body = object(json!({ "start": moved(&start), "end": moved(&end) }));
        self.person_patches(calendar, &id, &body, now)
            .ok()
            .map(|_| "moved")
    }

    fn trickle_note(&mut self, calendar: &str, now: Timestamp) -> Option<&'static str> {
        let (id, ..) = self.some_future_event(calendar, now)?;
        let note = *[
            "Called to confirm.",
            "Will be ten minutes late.",
            "Bring earlier results.",
        ]
        .choose(self.rng())?;
        let body = object(json!({ "description": note }));
        self.person_patches(calendar, &id, &body, now)
            .ok()
            .map(|_| "noted")
    }

    fn trickle_cancellation(&mut self, calendar: &str, now: Timestamp) -> Option<&'static str> {
        let (id, ..) = self.some_future_event(calendar, now)?;
        self.person_deletes(calendar, &id, now)
            .ok()
            .map(|()| "cancelled")
    }

    /// A timed single event that lies ahead.
    fn some_future_event(
        &mut self,
        calendar: &str,
        now: Timestamp,
    ) -> Option<(String, Moment, Moment)> {
        let kept = self.calendars.get(calendar)?;
        let ahead: Vec<(String, Moment, Moment)> = kept
            .events
            .iter()
            .filter(|(_, event)| {
                !event.is_cancelled()
                    && !event.is_series()
                    && event.text("recurringEventId").is_none()
            })
            .filter_map(|(id, event)| {
                let (start, end) = moment::span(&event.fields).ok()?;
                matches!(&start, Moment::At { at, .. } if *at > now)
                    .then(|| (id.clone(), start, end))
            })
            .collect();
        ahead.choose(self.rng()).cloned()
    }
}

/// The fields of a JSON object; of anything else none.
pub fn object(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}
