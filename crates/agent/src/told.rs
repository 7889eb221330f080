//! What the receiver and the agent wrote in English, said in the person's language on the command line and on the page
//! that the browser shows after Google's consent.
//!
//! A sentence is known again by its English message, as in the window (`ui/src/lib/told.ts`), and by the window's own
//! words; what is said only here is in `told/`. Never changes what a machine reads: JSON stays English.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::words::Language;

/// Of the window's messages, those by which what was written is known again.
const KNOWN: [&str; 4] = ["reach.", "refusal.", "told.", "now."];
const EN: [&str; 2] = [
    include_str!("../../../ui/messages/en.json"),
    include_str!("told/en.json"),
];
const DE: [&str; 2] = [
    include_str!("../../../ui/messages/de.json"),
    include_str!("told/de.json"),
];
const ES: [&str; 2] = [
    include_str!("../../../ui/messages/es.json"),
    include_str!("told/es.json"),
];
const FR: [&str; 2] = [
    include_str!("../../../ui/messages/fr.json"),
    include_str!("told/fr.json"),
];

/// The sentences in that language; as they were written where one of them is not known.
pub(crate) fn sentences(text: &str, language: Language) -> String {
    if language == Language::En || text.is_empty() {
        return text.to_owned();
    }
    Told::of(language)
        .sentences(text)
        .unwrap_or_else(|| text.to_owned())
}

#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Message {
    One(String),
    Counted { one: String, other: String },
}

impl Message {
    fn forms(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Counted { one, other } => vec![one, other],
        }
    }

    fn filled(&self, gaps: &HashMap<&str, String>) -> String {
        let form = match self {
            Self::One(text) => text,
            Self::Counted { one, .. } if gaps.get("n").is_some_and(|n| n == "1") => one,
            Self::Counted { other, .. } => other,
        };
        let fill = |text: String, (name, value): (&&str, &String)| {
            text.replace(&format!("{{{name}}}"), value)
        };
        gaps.iter().fold(form.clone(), fill)
    }
}

/// An English message beside the same in the language.
struct Told {
    /// What says most of itself first, so that a mere gap takes nothing from it.
    pairs: Vec<(String, Message)>,
}

impl Told {
    fn of(language: Language) -> Self {
        let mut said = read(language.among([EN, DE, ES, FR]));
        let mut pairs: Vec<(String, Message)> = read(EN)
            .into_iter()
            .filter_map(|(key, english)| Some((english, said.remove(&key)?)))
            .flat_map(|(english, said)| {
                let forms = english.forms().into_iter().map(str::to_owned);
                forms.map(|form| (form, said.clone())).collect::<Vec<_>>()
            })
            .collect();
        pairs.sort_by_key(|(form, _)| std::cmp::Reverse(literals(form)));
        Self { pairs }
    }

    /// All of them or none: half a text in two languages helps nobody.
    fn sentences(&self, text: &str) -> Option<String> {
        let parts = split(text);
        let mut said = Vec::new();
        let mut from = 0;
        while from < parts.len() {
            // A name may hold a full stop, so the fewest parts that are known together.
            let (to, words) = (from + 1..=parts.len()).find_map(|to| {
                let one = parts[from..to].join(" ");
                Some((to, self.one(&one)?))
            })?;
            said.push(words);
            from = to;
        }
        Some(said.join(" "))
    }

    fn one(&self, text: &str) -> Option<String> {
        let whole = self.spoken(text);
        whole.or_else(|| Some(format!("{}.", self.spoken(text.strip_suffix('.')?)?)))
    }

    fn spoken(&self, text: &str) -> Option<String> {
        let plain = text.replace('\'', "’");
        self.pairs.iter().find_map(|(pattern, said)| {
            let mut gaps = HashMap::new();
            if !fits(pattern, &plain, &mut gaps) {
                return None;
            }
            let gaps = gaps
                .into_iter()
                .map(|(name, value)| (name, self.gap(name, value)))
                .collect();
            Some(said.filled(&gaps))
        })
    }

    /// A reason is a sentence of its own.
    fn gap(&self, name: &str, value: &str) -> String {
        let reason = (name == "why").then(|| self.spoken(value).or_else(|| self.sentences(value)));
        reason.flatten().unwrap_or_else(|| value.to_owned())
    }
}

fn read(files: [&str; 2]) -> BTreeMap<String, Message> {
    let [window, own] = files;
    let mut all: BTreeMap<String, Message> = serde_json::from_str(window).unwrap_or_default();
    all.retain(|key, _| KNOWN.iter().any(|start| key.starts_with(start)));
    let own: BTreeMap<String, Message> = serde_json::from_str(own).unwrap_or_default();
    all.extend(own);
    all
}

/// How many characters of a message are not gaps.
fn literals(form: &str) -> usize {
    let parts = form.split(['{', '}']).step_by(2);
    parts.map(str::len).sum()
}

/// Where a full stop ends a sentence and another begins.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, _) in text.match_indices(". ") {
        let next = text[at + 2..].chars().next();
        if next.is_some_and(|next| next.is_ascii_uppercase() || next.is_ascii_digit()) {
            parts.push(&text[from..=at]);
            from = at + 2;
        }
    }
    parts.push(&text[from..]);
    parts
}

/// Whether the text is the pattern with something in each `{gap}`, the first gap as short as it can be.
fn fits<'p, 't>(pattern: &'p str, text: &'t str, gaps: &mut HashMap<&'p str, &'t str>) -> bool {
    let Some((before, rest)) = pattern.split_once('{') else {
        return pattern == text;
    };
    let (Some((name, after)), Some(text)) = (rest.split_once('}'), text.strip_prefix(before))
    else {
        return false;
    };
    let literal = after.split('{').next().unwrap_or_default();
    let ends = text
        .char_indices()
        .map(|(at, _)| at)
        .chain([text.len()])
        .skip(1);
    for end in ends {
        if text[end..].starts_with(literal) && fits(after, &text[end..], gaps) {
            gaps.insert(name, &text[..end]);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Language; 3] = [Language::De, Language::Es, Language::Fr];
    /// Where it is written what the command line refuses with, and what the page says.
    const SOURCES: [&str; 10] = [
        include_str!("client.rs"),
        include_str!("command.rs"),
        include_str!("command/forget.rs"),
        include_str!("command/named.rs"),
        include_str!("command/receivers.rs"),
        include_str!("command/renew.rs"),
        include_str!("command/snooze.rs"),
        include_str!("command/source.rs"),
        include_str!("command/trust.rs"),
        include_str!("loopback.rs"),
    ];

    /// The sentences in quotes, each gap filled; the help is in English.
    fn written(source: &str) -> Vec<String> {
        let code = source.lines();
        let code = code.filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<&str> = code.map(str::trim_start).collect();
        // A sentence may go on in the next line.
        let code = code.join("\n").replace("\\\n", "");
        let quoted = code.split('"').skip(1).step_by(2);
        let sentences = quoted.filter(|text| {
            let starts = text.starts_with(|first: char| {
                first.is_ascii_uppercase() || first == '`' || first == '{'
            });
            starts && text.ends_with('.') && text.contains(' ') && !text.starts_with("Exit codes")
        });
        sentences.map(filled).collect()
    }

    fn filled(text: &str) -> String {
        let parts = text.split(['{', '}']).enumerate();
        let parts = parts.map(|(place, part)| if place % 2 == 1 { "7" } else { part });
        parts.collect()
    }

    #[test]
    fn every_refusal_and_page_is_said_in_each_language() {
        let sentences: Vec<String> = SOURCES.iter().copied().flat_map(written).collect();
        assert!(sentences.len() > 25, "{sentences:#?}");
        for sentence in &sentences {
            for language in ALL {
                let said = super::sentences(sentence, language);
                assert_ne!(said, *sentence, "{language:?}");
                assert!(!said.contains(['{', '}']), "{said}");
            }
        }
    }

    #[test]
    fn a_strange_certificate_and_a_role_that_is_told_nothing_are_said_in_each_language() {
        let all = [
            "The receiver at fly.example shows another certificate than the one that was compared (it was AB CD, it is EF 01 now). \
             Nothing is sent to it until you compare and accept the new one.",
            "The receiver at fly.example is no longer trusted: its certificate is unfit. Nothing is sent to it until that is \
             mended, or you compare and accept its fingerprint AB CD.",
            "The receiver at fly.example tells nothing to this computer's role. Pair with a code of the role viewer or a higher \
             one: syncward-receiver pair --role viewer.",
            "Start it with --receiver ADDRESS --code CODE --pin FINGERPRINT once you have compared it.",
            "This is not a whole address: https:// is missing before it.",
            "This is not an address: invalid port number.",
            "Plain http is taken for this computer only; the token would travel unprotected.",
            "ftp is not a scheme a receiver speaks.",
        ];
        for (sentence, language) in all.iter().flat_map(|it| ALL.map(|one| (it, one))) {
            let said = super::sentences(sentence, language);
            assert_ne!(said, **sentence, "{language:?}");
            let english = ["Nothing is", "Pair with", "unfit"];
            assert!(!english.iter().any(|it| said.contains(it)), "{said}");
        }
    }

    #[test]
    fn each_language_has_the_same_words_of_its_own() {
        let keys = |files: [&str; 2]| -> Vec<String> {
            let own: BTreeMap<String, Message> =
                serde_json::from_str(files[1]).expect("a map of messages");
            own.into_keys().collect()
        };
        for files in [DE, ES, FR] {
            assert_eq!(keys(files), keys(EN));
        }
    }

    #[test]
    fn a_reason_in_a_sentence_is_said_too_and_what_is_unknown_stays_whole() {
        let text = "The receiver at fly.example:8480 can't be reached: nothing answers there. What you see is the last known \
                    state; this computer tries again by itself.";
        let said = sentences(text, Language::De);
        assert!(said.contains("fly.example:8480"), "{said}");
        assert!(
            !said.contains("nothing answers") && !said.contains("What you see"),
            "{said}"
        );
        let odd = "Try again. Nobody ever wrote this.";
        assert_eq!(sentences(odd, Language::De), odd);
        assert_eq!(sentences(text, Language::En), text);
    }
}
