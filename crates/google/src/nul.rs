//! NUL characters in Google's answers: PostgreSQL keeps them in no text, so that one of them would stop a whole calendar.
//!
//! They are read as U+FFFD, the sign for what can't be shown, before anything else looks at the answer; both databases
//! then hold the same, and what was replaced can be seen where it stood.

use std::borrow::Cow;

/// As JSON writes it; a bare one is no JSON.
const ESCAPED: &[u8] = b"\\u0000";
const INSTEAD: &[u8] = b"\\ufffd";

/// A JSON text without NUL characters, and how many it had.
pub(crate) fn replaced(json: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let mut count = 0;
    let mut out: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(next) = json[at..].iter().position(|byte| *byte == b'\\') {
        at += next;
        if json[at..].starts_with(ESCAPED) {
            let out = out.get_or_insert_with(|| json.to_vec());
            out[at..at + INSTEAD.len()].copy_from_slice(INSTEAD);
            count += 1;
        }
        // Whatever is escaped is no beginning of the next escape.
        at = (at + 2).min(json.len());
    }
    (out.map_or(Cow::Borrowed(json), Cow::Owned), count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nul_is_replaced_and_a_backslash_before_its_digits_is_not() {
        for (given, expected, count) in [
            (r#"{"a":"b"}"#, r#"{"a":"b"}"#, 0),
            (
                r#"{"\u0000a":"b\u0000\u0000"}"#,
                r#"{"\ufffda":"b\ufffd\ufffd"}"#,
                3,
            ),
            (
                r#""\\u0000 \\\u0000 \u00001""#,
                r#""\\u0000 \\\ufffd \ufffd1""#,
                2,
            ),
            (r#""\u0001\n\u000""#, r#""\u0001\n\u000""#, 0),
            ("\\", "\\", 0),
        ] {
            let (text, found) = replaced(given.as_bytes());
            assert_eq!(
                (text.as_ref(), found),
                (expected.as_bytes(), count),
                "{given}"
            );
        }
    }
}
