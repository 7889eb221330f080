//! Takes out of a text what must not leave this computer.
//!
//! Known words first (names, addresses, folders), then everything shaped like a secret. Rather one word too many.

use uuid::Uuid;

use crate::bridge::Snapshot;

/// A longer run of letters and digits is taken for a secret.
const LONGEST_WORD: usize = 23;
/// Shorter names would tear other words apart.
const SHORTEST_NAME: usize = 2;

/// The words to replace, longest first.
#[derive(Clone, Debug)]
pub struct Redactor {
    words: Vec<(String, String)>,
}

impl Redactor {
    /// What this state knows of names and places.
    pub fn new(snapshot: &Snapshot, with_names: bool) -> Self {
        let mut words = Vec::new();
        if !with_names {
            let links = snapshot.links.iter();
            let clinics = snapshot
                .clinics
                .iter()
                .map(|clinic| clinic.name.as_str())
                .chain(links.clone().map(|link| link.clinic_name.as_str()));
            number(&mut words, clinics, "clinic");
            number(
                &mut words,
                links.map(|link| link.calendar_name.as_str()),
                "calendar",
            );
        }
        let receiver = snapshot.connection.receiver.as_deref();
        let public = snapshot.overview.as_ref();
        let public = public.and_then(|overview| overview.receiver.public_url.as_deref());
        for address in receiver.into_iter().chain(public) {
            let bare = address.trim_end_matches('/');
            let host = bare.split_once("://").map_or(bare, |(_, rest)| rest);
            words.push((host.to_owned(), "(receiver)".into()));
            if let Some((name, _)) = host.rsplit_once(':') {
                words.push((name.to_owned(), "(receiver)".into()));
            }
        }
        for (variable, instead) in [
            ("HOME", "~"),
            ("USERPROFILE", "~"),
            ("HOSTNAME", "(computer)"),
        ] {
            if let Ok(value) = std::env::var(variable)
                && value.len() > 3
            {
                words.push((value, instead.into()));
            }
        }
        words.retain(|(word, _)| word.chars().count() >= SHORTEST_NAME);
        words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        Self { words }
    }

    /// The text without them.
    pub fn clean(&self, text: &str) -> String {
        let mut clean = addresses(text);
        for (word, instead) in &self.words {
            clean = replace_word(&clean, word, instead);
        }
        secrets(&clean)
    }
}

fn number<'a>(words: &mut Vec<(String, String)>, names: impl Iterator<Item = &'a str>, what: &str) {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !name.is_empty() && !seen.contains(&name) {
            seen.push(name);
            words.push((name.to_owned(), format!("({what} {})", seen.len())));
        }
    }
}

/// Replaces a word in any case where it stands alone.
fn replace_word(text: &str, word: &str, instead: &str) -> String {
    let (lower, wanted) = (text.to_lowercase(), word.to_lowercase());
    // A text whose lower case has another length can't be cut by its positions.
    if lower.len() != text.len() {
        return text.replace(word, instead);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = 0;
    for (start, found) in lower.match_indices(&wanted) {
        let end = start + found.len();
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let alone =
            !inside(lower[..start].chars().next_back()) && !inside(lower[end..].chars().next());
        if start < rest || !alone {
            continue;
        }
        clean.push_str(&text[rest..start]);
        clean.push_str(instead);
        rest = end;
    }
    clean.push_str(&text[rest..]);
    clean
}

/// E-mail addresses, wherever an @ has something on both sides.
fn addresses(text: &str) -> String {
    let part = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let name = before.len() - before.trim_end_matches(part).len();
        let host = after.len() - after.trim_start_matches(part).len();
        if name > 0 && host > 0 {
            clean.push_str(&before[..before.len() - name]);
            clean.push_str("(address)");
            rest = &after[host..];
        } else {
            clean.push_str(before);
            clean.push('@');
            rest = after;
        }
    }
    clean.push_str(rest);
    clean
}

/// Runs that no word is: tokens, keys, hashes; one-time codes; whatever follows "Bearer".
fn secrets(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || "_-+=~".contains(c);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    let mut bearer = false;
    while let Some(start) = rest.find(part) {
        let length = rest[start..].len() - rest[start..].trim_start_matches(part).len();
        let (gap, run) = (&rest[..start], &rest[start..start + length]);
        clean.push_str(gap);
        if (bearer && gap == " ") || is_secret(run) {
            clean.push_str("(secret)");
        } else {
            clean.push_str(run);
        }
        bearer = run.eq_ignore_ascii_case("bearer");
        rest = &rest[start + length..];
    }
    clean.push_str(rest);
    clean
}

fn is_secret(run: &str) -> bool {
    is_code(run) || (run.len() > LONGEST_WORD && !is_known_id(run))
}

/// A pairing code: twice five capitals and digits.
fn is_code(run: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    run.split_once('-').is_some_and(|(head, tail)| {
        head.len() == 5 && tail.len() == 5 && head.bytes().chain(tail.bytes()).all(sign)
    })
}

/// A UUID, a channel id of ours (`clinic_{uuid}_{8 hex}`), or words joined by underscores.
fn is_known_id(run: &str) -> bool {
    let hex = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = |text: &str| text.len() == 36 && Uuid::try_parse(text).is_ok();
    match run.split('_').collect::<Vec<_>>().as_slice() {
        [whole] => is_uuid(whole),
        ["clinic" | "canary", id, end] => is_uuid(id) && hex(end),
        words => words.iter().all(|word| {
            word.len() <= LONGEST_WORD / 2 && word.bytes().all(|byte| byte.is_ascii_lowercase())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn redactor(words: &[(&str, &str)]) -> Redactor {
        let words = words
            .iter()
            .map(|(word, instead)| ((*word).into(), (*instead).into()));
        Redactor {
            words: words.collect(),
        }
    }

    #[test]
    fn names_go_in_any_case_and_only_as_whole_words() {
        let redactor = redactor(&[("Nord", "(clinic 1)")]);
        assert_eq!(
            redactor.clean("NORD · Room 2, northern Nordic, nord."),
            "(clinic 1) · Room 2, northern Nordic, (clinic 1)."
        );
    }

    #[test]
    fn addresses_and_secrets_go_and_ids_stay() {
        let id = "0b9f1c7e-2f3a-4c55-9a53-0c1f2a7b9d10";
        let text = format!(
            "anna.o'neil+x@clinic.example wrote; Authorization: Bearer abc.d; code ABCDE-FGH23; \
             ya29.a0AfH6SMBx-1234567890_abcdefgh; link {id} channel clinic_{id}_0ac3abdf sync_run_already_under_way"
        );
        let clean = redactor(&[]).clean(&text);
        for planted in [
            "anna",
            "o'neil",
            "clinic.example",
            "abc",
            "ABCDE",
            "a0AfH6",
            "abcdefgh",
        ] {
            assert!(!clean.contains(planted), "{planted} in {clean}");
        }
        assert!(
            clean.contains(&format!("link {id} channel clinic_{id}_0ac3abdf")),
            "{clean}"
        );
        assert!(clean.contains("sync_run_already_under_way"), "{clean}");
    }

    #[test]
    fn times_and_codes_stay() {
        let text = r#"{"at": "2026-11-25T21:09:00.123456789Z", "kind": "changes_applied", "lag_ms": 1340}"#;
        assert_eq!(redactor(&[]).clean(text), text);
    }

    proptest! {
        #[test]
        fn no_planted_secret_survives(before in "[ -~]{0,30}", secret in "[A-Za-z0-9_-]{32,60}", after in "[ -~]{0,30}") {
            prop_assume!(!is_known_id(&secret) && !secret.starts_with(['-', '_']) && !secret.ends_with(['-', '_']));
            let clean = redactor(&[]).clean(&format!("{before} {secret} {after}"));
            prop_assert!(!clean.contains(&secret), "{clean}");
        }

        #[test]
        fn no_planted_address_survives(before in "[ -~äß]{0,30}", name in "[a-z][a-z0-9.]{2,10}", host in "[a-z]{3,10}\\.[a-z]{2,4}", after in "[ -~]{0,30}") {
            let address = format!("{name}@{host}");
            let clean = redactor(&[]).clean(&format!("{before} <{address}> {after}"));
            prop_assert!(!clean.contains(&address), "{clean}");
        }

        #[test]
        fn any_text_is_cleaned(text in "\\PC{0,200}", word in "\\PC{2,10}") {
            let _ = redactor(&[(&word, "(x)")]).clean(&text);
        }
    }
}
