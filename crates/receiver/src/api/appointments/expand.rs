//! Series into their instances within a window, exceptions in place of what they replace.

use jiff::Timestamp;
use syncward_wire::appointment::{Appointment, AppointmentStatus};

use crate::app::appointments::recurrence::{lasts, starts};
use crate::store::appointment::Appointment as Row;

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
