//! Series into their instances within a window, exceptions in place of what they replace.

use jiff::{SignedDuration, Timestamp};
use syncward_wire::appointment::{Appointment, AppointmentStatus};

use crate::app::appointments::recurrence::rule_set;
use crate::store::appointment::Appointment as Row;

/// Instances of one series at the most.
const INSTANCES_MOST: u16 = 1000;

/// An appointment as the instances of it that touch the window, each with its start; a cancelled series has none, nor
/// has a cancelled exception.
pub fn expand(
    one: Appointment,
    row: &Row,
    replaced: &[String],
    from: Timestamp,
    to: Timestamp,
) -> Vec<(Timestamp, Appointment)> {
    let cancelled = one.status == AppointmentStatus::Cancelled;
    if one.recurrence.is_empty() {
        let hidden = cancelled && row.series_event_id.is_some();
        return if hidden {
            Vec::new()
        } else {
            vec![(row.from_at, one)]
        };
    }
    if cancelled {
        return Vec::new();
    }
    let starts = starts(row, from, to).into_iter();
    let instances = starts.map(|start| (start, instance(&one, row, start)));
    instances
        .filter(|(start, instance)| {
            let ends = start.checked_add(lasts(row)).unwrap_or(*start);
            ends > from && *start < to && !replaced.contains(&instance.start)
        })
        .collect()
}

/// The instants at which instances begin; a rule that can't be read has its first one only.
fn starts(row: &Row, from: Timestamp, to: Timestamp) -> Vec<Timestamp> {
    let zone = row.time_zone.as_deref();
    let Some(set) = rule_set(&row.recurrence, row.from_at, zone, row.all_day) else {
        return vec![row.from_at];
    };
    let bound = |at: Timestamp| {
        rrule::Tz::UTC
            .timestamp_millis_opt(at.as_millisecond())
            .single()
    };
    use chrono::TimeZone as _;
    let lasts = lasts(row);
    let earliest = from.checked_sub(lasts).unwrap_or(from);
    let (Some(after), Some(before)) = (bound(earliest), bound(to)) else {
        return Vec::new();
    };
    let dates = set.after(after).before(before).all(INSTANCES_MOST).dates;
    dates
        .iter()
        .filter_map(|date| Timestamp::from_millisecond(date.timestamp_millis()).ok())
        .collect()
}

fn lasts(row: &Row) -> SignedDuration {
    let end = crate::exec::content::parsed(&row.ends, row.all_day, None)
        .map(|time| crate::exec::content::instant(&time));
    end.map_or(SignedDuration::ZERO, |end| end.duration_since(row.from_at))
}

fn instance(series: &Appointment, row: &Row, start: Timestamp) -> Appointment {
    let end = start.checked_add(lasts(row)).unwrap_or(start);
    let written = |at: Timestamp| {
        if row.all_day {
            at.strftime("%Y-%m-%d").to_string()
        } else {
            at.to_string()
        }
    };
    Appointment {
        start: written(start),
        end: written(end),
        series_id: Some(series.id),
        recurrence: Vec::new(),
        ..series.clone()
    }
}
