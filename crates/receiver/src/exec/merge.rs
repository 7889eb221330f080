//! Two edits of one appointment that don't touch each other: both are kept.

use syncward_google::Event;
use syncward_wire::appointment::Attendee;

use super::content::{Times, Words};
use crate::seal::Seal;
use crate::store::Result;
use crate::store::appointment::Appointment;

/// An appointment that holds both edits.
pub struct Merged {
    pub appointment: Appointment,
    /// Google's edit added nothing: what it holds is what ours began from.
    pub is_ours: bool,
}

/// Ours and Google's version over the one both began from; none when they changed the same thing differently.
///
/// # Errors
/// A sealed text does not open.
pub fn merge(
    seal: &Seal,
    base: &Appointment,
    ours: &Appointment,
    event: &Event,
) -> Result<Option<Merged>> {
    let Some(times) = Times::of_event(event) else {
        return Ok(None);
    };
    let (base_words, our_words) = (Words::open(seal, base)?, Words::open(seal, ours)?);
    let their_words = Words::of_event(event);
    let Some(words) = both_words(&base_words, &our_words, &their_words) else {
        return Ok(None);
    };
    let when = |one: &Appointment| (one.starts.clone(), one.ends.clone(), one.all_day);
    let their_when = (times.starts.clone(), times.ends.clone(), times.all_day);
    let status = event.status.as_str().to_owned();
    let (Some(kept_when), Some(kept_status), Some(recurrence)) = (
        kept(&when(base), &when(ours), &their_when),
        kept(&base.status, &ours.status, &status),
        kept(&base.recurrence, &ours.recurrence, &event.recurrence),
    ) else {
        return Ok(None);
    };
    let mut appointment = ours.clone();
    if kept_when != when(ours) {
        appointment.until_at = recurrence.is_empty().then_some(times.until_at);
        (appointment.starts, appointment.ends) = (times.starts, times.ends);
        (appointment.from_at, appointment.all_day) = (times.from_at, times.all_day);
        appointment.time_zone = times.time_zone;
    }
    let is_ours = words == our_words
        && kept_when == when(ours)
        && kept_status == ours.status
        && recurrence == ours.recurrence;
    appointment.status = kept_status;
    appointment.recurrence = recurrence;
    appointment.content = words.seal(seal, ours.appointment_id)?;
    Ok(Some(Merged {
        appointment,
        is_ours,
    }))
}

fn both_words(base: &Words, ours: &Words, theirs: &Words) -> Option<Words> {
    let invited = |words: &Words| {
        let mut emails: Vec<String> = words
            .attendees
            .iter()
            .map(|one| one.email.clone())
            .collect();
        emails.sort_unstable();
        emails
    };
    let emails = kept(&invited(base), &invited(ours), &invited(theirs))?;
    let attendees: &[Attendee] = match emails == invited(ours) {
        true => &ours.attendees,
        false => &theirs.attendees,
    };
    Some(Words {
        title: kept(&base.title, &ours.title, &theirs.title)?,
        description: kept(&base.description, &ours.description, &theirs.description)?,
        location: kept(&base.location, &ours.location, &theirs.location)?,
        attendees: attendees.to_vec(),
    })
}

/// The side that changed it; none when both did, and differently.
fn kept<T: PartialEq + Clone>(base: &T, ours: &T, theirs: &T) -> Option<T> {
    if ours == theirs || theirs == base {
        Some(ours.clone())
    } else if ours == base {
        Some(theirs.clone())
    } else {
        None
    }
}
