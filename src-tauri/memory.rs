//! Memory that only a window needs, given back once it is gone.

use std::ops::Range;

/// Lets go of the program code and the tables that the window's libraries have read, and of heap that is free.
///
/// They stay in the system's cache: whatever runs again is mapped again from there. Most of what a window costs this
/// process is of that kind, and the system itself takes it back only when memory runs short.
pub fn give_back() {
    match std::fs::read_to_string("/proc/self/smaps") {
        Ok(listed) => untouched(&listed).for_each(let_go),
        Err(error) => tracing::debug!(%error, "mappings could not be listed"),
    }
    trim_heap();
}

/// Mappings of loaded programs and libraries that nobody may write to and nobody has: what is in them is what is in the file.
fn untouched(listed: &str) -> impl Iterator<Item = Range<usize>> {
    let mut mapping = None;
    listed.lines().filter_map(move |line| {
        let mut words = line.split_ascii_whitespace();
        let (first, second) = (words.next()?, words.next()?);
        match first {
            "Anonymous:" => mapping.take().filter(|_| second == "0"),
            _ if first.ends_with(':') => None,
            _ => {
                let is_code = words.nth(3).is_some_and(is_loaded);
                let is_fixed = matches!(second, "r-xp" | "r--p");
                mapping = range(first).filter(|_| is_code && is_fixed);
                None
            }
        }
    })
}

/// A shared library, or this program: they stay where they are until the end.
fn is_loaded(path: &str) -> bool {
    path.contains(".so") || std::env::current_exe().is_ok_and(|own| own.as_os_str() == path)
}

/// Of `55d0c0a00000-55d0c0b00000`.
fn range(words: &str) -> Option<Range<usize>> {
    let (start, end) = words.split_once('-')?;
    let address = |word| usize::from_str_radix(word, 16).ok();
    Some(address(start)?..address(end)?)
}

#[expect(
    unsafe_code,
    reason = "no crate has a safe face for it; the pages are the file's own and are read again from there"
)]
fn let_go(pages: Range<usize>) {
    let start = std::ptr::with_exposed_provenance_mut(pages.start);
    // SAFETY: a private mapping of a file that can't be written to and holds no page of its own reads the same afterwards, and
    // a loaded program or library stays mapped: toolkit and loader unload none, and this is the toolkit's own thread.
    unsafe { libc::madvise(start, pages.len(), libc::MADV_DONTNEED) };
}

#[expect(unsafe_code, reason = "no crate has a safe face for it")]
fn trim_heap() {
    // SAFETY: it may be called at any time; only memory that nobody holds is given back.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTED: &str = "\
7f0000a00000-7f0000b00000 r--p 00000000 fd:01 123                        /usr/lib/libgtk-3.so.0.2406.32
Size:               1024 kB
Anonymous:             0 kB
VmFlags: rd mr mw me sd
7f0000b00000-7f0000d00000 r-xp 00100000 fd:01 123                        /usr/lib/libgtk-3.so.0.2406.32
Anonymous:             0 kB
7f0000d00000-7f0000e00000 r--p 00300000 fd:01 123                        /usr/lib/libgtk-3.so.0.2406.32
Anonymous:            64 kB
7f0000e00000-7f0000f00000 rw-p 00400000 fd:01 123                        /usr/lib/libgtk-3.so.0.2406.32
Anonymous:             0 kB
7f0001000000-7f0001100000 r--p 00000000 00:00 0
Anonymous:             0 kB
7f0001200000-7f0001300000 r--p 00000000 fd:01 456                        /var/cache/fontconfig/a.cache-7
Anonymous:             0 kB
";

    #[test]
    fn only_what_is_still_as_in_its_file_is_let_go() {
        let found: Vec<_> = untouched(LISTED).collect();
        let code = 0x7f00_00b0_0000..0x7f00_00d0_0000;
        assert_eq!(found, [0x7f00_00a0_0000..0x7f00_00b0_0000, code]);
    }

    #[test]
    fn the_program_runs_on() {
        give_back();
        assert_eq!(range("10-2f"), Some(0x10..0x2f));
    }
}
