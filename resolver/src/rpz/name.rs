//! Names as zone files write them (RFC 1035 §5.1), into wire form.

use crate::query::MAX_NAME;

const MAX_LABEL: usize = 63;

/// Why text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameError {
    #[error("a name has an empty label (two dots in a row, or one at its beginning)")]
    EmptyLabel,
    #[error("a label is longer than 63 octets")]
    LongLabel,
    #[error("a name is longer than 255 octets")]
    LongName,
    #[error("`\\` is followed neither by a character nor by three digits up to 255")]
    Escape,
    #[error("a name holds octets that are not printable ASCII; write it in its xn-- form")]
    NotAscii,
    #[error("a name stands in quotes")]
    Quoted,
}

/// Reads a name into `wire`, uncompressed, its letters as they are written. A name that does not end
/// in a dot is below `origin`, which is in wire form.
pub(super) fn read(text: &[u8], origin: &[u8], wire: &mut Vec<u8>) -> Result<(), NameError> {
    wire.clear();
    match text {
        b"@" => {
            wire.extend_from_slice(origin);
            return Ok(());
        }
        b"." => {
            wire.push(0);
            return Ok(());
        }
        _ => {}
    }
    let mut rest = text;
    loop {
        let start = wire.len();
        wire.push(0);
        let ended = label(&mut rest, wire)?;
        let length = wire.len() - start - 1;
        match length {
            0 => return Err(NameError::EmptyLabel),
            1..=MAX_LABEL => {}
            _ => return Err(NameError::LongLabel),
        }
        // Cannot be cut short: it is at most 63.
        wire[start] = length as u8;
        match ended {
            End::Dot if rest.is_empty() => {
                wire.push(0);
                break;
            }
            End::Dot => {}
            End::Text => {
                wire.extend_from_slice(origin);
                break;
            }
        }
        if wire.len() > MAX_NAME {
            return Err(NameError::LongName);
        }
    }
    if wire.len() > MAX_NAME {
        return Err(NameError::LongName);
    }
    Ok(())
}

/// How a label ended.
enum End {
    Dot,
    Text,
}

fn label(rest: &mut &[u8], wire: &mut Vec<u8>) -> Result<End, NameError> {
    while let Some((&octet, after)) = rest.split_first() {
        *rest = after;
        match octet {
            b'.' => return Ok(End::Dot),
            b'\\' => wire.push(escape(rest)?),
            b'"' => return Err(NameError::Quoted),
            b'!'..=b'~' => wire.push(octet),
            _ => return Err(NameError::NotAscii),
        }
    }
    Ok(End::Text)
}

/// What stands behind a backslash: three digits, or a character that means itself.
fn escape(rest: &mut &[u8]) -> Result<u8, NameError> {
    match rest {
        [
            a @ b'0'..=b'9',
            b @ b'0'..=b'9',
            c @ b'0'..=b'9',
            after @ ..,
        ] => {
            let digit = |octet: &u8| u16::from(octet - b'0');
            let number = digit(a) * 100 + digit(b) * 10 + digit(c);
            *rest = after;
            u8::try_from(number).map_err(|_| NameError::Escape)
        }
        [b'0'..=b'9', ..] | [] => Err(NameError::Escape),
        [octet, after @ ..] => {
            *rest = after;
            Ok(*octet)
        }
    }
}

/// A name in wire form as people write it, without its last dot. What is not printable, and dots
/// within labels, are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl std::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        use std::fmt::Write as _;
        if matches!(self.0, [0] | []) {
            return f.write_char('.');
        }
        let mut rest = self.0;
        let mut first = true;
        while let Some((&length, after)) = rest.split_first() {
            let Some((label, after)) = after.split_at_checked(usize::from(length)) else {
                break;
            };
            rest = after;
            if length == 0 {
                break;
            }
            if !std::mem::take(&mut first) {
                f.write_char('.')?;
            }
            for octet in label {
                match octet {
                    b'.' | b'\\' | b'"' | b'(' | b')' | b';' | b'@' => {
                        write!(f, "\\{}", char::from(*octet))?;
                    }
                    b'!'..=b'~' => f.write_char(char::from(*octet))?,
                    _ => write!(f, "\\{octet:03}")?,
                }
            }
        }
        Ok(())
    }
}

/// The name with its first label off; `None` for the root.
pub(super) fn parent(wire: &[u8]) -> Option<&[u8]> {
    match wire.split_first() {
        None | Some((0, _)) => None,
        Some((&length, rest)) => rest.get(usize::from(length)..),
    }
}

/// Octets of the uncompressed name that `wire` begins with, its root among them; `None` where there is
/// none.
pub(super) fn length(wire: &[u8]) -> Option<usize> {
    let mut end = 0;
    loop {
        let label = usize::from(*wire.get(end)?);
        end += 1 + label;
        if label == 0 && end <= MAX_NAME {
            return Some(end);
        }
        if label == 0 || label > MAX_LABEL {
            return None;
        }
    }
}

/// The label next to the root; nothing for the root.
pub(super) fn last_label(wire: &[u8]) -> &[u8] {
    let mut rest = wire;
    let mut last = &wire[..0];
    while let Some((&length @ 1.., after)) = rest.split_first() {
        let Some((label, after)) = after.split_at_checked(usize::from(length)) else {
            break;
        };
        (last, rest) = (label, after);
    }
    last
}

/// What stands before `zone` in `wire`, when `wire` is the zone itself or below it. Both in lower
/// case; what is given has no root octet.
pub(super) fn below<'w>(wire: &'w [u8], zone: &[u8]) -> Option<&'w [u8]> {
    let mut suffix = wire;
    while suffix.len() > zone.len() {
        suffix = parent(suffix)?;
    }
    (suffix == zone).then(|| wire.get(..wire.len() - suffix.len()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(text: &str) -> Result<Vec<u8>, NameError> {
        let mut wire = Vec::new();
        read(text.as_bytes(), b"\x03rpz\x04test\0", &mut wire).map(|()| wire)
    }

    #[test]
    fn names_are_read_as_written() {
        assert_eq!(wire("a.B.").unwrap(), b"\x01a\x01B\0");
        assert_eq!(wire("a").unwrap(), b"\x01a\x03rpz\x04test\0");
        assert_eq!(wire("@").unwrap(), b"\x03rpz\x04test\0");
        assert_eq!(wire(".").unwrap(), b"\0");
        assert_eq!(wire("*.x.").unwrap(), b"\x01*\x01x\0");
        assert_eq!(wire(r"a\.b\046c\\.").unwrap(), b"\x06a.b.c\\\0");
        for (text, error) in [
            ("a..b", NameError::EmptyLabel),
            (".a", NameError::EmptyLabel),
            ("", NameError::EmptyLabel),
            (r"a\", NameError::Escape),
            (r"a\25", NameError::Escape),
            (r"a\256", NameError::Escape),
            ("обмен", NameError::NotAscii),
            ("\"a\"", NameError::Quoted),
        ] {
            assert_eq!(wire(text), Err(error), "{text}");
        }
        assert_eq!(wire(&"x".repeat(64)), Err(NameError::LongLabel));
        assert_eq!(wire(&"abcdefg.".repeat(32)), Err(NameError::LongName));
        assert_eq!(wire(&"abcdefg.".repeat(31)).unwrap().len(), 249);
        // Its own length is fine; with the origin it is too long.
        assert_eq!(
            wire(&"abcdefg.".repeat(31)[..247]),
            Err(NameError::LongName)
        );
    }

    proptest! {
        /// What is read is a name, and shown it reads as the same.
        #[test]
        fn any_octets_are_a_name_or_refused(text in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut wire = Vec::new();
            if read(&text, b"\x01o\0", &mut wire).is_ok() {
                prop_assert!(crate::query::LowerName::read(&wire).is_some());
                let shown = format!("{}.", Shown(&wire)).replace("..", ".");
                let mut again = Vec::new();
                read(shown.as_bytes(), b"\x01o\0", &mut again).unwrap();
                prop_assert_eq!(again, wire);
            }
        }
    }

    #[test]
    fn a_name_is_as_long_as_it_says() {
        assert_eq!(length(b"\x01a\0behind"), Some(3));
        assert_eq!(length(b"\0"), Some(1));
        assert_eq!(length(b""), None);
        assert_eq!(length(b"\x01a"), None);
        assert_eq!(length(b"\x40"), None);
        let longest = [&b"\x3f"[..], &[b'a'; 63]].concat().repeat(4);
        assert_eq!(length(&[&longest[..254], b"\0"].concat()), None);
        assert_eq!(
            length(&[&longest[64..], b"\x3d", &[b'a'; 61], b"\0"].concat()),
            Some(255)
        );
        assert_eq!(
            length(&[&longest[64..], b"\x3e", &[b'a'; 62], b"\0"].concat()),
            None
        );
    }

    #[test]
    fn what_stands_before_a_zone() {
        let zone = b"\x01z\0";
        assert_eq!(below(b"\x01a\x01z\0", zone), Some(&b"\x01a"[..]));
        assert_eq!(below(zone, zone), Some(&b""[..]));
        assert_eq!(below(b"\x03a\x01z\0", zone), None);
        assert_eq!(below(b"\0", zone), None);
    }
}
