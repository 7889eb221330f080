//! How fast changes arrive: the legs of one change's way, and a mergeable sketch of many.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sketches_ddsketch::{Config, DDSketch};

/// The legs of one change: from Google to the appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Legs {
    /// Changed at Google → notification received; absent when none announced it.
    pub delivery_ms: Option<u64>,
    /// Received (or changed, when none announced it) → run starts.
    pub pickup_ms: u64,
    /// Run starts → applied.
    pub apply_ms: u64,
    /// Google's clock is ahead of ours by this much, seen in a change from the future.
    pub skew_ms: u64,
}

impl Legs {
    /// Measures one change. `notified_at` is when the notification that announced it was received.
    pub fn measure(
        changed_at: Timestamp,
        notified_at: Option<Timestamp>,
        started_at: Timestamp,
        applied_at: Timestamp,
    ) -> Self {
        let received_at = notified_at.map(|at| at.min(started_at));
        Self {
            delivery_ms: received_at.map(|at| millis(changed_at, at)),
            pickup_ms: millis(received_at.unwrap_or(changed_at), started_at),
            apply_ms: millis(started_at, applied_at),
            skew_ms: millis(received_at.unwrap_or(applied_at), changed_at),
        }
    }

    /// The sync latency: the legs' sum.
    pub fn latency_ms(&self) -> u64 {
        self.delivery_ms.unwrap_or(0) + self.pickup_ms + self.apply_ms
    }
}

fn millis(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.duration_since(from).as_millis()).unwrap_or(0)
}

/// A distribution of milliseconds with 1 % relative error; sketches of any spans merge.
///
/// Its bytes are those of DataDog's sketches in Java; none while it is empty.
#[derive(Clone, Default)]
pub struct Sketch(Option<DDSketch>);

/// Samples of one sketch that a spread is drawn from.
const SPREAD_RANKS: u64 = 256;

/// Bytes that are no sketch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read a sketch: {0}")]
pub struct NoSketch(String);

impl Sketch {
    /// Takes one sample in milliseconds.
    pub fn add(&mut self, sample_ms: u64) {
        #[expect(clippy::cast_precision_loss, reason = "the sketch's error is 1 %")]
        let sample = sample_ms as f64;
        let sketch = self.0.get_or_insert_with(|| DDSketch::new(config()));
        sketch.add(sample);
    }

    /// Adds the other's samples.
    pub fn merge(&mut self, other: &Self) {
        let Some(theirs) = &other.0 else { return };
        match &mut self.0 {
            None => self.0 = Some(theirs.clone()),
            Some(ours) => {
                let merged = ours.merge(theirs);
                debug_assert!(merged.is_ok(), "all sketches have one configuration");
            }
        }
    }

    /// The sketch as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0
            .as_ref()
            .map(DDSketch::to_java_bytes)
            .unwrap_or_default()
    }

    /// The sketch that was written as these bytes.
    ///
    /// # Errors
    /// `NoSketch` for other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NoSketch> {
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        let sketch = DDSketch::from_java_bytes(bytes);
        Ok(Self(Some(
            sketch.map_err(|error| NoSketch(error.to_string()))?,
        )))
    }

    /// The value below which the share `quantile` (0…1) of the samples lies, in milliseconds.
    pub fn quantile_ms(&self, quantile: f64) -> Option<f64> {
        self.0.as_ref()?.quantile(quantile).ok().flatten()
    }

    /// How many samples lie below the first edge, between each two, and at or above the last; edges ascend.
    ///
    /// Exact to one part in `SPREAD_RANKS` of the samples, and to the sketch's own error.
    pub fn spread(&self, edges_ms: &[f64]) -> Vec<u64> {
        let mut counts = vec![0; edges_ms.len() + 1];
        let whole = self.count();
        let ranks = whole.min(SPREAD_RANKS);
        for rank in 0..ranks {
            #[expect(clippy::cast_precision_loss, reason = "the sketch's error is 1 %")]
            let (place, places, last) = (rank as f64 + 0.5, ranks as f64, whole as f64 - 1.0);
            // The middle of its share of the samples, a quarter of a sample up: exact while each has a rank of its own.
            let sample = place * (last + 1.0) / places - 0.25;
            let quantile = (sample / last.max(1.0)).min(1.0);
            let value = self.quantile_ms(quantile).unwrap_or_default();
            let place = edges_ms.partition_point(|edge| *edge <= value);
            counts[place] += (rank + 1) * whole / ranks - rank * whole / ranks;
        }
        counts
    }

    /// The number of samples.
    pub fn count(&self) -> u64 {
        let count = self.0.as_ref().map_or(0, DDSketch::count);
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = formatter.debug_struct("Sketch");
        debug.field("count", &self.count());
        debug.field("p50_ms", &self.quantile_ms(0.5)).finish()
    }
}

/// 1 % relative error, and what the bytes say nothing else of.
fn config() -> Config {
    Config::defaults()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
    use jiff::SignedDuration;

    use super::*;

    fn at(millisecond: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(millisecond)
    }

    #[test]
    fn the_legs_add_up_to_the_way_from_google_to_the_appointment() {
        let legs = Legs::measure(at(0), Some(at(800)), at(900), at(1000));
        assert_eq!(
            (legs.delivery_ms, legs.pickup_ms, legs.apply_ms),
            (Some(800), 100, 100)
        );
        assert_eq!(legs.latency_ms(), 1000);
    }

    #[test]
    fn a_change_nobody_announced_waits_in_the_pickup_leg() {
        let legs = Legs::measure(at(0), None, at(5000), at(5100));
        assert_eq!((legs.delivery_ms, legs.pickup_ms), (None, 5000));
    }

    #[test]
    fn a_change_from_the_future_is_skew_and_no_negative_lag() {
        let legs = Legs::measure(at(700), Some(at(500)), at(600), at(650));
        assert_eq!((legs.delivery_ms, legs.skew_ms), (Some(0), 200));
    }

    #[test]
    fn merged_halves_are_the_whole_also_after_a_round_through_bytes() {
        let (mut whole, mut odd, mut even) =
            (Sketch::default(), Sketch::default(), Sketch::default());
        for sample in 0..=1000 {
            whole.add(sample);
            if sample % 2 == 0 {
                even.add(sample)
            } else {
                odd.add(sample)
            }
        }
        let mut merged = Sketch::from_bytes(&odd.to_bytes()).unwrap();
        merged.merge(&even);
        assert_eq!(merged.count(), 1001);
        for quantile in [0.0, 0.5, 0.95, 0.99, 1.0] {
            assert_eq!(merged.quantile_ms(quantile), whole.quantile_ms(quantile));
        }
        let p95 = merged.quantile_ms(0.95).unwrap();
        assert!((p95 - 950.0).abs() < 15.0, "{p95}");
    }

    #[test]
    fn an_empty_sketch_and_one_of_zeros_survive_as_bytes() {
        let sketch = Sketch::from_bytes(&Sketch::default().to_bytes()).unwrap();
        assert_eq!((sketch.count(), sketch.quantile_ms(0.5)), (0, None));
        let mut zeros = Sketch::default();
        zeros.add(0);
        zeros.add(0);
        let sketch = Sketch::from_bytes(&zeros.to_bytes()).unwrap();
        assert_eq!((sketch.count(), sketch.quantile_ms(0.5)), (2, Some(0.0)));
    }

    #[test]
    fn a_spread_puts_every_sample_between_its_edges() {
        let mut sketch = Sketch::default();
        for _ in 0..3 {
            sketch.add(5);
        }
        for _ in 0..1000 {
            sketch.add(50);
        }
        sketch.add(9000);
        let spread = sketch.spread(&[10.0, 100.0, 1000.0]);
        assert_eq!(spread.iter().sum::<u64>(), 1004);
        assert!(spread[1] >= 995, "{spread:?}");
        assert_eq!(spread[2], 0);
        assert_eq!(Sketch::default().spread(&[10.0]), [0, 0]);
        let mut few = Sketch::default();
        for sample in [5, 50, 50, 9000] {
            few.add(sample);
        }
        assert_eq!(few.spread(&[10.0, 100.0, 1000.0]), [1, 2, 0, 1]);
    }

    #[test]
    fn other_bytes_are_refused() {
        assert!(Sketch::from_bytes(b"\xff\xfe{").is_err());
    }
}
