//! A zone file cut into entries: a line each, or several where parentheses join them (RFC 1035 §5.1).
//!
//! A file is read through a window, so that one of any size takes little memory and no line is
//! allocated for itself.

use std::io::{self, Read};

/// Most octets of an entry: more than any record can take.
const MAX_ENTRY: usize = 128 * 1024;
const WINDOW: usize = 2 * MAX_ENTRY;

/// One entry, and the line it begins on, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'b> {
    pub(super) line: u64,
    pub(super) text: Result<&'b [u8], EntryError>,
    /// Whether it ends in a newline. The last one of a file may not; a file that was cut short ends so.
    pub(super) has_end: bool,
}

/// Why an entry has no end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum EntryError {
    /// Reading goes on with the next line, so that what follows is not swallowed.
    #[error("a parenthesis is opened and not closed")]
    Unclosed,
    #[error("a line is longer than 128 KiB")]
    TooLong,
}

/// Entries of a file.
pub(super) struct Entries<R> {
    file: R,
    window: Vec<u8>,
    /// What is read and not yet given out.
    start: usize,
    end: usize,
    is_whole: bool,
    /// The line that begins at `start`.
    line: u64,
}

/// Where an entry may end, as far as it was looked at.
#[derive(Default)]
struct Scan {
    /// Octets looked at, from the entry's start.
    at: usize,
    depth: usize,
    quoted: bool,
    comment: bool,
    escaped: bool,
    /// Lines that ended within parentheses, and where the first of them did.
    lines: u64,
    first_line: Option<usize>,
}

impl Scan {
    /// Looks further; where the entry ends, past its newline, if it does here.
    fn look(&mut self, bytes: &[u8]) -> Option<usize> {
        if self.at == 0
            && let Some(length) = plain_line(bytes)
        {
            (self.at, self.lines) = (length, 1);
            return Some(length);
        }
        for &octet in bytes.get(self.at..)? {
            self.at += 1;
            if octet == b'\n' {
                (self.quoted, self.comment, self.escaped) = (false, false, false);
                self.lines += 1;
                if self.depth == 0 {
                    return Some(self.at);
                }
                self.first_line.get_or_insert(self.at);
            } else if octet > b'\\' || self.comment || self.escaped {
                self.escaped = false;
            } else {
                match octet {
                    b'\\' => self.escaped = true,
                    b'"' => self.quoted = !self.quoted,
                    _ if self.quoted => {}
                    b';' => self.comment = true,
                    b'(' => self.depth += 1,
                    b')' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
        None
    }
}

/// Octets up to the end of the line, where nothing before it joins or hides lines: nearly all of them.
fn plain_line(bytes: &[u8]) -> Option<usize> {
    let is_special = |octet: &u8| IS_SPECIAL[usize::from(*octet)];
    let at = bytes.iter().position(is_special)?;
    (bytes.get(at) == Some(&b'\n')).then_some(at + 1)
}

/// The octets that [`Scan`] has to look at.
const IS_SPECIAL: [bool; 256] = {
    let mut is_special = [false; 256];
    let special = b"\n\\\";()";
    let mut at = 0;
    while at < special.len() {
        is_special[special[at] as usize] = true;
        at += 1;
    }
    is_special
};

impl<R: Read> Entries<R> {
    pub(super) fn new(file: R) -> Self {
        Self {
            file,
            window: vec![0; WINDOW],
            start: 0,
            end: 0,
            is_whole: false,
            line: 1,
        }
    }

    /// The next entry; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        let line = self.line;
        let mut scan = Scan::default();
        let mut has_end = true;
        let found = loop {
            let bytes = self.window.get(self.start..self.end).unwrap_or_default();
            if let Some(length) = scan.look(bytes) {
                break Ok(length);
            }
            if bytes.len() >= MAX_ENTRY || self.is_whole {
                if bytes.is_empty() {
                    return Ok(None);
                }
                has_end = !self.is_whole;
                break match scan.first_line {
                    Some(first) => Err((EntryError::Unclosed, first)),
                    None if !self.is_whole => Err((EntryError::TooLong, bytes.len())),
                    None if scan.depth > 0 => Err((EntryError::Unclosed, bytes.len())),
                    None => Ok(bytes.len()),
                };
            }
            self.fill()?;
        };
        let start = self.start;
        Ok(Some(match found {
            Ok(length) => {
                self.start += length;
                self.line += scan.lines;
                Entry {
                    line,
                    text: Ok(self.window.get(start..start + length).unwrap_or_default()),
                    has_end,
                }
            }
            Err((error, length)) => {
                self.start += length;
                if error == EntryError::TooLong {
                    self.skip_line()?;
                }
                self.line += 1;
                Entry {
                    line,
                    text: Err(error),
                    has_end: true,
                }
            }
        }))
    }

    /// Reads more, behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        if self.end == self.window.len() {
            self.window.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        let room = self.window.get_mut(self.end..).unwrap_or_default();
        match self.file.read(room) {
            Ok(0) => self.is_whole = true,
            Ok(read) => self.end += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Goes on behind the end of a line that is too long to be looked at.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let bytes = self.window.get(self.start..self.end).unwrap_or_default();
            if let Some(at) = bytes.iter().position(|octet| *octet == b'\n') {
                self.start += at + 1;
                return Ok(());
            }
            self.start = self.end;
            if self.is_whole {
                return Ok(());
            }
            self.fill()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives few octets at a time, so that entries lie across windows.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
            let length = room.len().min(self.1).min(self.0.len());
            let (now, later) = self.0.split_at(length);
            room[..length].copy_from_slice(now);
            self.0 = later;
            Ok(length)
        }
    }

    fn entries(text: &[u8], step: usize) -> Vec<(u64, Result<String, EntryError>)> {
        let mut entries = Entries::new(Slow(text, step));
        let mut all = Vec::new();
        while let Some(entry) = entries.next().unwrap() {
            let text = entry
                .text
                .map(|text| String::from_utf8_lossy(text).into_owned());
            all.push((entry.line, text));
        }
        all
    }

    fn ok(text: &str) -> Result<String, EntryError> {
        Ok(text.to_owned())
    }

    #[test]
    fn parentheses_join_lines_and_quotes_and_comments_hide_them() {
        let text = b"a ( 1 ; (\n 2 )\nb \"(\" ; (\nc \\( x\n\nd\n";
        for step in [1, 3, 100] {
            assert_eq!(
                entries(text, step),
                [
                    (1, ok("a ( 1 ; (\n 2 )\n")),
                    (3, ok("b \"(\" ; (\n")),
                    (4, ok("c \\( x\n")),
                    (5, ok("\n")),
                    (6, ok("d\n")),
                ]
            );
        }
    }

    #[test]
    fn an_open_parenthesis_swallows_only_its_line() {
        let whole = entries(b"a (\nb\nc\n", 2);
        assert_eq!(
            whole,
            [
                (1, Err(EntryError::Unclosed)),
                (2, ok("b\n")),
                (3, ok("c\n"))
            ]
        );
        let long = [&b"a (\n"[..], &b"b\n".repeat(MAX_ENTRY)].concat();
        let whole = entries(&long, 1 << 20);
        assert_eq!(whole.len(), MAX_ENTRY + 1);
        assert_eq!(whole.last().unwrap().0, MAX_ENTRY as u64 + 1);
    }

    #[test]
    fn long_lines_and_cut_ends_are_seen() {
        let long = [&b"x".repeat(3 * WINDOW)[..], b"\ny\nz"].concat();
        assert_eq!(
            entries(&long, 1 << 20),
            [(1, Err(EntryError::TooLong)), (2, ok("y\n")), (3, ok("z")),]
        );
        let mut cut = Entries::new(&b"y\nz"[..]);
        assert!(cut.next().unwrap().unwrap().has_end);
        assert!(!cut.next().unwrap().unwrap().has_end);
    }

    proptest! {
        /// However it is read, the same entries come, and no octet of those that have an end is lost.
        #[test]
        fn windows_do_not_matter(text in "[a(); \"\\\\\n]{0,60}", step in 1usize..9) {
            let all = entries(text.as_bytes(), step);
            prop_assert_eq!(&all, &entries(text.as_bytes(), 1 << 16));
            if all.iter().all(|(_, text)| text.is_ok()) {
                let joined: String = all.into_iter().filter_map(|(_, text)| text.ok()).collect();
                prop_assert_eq!(joined, text);
            }
        }
    }
}
