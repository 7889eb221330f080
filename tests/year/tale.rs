//! What happened, line by line: a digest of all of it, and enough of it to read how a link came to break a promise.

use std::collections::VecDeque;
use std::fmt::Write as _;

use jiff::Timestamp;

/// Lines kept of all links together, or of the one link that is followed.
const KEPT: usize = 40_000;

pub struct Tale {
    lines: VecDeque<(Timestamp, Option<usize>, String)>,
    /// Only this link and what concerns all is kept.
    pub follows: Option<usize>,
    pub digest: u64,
    pub told: u64,
}

impl Tale {
    pub fn new(follows: Option<usize>) -> Self {
        Self {
            lines: VecDeque::new(),
            follows,
            digest: 0xcbf2_9ce4_8422_2325,
            told: 0,
        }
    }

    pub fn tell(&mut self, at: Timestamp, link: Option<usize>, line: String) {
        self.told += 1;
        let number = link.map_or(u8::MAX, |link| link as u8);
        let stamp = at.as_millisecond().to_le_bytes();
        let bytes = line.bytes().chain(stamp).chain([number]);
        self.digest = bytes.fold(self.digest, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        if self.follows.is_some() && link.is_some() && link != self.follows {
            return;
        }
        if self.lines.len() >= KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back((at, link, line));
    }

    /// The last lines of one link, with what concerned all.
    pub fn of(&self, link: Option<usize>, most: usize) -> String {
        let mine: Vec<_> = self
            .lines
            .iter()
            .filter(|(_, of, _)| link.is_none() || of.is_none() || *of == link)
            .collect();
        let mut text = String::new();
        for (at, of, line) in &mine[mine.len().saturating_sub(most)..] {
            let of = of.map_or("all".to_owned(), |of| format!("link {of}"));
            let _ = writeln!(
                text,
                "  {}  {of:<9}{line}",
                at.strftime("%Y-%m-%d %H:%M:%S%.3f")
            );
        }
        text
    }
}
