//! One entry of a zone file: a directive, or a record with its owner, TTL, class and type in the order
//! of RFC 1035 §5.1 (TTL and class also the other way round).

use domain::{
    base::{Name, Rtype, iana::Class, rdata::ComposeRecordData},
    zonefile::inplace::{Entry, Zonefile},
};

use super::name::{self, NameError};

/// The longest TTL (RFC 2181 §8).
const MAX_TTL: u32 = i32::MAX as u32;

pub(super) const TYPE_A: u16 = 1;
pub(super) const TYPE_CNAME: u16 = 5;
pub(super) const TYPE_SOA: u16 = 6;
pub(super) const TYPE_AAAA: u16 = 28;

/// Why an entry is no record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RecordError {
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("the record has no type")]
    NoType,
    #[error("`{0}` is neither a TTL, a class nor a record type")]
    UnknownWord(String),
    #[error("class {0}; a policy zone is of class IN")]
    Class(String),
    #[error("`{0}` is no TTL: seconds up to 2147483647, or such as 1h30m")]
    Ttl(String),
    #[error("the record has no data")]
    NoData,
    #[error("something stands behind the end of the record: `{0}`")]
    Behind(String),
    #[error("the data cannot be read: {0}")]
    Data(String),
    #[error("no line before says whose record this is")]
    NoOwner,
}

/// What an entry says, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written<'a> {
    /// Nothing: an empty line or a comment.
    Blank,
    /// `$ORIGIN`, `$TTL` and others.
    Directive { word: &'a [u8], rest: Words<'a> },
    Record {
        /// `None` where it is that of the record before.
        owner: Option<&'a [u8]>,
        ttl: Option<u32>,
        kind: &'a [u8],
        data: Words<'a>,
    },
}

/// What is left of an entry, and how many parentheses are open there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Words<'a> {
    pub(super) fn new(rest: &'a [u8]) -> Self {
        Self { rest, depth: 0 }
    }

    /// The next word, comments and parentheses left out.
    pub(super) fn next(&mut self) -> Option<&'a [u8]> {
        self.skip();
        let mut quoted = false;
        let mut at = 0;
        while let Some(&octet) = self.rest.get(at) {
            match octet {
                b'\\' => at += 1,
                b'"' => quoted = !quoted,
                b'\n' => break,
                _ if quoted => {}
                b' ' | b'\t' | b'\r' | b';' | b'(' | b')' => break,
                _ => {}
            }
            at += 1;
        }
        let (word, rest) = self.rest.split_at(at.min(self.rest.len()));
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// The next word, and nothing may follow it.
    pub(super) fn only(mut self) -> Result<&'a [u8], RecordError> {
        let word = self.next().ok_or(RecordError::NoData)?;
        match self.next() {
            None => Ok(word),
            Some(behind) => Err(RecordError::Behind(text(behind))),
        }
    }

    fn skip(&mut self) {
        while let Some((&octet, after)) = self.rest.split_first() {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'(' => self.depth += 1,
                b')' => self.depth = self.depth.saturating_sub(1),
                b';' => {
                    let end = after.iter().position(|octet| *octet == b'\n');
                    self.rest = after.get(end.unwrap_or(after.len())..).unwrap_or_default();
                    continue;
                }
                _ => return,
            }
            self.rest = after;
        }
    }
}

/// Text of a file for an error: the beginning of it, and nothing that a terminal would obey.
pub(super) fn text(octets: &[u8]) -> String {
    let shown = octets.get(..60).unwrap_or(octets).escape_ascii();
    let more = if octets.len() > 60 { "…" } else { "" };
    format!("{shown}{more}")
}

/// Takes an entry apart.
pub(super) fn read(entry: &[u8]) -> Result<Written<'_>, RecordError> {
    let mut words = Words::new(entry);
    let has_owner = !matches!(entry.first(), Some(b' ' | b'\t'));
    let Some(first) = words.next() else {
        return Ok(Written::Blank);
    };
    if first.first() == Some(&b'$') && has_owner {
        return Ok(Written::Directive {
            word: first,
            rest: words,
        });
    }
    let (owner, mut word) = if has_owner {
        (Some(first), words.next())
    } else {
        (None, Some(first))
    };
    let mut ttl = None;
    let mut has_class = false;
    loop {
        let kind = word.ok_or(RecordError::NoType)?;
        if kind.first().is_some_and(u8::is_ascii_digit) && ttl.is_none() {
            ttl = Some(seconds(kind)?);
        } else if is_class(kind) && !has_class {
            if !kind.eq_ignore_ascii_case(b"IN") {
                return Err(RecordError::Class(text(kind)));
            }
            has_class = true;
        } else {
            return Ok(Written::Record {
                owner,
                ttl,
                kind,
                data: words,
            });
        }
        word = words.next();
    }
}

fn is_class(word: &[u8]) -> bool {
    const CLASSES: [&[u8]; 4] = [b"IN", b"CH", b"HS", b"CS"];
    CLASSES.iter().any(|class| word.eq_ignore_ascii_case(class))
        || word.get(..5).is_some_and(|start| {
            start.eq_ignore_ascii_case(b"CLASS") && word.get(5).is_some_and(u8::is_ascii_digit)
        })
}

/// A TTL in seconds, or in parts such as `1h30m`.
pub(super) fn seconds(word: &[u8]) -> Result<u32, RecordError> {
    let refused = || RecordError::Ttl(text(word));
    let (mut sum, mut part, mut digits) = (0u64, 0u64, 0);
    for &octet in word {
        let unit = match octet.to_ascii_lowercase() {
            b'0'..=b'9' if digits < 10 => {
                part = part * 10 + u64::from(octet - b'0');
                digits += 1;
                continue;
            }
            b's' => 1,
            b'm' => 60,
            b'h' => 3600,
            b'd' => 86_400,
            b'w' => 604_800,
            _ => return Err(refused()),
        };
        if digits == 0 || sum > u64::from(MAX_TTL) {
            return Err(refused());
        }
        sum += part * unit;
        (part, digits) = (0, 0);
    }
    match u32::try_from(sum + part) {
        Ok(seconds @ ..=MAX_TTL) if !word.is_empty() => Ok(seconds),
        _ => Err(refused()),
    }
}

/// The number of a record type.
pub(super) fn kind(word: &[u8]) -> Result<u16, RecordError> {
    // What nearly every record of such a file is.
    if word.eq_ignore_ascii_case(b"CNAME") {
        return Ok(TYPE_CNAME);
    }
    let known = std::str::from_utf8(word).ok().and_then(|word| {
        let kind: Rtype = word.parse().ok()?;
        Some(kind.to_int())
    });
    known.ok_or_else(|| RecordError::UnknownWord(text(word)))
}

/// Reads the data of a record into wire form, uncompressed. Names that end in no dot are below
/// `origin`.
pub(super) fn data(
    kind: u16,
    words: Words<'_>,
    origin: &[u8],
    wire: &mut Vec<u8>,
) -> Result<(), RecordError> {
    wire.clear();
    let refused = |what| RecordError::Data(format!("{what} is expected"));
    match kind {
        TYPE_CNAME => name::read(words.only()?, origin, wire)?,
        // Zones of many sinkholed names are made of these two.
        TYPE_A if !is_generic(words) => {
            let address = std::str::from_utf8(words.only()?).ok();
            let address = address.and_then(|word| word.parse::<std::net::Ipv4Addr>().ok());
            wire.extend_from_slice(&address.ok_or_else(|| refused("an IPv4 address"))?.octets());
        }
        TYPE_AAAA if !is_generic(words) => {
            let address = std::str::from_utf8(words.only()?).ok();
            let address = address.and_then(|word| word.parse::<std::net::Ipv6Addr>().ok());
            wire.extend_from_slice(&address.ok_or_else(|| refused("an IPv6 address"))?.octets());
        }
        TYPE_SOA => soa(words, origin, wire)?,
        _ => by_library(kind, words, origin, wire)?,
    }
    Ok(())
}

/// Two names, a serial and four times, which people write as `1h`, and `domain` takes as numbers only.
fn soa(mut words: Words<'_>, origin: &[u8], wire: &mut Vec<u8>) -> Result<(), RecordError> {
    let mut name = Vec::new();
    for _ in 0..2 {
        name::read(words.next().ok_or(RecordError::NoData)?, origin, &mut name)?;
        wire.extend_from_slice(&name);
    }
    let serial = words.next().ok_or(RecordError::NoData)?;
    let serial = std::str::from_utf8(serial)
        .ok()
        .and_then(|word| word.parse::<u32>().ok());
    let serial = serial.ok_or_else(|| RecordError::Data("a serial is expected".into()))?;
    wire.extend_from_slice(&serial.to_be_bytes());
    for _ in 0..4 {
        let time = seconds(words.next().ok_or(RecordError::NoData)?)?;
        wire.extend_from_slice(&time.to_be_bytes());
    }
    words
        .next()
        .map_or(Ok(()), |behind| Err(RecordError::Behind(text(behind))))
}

/// Whether the data is in the form of RFC 3597 §5, `\# 4 7f000001`.
fn is_generic(mut words: Words<'_>) -> bool {
    words.next() == Some(br"\#")
}

/// Types that are rare in policy zones are read by `domain`.
fn by_library(
    kind: u16,
    words: Words<'_>,
    origin: &[u8],
    wire: &mut Vec<u8>,
) -> Result<(), RecordError> {
    let refused = |what: &str| RecordError::Data(what.to_owned());
    let mut line = format!(". 0 IN {} ", Rtype::from_int(kind)).into_bytes();
    line.extend(std::iter::repeat_n(b'(', words.depth));
    line.extend_from_slice(words.rest);
    line.push(b'\n');
    let mut file = Zonefile::from(&line[..]);
    let origin = Name::from_octets(bytes::Bytes::copy_from_slice(origin));
    file.set_origin(origin.map_err(|_| refused("the origin is no name"))?);
    file.set_default_class(Class::IN);
    match file.next_entry() {
        Ok(Some(Entry::Record(record))) => record
            .data()
            .compose_rdata(wire)
            .map_err(|_| refused("it is longer than a record can be")),
        Ok(_) => Err(RecordError::NoData),
        Err(error) => {
            let error = error.to_string();
            // The place is one in the line that was made up here.
            let what = error.splitn(3, ':').nth(2).unwrap_or(&error).trim();
            Err(refused(what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record(entry: &str) -> (Option<String>, Option<u32>, u16, Vec<u8>) {
        match read(entry.as_bytes()) {
            Ok(Written::Record {
                owner,
                ttl,
                kind,
                data,
            }) => {
                let kind = super::kind(kind).unwrap();
                let mut wire = Vec::new();
                super::data(kind, data, b"\x01o\0", &mut wire).unwrap();
                let owner = owner.map(|owner| String::from_utf8(owner.to_vec()).unwrap());
                (owner, ttl, kind, wire)
            }
            other => panic!("{entry}: {other:?}"),
        }
    }

    #[test]
    fn ttl_and_class_stand_in_either_order_or_not_at_all() {
        for (entry, ttl) in [
            ("a CNAME .\n", None),
            ("a 60 CNAME .", None.or(Some(60))),
            ("a IN CNAME . ; why", None),
            ("a 1h30m in cname (\n . )", Some(5400)),
            ("a IN 2D CNAME .\r\n", Some(172_800)),
        ] {
            let expected = (Some("a".to_owned()), ttl, TYPE_CNAME, vec![0]);
            assert_eq!(record(entry), expected, "{entry}");
        }
        assert_eq!(record(" A 192.0.2.1"), (None, None, 1, vec![192, 0, 2, 1]));
        // An owner may look like anything.
        assert_eq!(record("60 60 A 192.0.2.1").0.as_deref(), Some("60"));
        assert_eq!(record("IN IN A 192.0.2.1").0.as_deref(), Some("IN"));
    }

    #[test]
    fn rare_types_are_read() {
        let wire = |entry| record(entry).3;
        assert_eq!(wire("a TXT \"x ; (\" y"), b"\x05x ; (\x01y");
        assert_eq!(wire("a ( 60 IN MX 10 m )"), b"\0\x0a\x01m\x01o\0");
        assert_eq!(wire(r"a TYPE65280 \# 2 beef"), b"\xbe\xef");
        assert_eq!(wire(r"a A \# 4 c0000201"), [192, 0, 2, 1]);
        assert_eq!(wire("a HTTPS 1 . alpn=h2"), b"\0\x01\0\0\x01\0\x03\x02h2");
        assert_eq!(wire("a AAAA 2001:db8::1").len(), 16);
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (entry, words) in [
            ("a", "has no type"),
            ("a 60 IN", "has no type"),
            ("a CNAME", "has no data"),
            ("a CNAME . .", "stands behind"),
            ("a CH CNAME .", "class CH"),
            ("a CLASS3 CNAME .", "class CLASS3"),
            ("a 1x CNAME .", "no TTL"),
            ("a 4294967296 CNAME .", "no TTL"),
            ("a NAMEC .", "neither a TTL"),
            ("a A 1.2.3", "an IPv4 address"),
            ("a MX m", "cannot be read"),
            ("a TXT", "cannot be read"),
        ] {
            let error = match read(entry.as_bytes()) {
                Ok(Written::Record { kind, data, .. }) => super::kind(kind)
                    .and_then(|kind| super::data(kind, data, b"\0", &mut Vec::new())),
                other => other.map(|_| ()),
            };
            let error = error.expect_err(entry).to_string();
            assert!(error.contains(words), "{entry}: {error}");
        }
    }

    proptest! {
        #[test]
        fn any_entry_is_read_or_refused(entry in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = read(&entry);
        }

        #[test]
        fn any_data_is_read_or_refused(kind in any::<u16>(), text in "[a-z0-9 .\"()\\\\#;\n]{0,40}") {
            let mut wire = Vec::new();
            let _ = data(kind, Words::new(text.as_bytes()), b"\0", &mut wire);
        }
    }
}
