//! A calendar month, as each clinic's own clock has it.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use crate::app::UseError;
use crate::store::clinic::Clinic;

/// A month, such as November 2026.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Month {
    first: Date,
}

impl FromStr for Month {
    type Err = UseError;

    fn from_str(text: &str) -> Result<Self, UseError> {
        let wrong = || {
            UseError::new(
                422,
                "invalid_month",
                "The month is not written as four digits, a hyphen and a month from 01 to 12.",
                "Write it like 2026-11.",
            )
        };
        let digits = |part: &str, many: usize| {
            part.len() == many && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        if !digits(year, 4) || !digits(month, 2) {
            return Err(wrong());
        }
        let date = year
            .parse()
            .ok()
            .zip(month.parse().ok())
            .and_then(|(year, month)| Date::new(year, month, 1).ok());
        date.filter(|first| first.year() >= 1970)
            .map(|first| Self { first })
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.first.strftime("%Y-%m"))
    }
}

impl Month {
    /// Its beginning and end on the clock of a zone.
    pub fn within(self, zone: &str) -> (Timestamp, Timestamp) {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let at = |date: Date| zone.to_timestamp(date.at(0, 0, 0, 0));
        let next = self.first.checked_add(Span::new().months(1));
        let end = next.ok().and_then(|next| at(next).ok());
        (
            at(self.first).unwrap_or(Timestamp::MAX),
            end.unwrap_or(Timestamp::MAX),
        )
    }

    /// Whether it has begun in one of the clinics; without any, in UTC.
    pub fn has_begun(self, clinics: &[Clinic], now: Timestamp) -> bool {
        let zones = clinics.iter().map(|clinic| clinic.time_zone.as_str());
        let begun = |zone: &str| self.within(zone).0 < now;
        match clinics {
            [] => begun("UTC"),
            _ => zones.into_iter().any(begun),
        }
    }

    /// The refusal of a month that lies ahead.
    pub fn future(self) -> UseError {
        UseError::new(
            422,
            "future_month",
            format!("{self} has not begun yet; nothing can be attested."),
            "Ask for a month that has begun.",
        )
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn a_month_begins_and_ends_by_the_clinics_own_clock() {
        let march: Month = "2026-03".parse().unwrap();
        let (from, until) = march.within("Europe/London");
        // Summer time begins within it.
        assert_eq!(from.to_string(), "2026-03-01T00:00:00Z");
        assert_eq!(until.to_string(), "2026-03-31T23:00:00Z");
        let (from, _) = march.within("Asia/Kolkata");
        assert_eq!(from.to_string(), "2026-02-28T18:30:00Z");
        assert_eq!(march.to_string(), "2026-03");
    }

    #[test]
    fn what_is_no_month_is_refused() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-01",
            "2026-11-01",
            "2026-+1",
            "0000-01",
        ] {
            let refused = text.parse::<Month>().unwrap_err();
            assert_eq!(
                (refused.status, refused.code),
                (422, "invalid_month"),
                "{text}"
            );
        }
    }
}
