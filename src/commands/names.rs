//! Names as they stand in what operators have: one a line, or a name and how often it was asked for.

/// The longest line that is read, in octets; a name is at most 255 of them, written with escapes 1,012.
pub(super) const MAX_LINE: u64 = 2048;

/// A name, and what it is looked up by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// Lower case, without the final dot, as it was written.
    pub(super) text: String,
    /// Uncompressed, in lower case, with its root octet.
    pub(super) wire: Vec<u8>,
}

/// Neither a name nor a name and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoName;

/// Reads a line; `None` for one that says nothing: empty, or a comment after `#`.
///
/// A query log holds more than host names, so labels are any printable ASCII (RFC 2181 §11), and only
/// their lengths are held to (RFC 1035 §2.3.4). Escapes (`\.`, `\032`) are not read: no listed name needs one.
pub(super) fn read(line: &[u8]) -> Result<Option<(Name, u64)>, NoName> {
    let line = std::str::from_utf8(line).map_err(|_| NoName)?;
    let mut words = line.split_ascii_whitespace();
    let first = match words.next() {
        None => return Ok(None),
        Some(first) if first.starts_with('#') => return Ok(None),
        Some(first) => first,
    };
    let queries = match words.next() {
        None => 1,
        Some(count) => count.parse().map_err(|_| NoName)?,
    };
    match words.next() {
        Some(_) => Err(NoName),
        None => Ok(Some((name(first)?, queries))),
    }
}

fn name(text: &str) -> Result<Name, NoName> {
    let text = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let mut wire = Vec::with_capacity(text.len() + 2);
    // The root alone is a name, too.
    for label in text.split('.').filter(|_| !text.is_empty()) {
        let plain = label.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        let length = u8::try_from(label.len()).unwrap_or(u8::MAX);
        if !plain || !(1..=63).contains(&length) {
            return Err(NoName);
        }
        wire.push(length);
        wire.extend_from_slice(label.as_bytes());
    }
    wire.push(0);
    if wire.len() > 255 {
        return Err(NoName);
    }
    Ok(Name { text, wire })
}

#[cfg(test)]
mod tests {
    use blocklist::DomainName;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_are_read_as_they_are_meant() {
        let of =
            |line: &str| read(line.as_bytes()).map(|read| read.map(|(name, n)| (name.text, n)));
        for (line, expected) in [
            ("obmen.test", Some(("obmen.test", 1))),
            ("WWW.Obmen.Test.\t17", Some(("www.obmen.test", 17))),
            ("_dmarc.obmen.test 3", Some(("_dmarc.obmen.test", 3))),
            (". 5", Some(("", 5))),
            ("", None),
            ("# obmen.test", None),
        ] {
            let expected = expected.map(|(name, n): (&str, _)| (name.to_owned(), n));
            assert_eq!(of(line), Ok(expected), "{line}");
        }
        for line in [
            "a..b",
            ".a",
            "обмен.test",
            "a.test many",
            "a.test 1 2",
            "a.test -1",
            "a\\.b.test",
            &"a.".repeat(130),
            &"a".repeat(64),
        ] {
            assert_eq!(of(line), Err(NoName), "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_or_refused(line in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(Some((name, _))) = read(&line) {
                prop_assert!(name.wire.len() <= 255 && name.wire.last() == Some(&0));
            }
        }

        #[test]
        fn a_listed_name_is_looked_up_by_the_same_octets(host in "[a-z0-9]{1,9}(\\.[a-z0-9]{1,9}){1,3}") {
            let Ok(listed) = DomainName::parse(&host) else { return Ok(()) };
            let (name, _) = read(host.to_uppercase().as_bytes()).unwrap().unwrap();
            prop_assert_eq!(name.wire, listed.to_wire());
        }
    }
}
