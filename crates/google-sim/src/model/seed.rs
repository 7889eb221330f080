//! The believable world of the demo: six clinics, their calendars, and a few weeks of appointments.

use jiff::{SignedDuration, Timestamp, civil};
use rand::{Rng, rngs::StdRng, seq::IndexedRandom};
use serde_json::json;

use super::{World, calendar::Calendar, event::Fields, people::object};

/// A clinic's account, its zone, and its calendars, the primary first.
type Clinic = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const CLINICS: [Clinic; 6] = [
    (
        "Oak Street Dental",
        "frontdesk@oakstreetdental.example",
        "America/New_York",
        &["front desk", "hygiene"],
    ),
    (
        "Harbour Physio",
        "hello@harbourphysio.example",
        "Europe/London",
        &["appointments", "gym room"],
    ),
    (
        "Northside Family",
        "office@northsidefamily.example",
        "America/Chicago",
        &["Dr. A calendar", "Dr. B calendar"],
    ),
    (
        "Elm Veterinary",
        "team@elmvet.example",
        "America/New_York",
        &["surgery", "exam rooms"],
    ),
    (
        "Lakeview Paediatrics",
        "reception@lakeviewpaediatrics.example",
        "America/Toronto",
        &["intake", "vaccination"],
    ),
    (
        "Riverside Imaging",
        "booking@riversideimaging.example",
        "America/Los_Angeles",
        &["MRI", "ultrasound", "X-ray"],
    ),
];

/// The primary calendar that cannot be watched.
const UNWATCHABLE: &str = "frontdesk@oakstreetdental.example";

const REASONS: [&str; 12] = [
    "Check-up",
    "Follow-up",
    "New patient",
    "Consultation",
    "Cleaning",
    "Results",
    "Assessment",
    "Review",
    "Treatment",
    "Vaccination",
    "Scan",
    "Second visit",
];
const PEOPLE: [&str; 14] = [
    "A. Moreau",
    "B. Okafor",
    "C. Lindqvist",
    "D. Tanaka",
    "E. Rossi",
    "F. Haddad",
    "G. Novak",
    "H. Silva",
    "I. Byrne",
    "J. Park",
    "K. Weiss",
    "L. Duarte",
    "M. Osei",
    "N. Kaur",
];
const DAYS_BACK: i64 = 14;
const DAYS_AHEAD: i64 = 21;

impl World {
    /// The demo's world around `now`, the same for the same seed and day.
    pub fn seeded(seed: u64, now: Timestamp) -> Self {
        let mut world = Self::new(seed);
        for clinic in CLINICS {
            let built = world.seed_clinic(clinic, now);
            debug_assert!(built.is_some(), "every seeded clinic can be built");
        }
        world
    }

    fn seed_clinic(
        &mut self,
        (name, email, zone, calendars): Clinic,
        now: Timestamp,
    ) -> Option<()> {
        self.add_account(email, name, zone, now).ok()?;
        for (at, summary) in calendars.iter().enumerate() {
            let id = if at == 0 {
                email.to_owned()
            } else {
                format!("c_{}@group.calendar.google.com", self.fresh())
            };
            let mut calendar = Calendar::new(&id, email, summary, zone, now).ok()?;
            calendar.seeded = true;
            calendar.watchable = id != UNWATCHABLE;
            self.fill(&mut calendar, email, now)?;
            self.calendars.insert(id, calendar);
        }
        Some(())
    }

    fn fill(&mut self, calendar: &mut Calendar, owner: &str, now: Timestamp) -> Option<()> {
        let today = calendar.tz.to_datetime(now).date();
        let written = now - SignedDuration::from_hours(36);
        let zone = calendar.zone.clone();
        let mut bodies = Vec::new();
        for offset in -DAYS_BACK..DAYS_AHEAD {
            let Some(day) = working_day(today, offset) else {
                continue;
            };
            for _ in 0..self.rng().random_range(2..6) {
                bodies.extend(appointment(self.rng(), day, &zone));
            }
        }
        let monday = today
            .checked_sub(SignedDuration::from_hours(
                24 * i64::from(today.weekday().to_monday_zero_offset()),
            ))
            .ok()?;
        bodies.push(timed(
            "Team huddle",
            monday,
            (8, 15),
            15,
            &zone,
            Some("RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"),
        ));
        bodies.push(timed(
            "Stock take",
            monday,
            (16, 30),
            30,
            &zone,
            Some("RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=12"),
        ));
        let closed = monday
            .checked_add(SignedDuration::from_hours(24 * 12))
            .ok()?;
        bodies.push(object(json!({
            "summary": "Training day, closed",
            "start": { "date": closed.to_string() },
            "end": { "date": closed.tomorrow().ok()?.to_string() },
        })));
        for body in bodies {
            let id = self.fresh_event_id();
            calendar.insert(&body, &id, owner, written).ok()?;
        }
        Some(())
    }
}

/// The day `offset` days from `today`, unless it is a weekend.
pub fn working_day(today: civil::Date, offset: i64) -> Option<civil::Date> {
    let day = today
        .checked_add(SignedDuration::from_hours(24 * offset))
        .ok()?;
    let weekend = matches!(
        day.weekday(),
        civil::Weekday::Saturday | civil::Weekday::Sunday
    );
    (!weekend).then_some(day)
}

/// One appointment in business hours.
pub fn appointment(rng: &mut StdRng, day: civil::Date, zone: &str) -> Option<Fields> {
    let title = format!("{} · {}", REASONS.choose(rng)?, PEOPLE.choose(rng)?);
    let start = (rng.random_range(9..17), 15 * rng.random_range(0..4));
    let minutes = *[15, 30, 30, 45, 60].choose(rng)?;
    Some(timed(&title, day, start, minutes, zone, None))
}

fn timed(
    title: &str,
    day: civil::Date,
    (hour, minute): (i8, i8),
    minutes: i64,
    zone: &str,
    rule: Option<&str>,
) -> Fields {
    let start = day.at(hour, minute, 0, 0);
    let end = start
        .checked_add(SignedDuration::from_mins(minutes))
        .unwrap_or(start);
    let moment = |at: civil::DateTime| json!({ "dateTime": at.strftime("%Y-%m-%dT%H:%M:%S").to_string(), "timeZone": zone });
    let mut body = object(json!({ "summary": title, "start": moment(start), "end": moment(end) }));
    if let Some(rule) = rule {
        body.insert("recurrence".into(), json!([rule]));
    }
    body
}
