//! Series for charts: asked of the receiver and remembered, and told as remembered while it does not answer.

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use syncward_wire::At;
use uuid::Uuid;

use super::asked::{answer, no_receiver};
use super::event::Outcome;
use super::{Core, Reply};
use crate::bridge::{Answer, Fault};
use crate::client::ClientError;

/// A time that ends this close to now is a last hour or a last week, and any later one may stand for it.
const NOW: SignedDuration = SignedDuration::from_mins(2);
/// Every zone's midnight is a multiple of it.
const ON_THE_CLOCK: SignedDuration = SignedDuration::from_mins(15);

/// What a chart asks for.
pub(super) struct Question {
    /// `lag`, `delivery`, `coverage`.
    pub kind: &'static str,
    pub link: Option<Uuid>,
    pub from: At,
    pub to: At,
    pub buckets: u32,
    pub spread: bool,
}

impl Question {
    /// Without the spread.
    pub fn new(kind: &'static str, link: Option<Uuid>, (from, to): (At, At), buckets: u32) -> Self {
        Self {
            kind,
            link,
            from,
            to,
            buckets,
            spread: false,
        }
    }

    /// The latency of all calendars.
    pub fn of_all(from: Timestamp, to: Timestamp, buckets: u32) -> Self {
        Self::new("lag", None, (At(from), At(to)), buckets)
    }

    /// What is sent.
    pub fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = vec![
            ("from", self.from.to_string()),
            ("to", self.to.to_string()),
            ("buckets", self.buckets.to_string()),
        ];
        query.extend(self.link.map(|id| ("link", id.to_string())));
        // Asked for only then: an older receiver refuses what it does not know.
        query.extend(self.spread.then(|| ("spread", true.to_string())));
        query
    }

    /// Under which an answer is remembered and, after the first, also looked for. A time up to now goes by its length,
    /// or by its beginning where that is on the clock, as a month's is; another goes by itself.
    fn names(&self, now: Timestamp) -> Vec<String> {
        let link = self
            .link
            .map_or_else(|| "all".to_owned(), |id| id.to_string());
        let spread = if self.spread { ":spread" } else { "" };
        let (from, to) = (*self.from, *self.to);
        let on_the_clock = from.as_nanosecond() % ON_THE_CLOCK.as_nanos() == 0;
        let times = match now.duration_since(to).abs() < NOW {
            true => {
                let minutes = (to.duration_since(from).as_secs() + 30) / 60;
                let since = on_the_clock.then(|| format!("since {from}"));
                since
                    .into_iter()
                    .chain([format!("last {minutes} min")])
                    .collect()
            }
            false => vec![format!("{from} to {to}")],
        };
        let (kind, buckets) = (self.kind, self.buckets);
        let name = |time| format!("series:{kind}:{link}:{time}:{buckets}{spread}");
        times.into_iter().map(name).collect()
    }
}

/// What went on when it was told is known until then, and no longer.
fn until(mut told: Answer, at: Timestamp) -> Answer {
    if let Answer::Coverage(series) = &mut told {
        for span in &mut series.spans {
            span.until_at.get_or_insert(At(at));
        }
    }
    told
}

impl Core {
    /// Asks the receiver that has the link, the chosen one without; while there is no contact, what it told last.
    pub(super) fn series<T>(
        &self,
        question: Question,
        told: impl FnOnce(T) -> Answer + Send + 'static,
        reply: Reply,
        now: Timestamp,
    ) where
        T: DeserializeOwned + Send + 'static,
    {
        let post = match question.link {
            Some(id) => self.of_link(id),
            None => self.chosen(),
        };
        let mut names = question.names(now);
        let remembered = names
            .iter()
            .find_map(|name| self.store.recall_told(&post.key, name))
            .map(|(told, at)| until(told, at));
        let name = names.swap_remove(0);
        let connection = match (&post.connection, remembered.clone()) {
            (_, Some(told)) if !post.is_connected() => return answer(reply, Ok(told)),
            (None, _) => return answer(reply, Err(no_receiver(&post.contact.message))),
            (Some(connection), _) => connection,
        };
        let (client, outcomes) = (connection.client.clone(), self.ways.outcomes.clone());
        let receiver = post.key.clone();
        tokio::spawn(async move {
            let asked = client.get(question.kind, &question.query()).await;
            let result = match (asked.map(told), remembered) {
                (Ok(told), _) => {
                    let series = Box::new(told.clone());
                    let outcome = Outcome::Series {
                        receiver,
                        name,
                        series,
                    };
                    let _ = outcomes.send(outcome).await;
                    Ok(told)
                }
                (Err(ClientError::Unreachable(_) | ClientError::Silent), Some(told)) => Ok(told),
                (Err(error), _) => Err(Fault::from(error)),
            };
            answer(reply, result);
        });
    }

    /// A receiver that was forgotten meanwhile stays so.
    pub(super) fn remember_series(
        &mut self,
        receiver: &str,
        name: &str,
        series: &Answer,
        now: Timestamp,
    ) {
        if self.posts.iter().any(|post| post.key == receiver) {
            self.store.remember_series(receiver, name, series, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use syncward_wire::{CoverageSeries, CoverageSpan, Watching};

    use super::*;

    #[test]
    fn a_month_so_far_goes_by_its_beginning_and_a_last_hour_by_its_length() {
        let begin: Timestamp = "2026-11-01T00:00:00+05:45".parse().expect("a time");
        let name = |from: Timestamp, now: Timestamp| {
            Question::of_all(from, now, 30).names(now).swap_remove(0)
        };
        let after = |minutes| begin + SignedDuration::from_mins(minutes);
        assert_eq!(name(begin, after(2000)), name(begin, after(9000)));
        let hour = |to| name(after(to - 60), after(to));
        assert_eq!(hour(2001), hour(9007));
        // What was told of a last hour a minute before is found where the hour begins on the clock.
        let on_the_clock = Question::of_all(after(1995), after(2055), 30).names(after(2055));
        assert!(on_the_clock.contains(&hour(2054)), "{on_the_clock:?}");
    }

    #[test]
    fn what_went_on_ends_where_it_was_told_and_what_had_ended_stays() {
        let at = |second| At(Timestamp::from_second(second).unwrap_or_default());
        let span = |from, until: Option<i64>| CoverageSpan {
            link_id: Uuid::nil(),
            watching: Watching::Push,
            generation: Some(1),
            from_at: at(from),
            until_at: until.map(at),
            cause: None,
        };
        let told = Answer::Coverage(CoverageSeries {
            spans: vec![span(0, Some(60)), span(60, None)],
            ..CoverageSeries::default()
        });
        let Answer::Coverage(series) = until(told, *at(300)) else {
            panic!("it stays what it is");
        };
        let ends: Vec<_> = series.spans.iter().map(|span| span.until_at).collect();
        assert_eq!(ends, [Some(at(60)), Some(at(300))]);
    }
}
