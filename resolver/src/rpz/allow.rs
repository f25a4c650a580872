//! An operator's own list of names that no policy zone touches: one name a line, each with everything
//! below it. The national list is not the operator's, and so is not changed by it.

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use super::{
    name,
    names::{Names, NamesBuilder},
    parse::Problem,
    record,
};

/// Longest line that is looked at, in octets.
const MAX_LINE: u64 = 4096;
/// Most problems that are kept with their words; all are counted.
const MAX_PROBLEMS: usize = 1000;
const LISTED: u32 = 1;

/// Names that are let through.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    path: PathBuf,
    names: Names,
    bad: u64,
    problems: Vec<Problem>,
}

impl Allowed {
    /// Reads a file. Lines that hold no name are left out and stand in [`Self::problems`].
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        let mut names = NamesBuilder::default();
        let mut allowed = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let mut file = BufReader::new(File::open(path)?);
        let (mut line, mut wire) = (Vec::new(), Vec::new());
        for number in 1.. {
            line.clear();
            if file.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
                break;
            }
            let text = line.split(|octet| matches!(octet, b'#' | b';')).next();
            let text = text.unwrap_or_default().trim_ascii();
            if text.is_empty() {
                continue;
            }
            match read(text, &mut wire) {
                Ok(()) => {
                    let place = names.place(&wire);
                    let place = place.map_err(|_| io::Error::other("more than 2 GiB of names"))?;
                    names.set(place, LISTED);
                }
                Err(words) => {
                    allowed.bad += 1;
                    if allowed.problems.len() < MAX_PROBLEMS {
                        let line = number;
                        allowed.problems.push(Problem { line, words });
                    }
                }
            }
        }
        allowed.names = names.finish();
        Ok(allowed)
    }

    /// Whether a name in lower case on the wire, or one above it, is listed.
    pub(crate) fn contains(&self, lower: &[u8]) -> bool {
        let mut found = false;
        self.names.walk(lower, |_, _| found = true);
        found
    }

    /// The file it was read from.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Names listed.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// Lines that were left out.
    pub(crate) fn bad(&self) -> u64 {
        self.bad
    }

    /// The first of what was left out, in order of line.
    pub(crate) fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn read(text: &[u8], wire: &mut Vec<u8>) -> Result<(), String> {
    if text.iter().any(u8::is_ascii_whitespace) {
        return Err(format!("one name a line, and not `{}`", record::text(text)));
    }
    if text.starts_with(b"*.") {
        return Err("a name stands for all below it anyway; write it without `*.`".into());
    }
    if matches!(text, b"." | b"@") {
        return Err("this would let everything through; leave the policy zones out instead".into());
    }
    name::read(text, b"\0", wire).map_err(|error| error.to_string())?;
    wire.make_ascii_lowercase();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_all_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("allowed");
        std::fs::write(
            &path,
            "# ours\nBank.Example ; the bank\n\n*.x.example\ntwo names\n.\na..b\nb.example.",
        )
        .unwrap();
        let allowed = Allowed::load(&path).unwrap();
        assert_eq!((allowed.len(), allowed.bad()), (2, 4));
        let lines: Vec<_> = allowed.problems().iter().map(|p| p.line).collect();
        assert_eq!(lines, [4, 5, 6, 7]);
        for (name, is) in [
            (&b"\x04bank\x07example\0"[..], true),
            (b"\x03www\x04bank\x07example\0", true),
            (b"\x01b\x07example\0", true),
            (b"\x07example\0", false),
            (b"\x01x\x07example\0", false),
            (b"\0", false),
        ] {
            assert_eq!(allowed.contains(name), is, "{}", name.escape_ascii());
        }
    }
}
