//! Durations as people write them: an integer with a unit.

use std::time::Duration;

/// Reads `500ms`, `30s`, `15m`, `48h`, `7d`; positive only.
pub fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|character: char| !character.is_ascii_digit())?;
    let count: u64 = text[..digits].parse().ok().filter(|count| *count > 0)?;
    let millis = match &text[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    // A thousand years is more than any clock here can add.
    count
        .checked_mul(millis)
        .filter(|millis| *millis <= 1000 * 366 * 86_400_000)
        .map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_with_a_unit_is_a_duration_and_nothing_else_is() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("7d"), Some(Duration::from_secs(604_800)));
        for wrong in [
            "",
            "7",
            "d",
            "0s",
            "-1s",
            "1.5h",
            "1w",
            "99999999999999999999d",
            " 1s",
        ] {
            assert_eq!(duration(wrong), None, "{wrong:?}");
        }
    }
}
