//! What links are called on the desktop: short, and never by an e-mail address.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use syncward_wire::{Clinic, Link};

use crate::bridge::Zone;
use crate::words::{Language, Word};

/// "Nord · Room 2"; a calendar named like an e-mail address is the clinic's main calendar.
pub fn link_name(link: &Link) -> String {
    let calendar = match link.calendar_name.contains('@') {
        true => "main calendar",
        false => link.calendar_name.as_str(),
    };
    format!("{} · {calendar}", link.clinic_name)
}

/// At most `most` characters, the rest as an ellipsis.
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// "thing fact" within forty characters; the thing is shortened, the fact stays.
pub fn title(thing: &str, fact: &str) -> String {
    const MOST: usize = 40;
    let room = MOST.saturating_sub(fact.chars().count() + 1);
    shorten(&format!("{} {fact}", shorten(thing, room.max(8))), MOST)
}

/// "6 h", "3 d", "40 min".
pub fn span(from: Timestamp, to: Timestamp, language: Language) -> String {
    let minutes = to.duration_since(from).as_secs().max(0) / 60;
    language.say(match minutes {
        0 => Word::UnderAMinute,
        1..=99 => Word::Minutes(minutes),
        100..=2879 => Word::Hours(minutes / 60),
        _ => Word::Days(minutes / 1440),
    })
}

/// "Mon 30 Nov 13:40" in that zone.
pub fn moment(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    language.say(Word::Moment(zone.to_datetime(at)))
}

/// "13:40" in that zone.
pub fn clock_time(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%H:%M").to_string()
}

/// The clock that a person chose: the clinic's, where clinics differ or their zone is unknown here this computer's.
pub fn zone_of<'a>(chosen: Zone, clinics: impl IntoIterator<Item = &'a Clinic>) -> TimeZone {
    match chosen {
        Zone::Utc => TimeZone::UTC,
        Zone::Mine => TimeZone::system(),
        Zone::Clinic => {
            let mut names = clinics.into_iter().map(|clinic| clinic.time_zone.as_str());
            let first = names.next();
            let common = first.filter(|first| names.all(|name| name == *first));
            let known = common.and_then(|name| TimeZone::get(name).ok());
            known.unwrap_or_else(TimeZone::system)
        }
    }
}
