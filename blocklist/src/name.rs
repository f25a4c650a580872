//! Domain names in the one form in which they are compared, signed and blocked.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::textual::from_text;

/// A domain name: lower-case A-labels (RFC 5890) joined by dots, without a final dot, at most 253
/// octets, each label 1 to 63 octets of letters, digits, `-` and `_`. The root is not a name here.
/// Clones share the text: a name of the log stands in memory once, in however many lists it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DomainName(Arc<str>);

/// Why a text or a wire form is not a [`DomainName`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Empty, or only the root.
    #[error("the name is empty; write a host such as obmen.test")]
    Empty,
    /// An IP address is not a name, and names only are ever listed.
    #[error("`{0}` is an IP address; only names can be looked up or listed")]
    Address(String),
    /// A label is empty, too long or holds other characters than letters, digits, `-` and `_`.
    #[error(
        "`{0}` is not a domain name: a label is empty, too long or holds a character that names cannot have"
    )]
    Label(String),
    /// Longer than 253 octets.
    #[error("the name is longer than 253 octets")]
    TooLong,
    /// Cannot be converted by UTS 46.
    #[error("`{0}` cannot be written as an internationalised domain name (UTS 46)")]
    Idna(String),
    /// The wire form is cut short, compressed or has octets after the root.
    #[error("the wire form of the name is malformed")]
    Wire,
}

impl DomainName {
    /// Reads what a person or a page writes: any case, Unicode or A-labels, one final dot allowed.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let text = text.trim();
        let shown = || text.chars().take(80).collect::<String>();
        let text_without_root = text.strip_suffix('.').unwrap_or(text);
        if text_without_root.is_empty() {
            return Err(NameError::Empty);
        }
        if text_without_root.len() > 1024 {
            return Err(NameError::TooLong);
        }
        let ascii =
            idna::domain_to_ascii(text_without_root).map_err(|_| NameError::Idna(shown()))?;
        if ends_in_a_number(&ascii) || text.contains(':') {
            return Err(NameError::Address(shown()));
        }
        Self::from_ascii(&ascii).map_err(|error| match error {
            NameError::Label(_) => NameError::Label(shown()),
            other => other,
        })
    }

    fn from_ascii(ascii: &str) -> Result<Self, NameError> {
        if ascii.len() > 253 {
            return Err(NameError::TooLong);
        }
        if ascii.split('.').all(|label| is_label(label.as_bytes())) {
            Ok(Self(ascii.into()))
        } else {
            Err(NameError::Label(ascii.chars().take(80).collect()))
        }
    }

    /// Reads an uncompressed wire form (RFC 1035 §3.1) in any case.
    pub fn from_wire(wire: &[u8]) -> Result<Self, NameError> {
        let mut text = String::with_capacity(wire.len());
        let mut rest = wire;
        loop {
            let (&length, after) = rest.split_first().ok_or(NameError::Wire)?;
            if length == 0 {
                if !after.is_empty() {
                    return Err(NameError::Wire);
                }
                break;
            }
            let length = usize::from(length);
            if length > 63 || after.len() < length {
                return Err(NameError::Wire);
            }
            let (label, after) = after.split_at(length);
            if !text.is_empty() {
                text.push('.');
            }
            let label = std::str::from_utf8(label).map_err(|_| NameError::Wire)?;
            if label.contains('.') {
                return Err(NameError::Wire);
            }
            text.extend(label.chars().map(|c| c.to_ascii_lowercase()));
            rest = after;
        }
        if text.is_empty() {
            Err(NameError::Empty)
        } else {
            Self::from_ascii(&text)
        }
    }

    /// The uncompressed wire form, lower case, ending in the root octet.
    pub fn to_wire(&self) -> Vec<u8> {
        let mut wire = Vec::with_capacity(self.0.len() + 2);
        for label in self.labels() {
            // A label is at most 63 octets by construction.
            wire.push(label.len() as u8);
            wire.extend_from_slice(label.as_bytes());
        }
        wire.push(0);
        wire
    }

    /// The A-label form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Unicode form for people. Labels that do not decode stay as they are.
    pub fn to_unicode(&self) -> String {
        idna::domain_to_unicode(&self.0).0
    }

    /// Labels from the leftmost to the top-level domain.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// The name with its leftmost label removed; `None` for a top-level domain.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_once('.').map(|(_, rest)| Self(rest.into()))
    }

    /// Whether this name is `other` or stands below it.
    pub fn is_at_or_below(&self, other: &Self) -> bool {
        self.0
            .strip_suffix(&*other.0)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The registrable domain (public suffix and one label) by the public suffix list; `None` for a
    /// public suffix itself.
    pub fn registrable(&self) -> Option<Self> {
        psl::domain_str(&self.0).map(|domain| Self(domain.into()))
    }

    /// Whether the name is itself a public suffix, such as `kz`, `com.kz` or `github.io`.
    pub fn is_public_suffix(&self) -> bool {
        psl::suffix_str(&self.0).is_some_and(|suffix| suffix.len() == self.0.len())
    }
}

/// Whether programs read this as an IPv4 address in one of its spellings (WHATWG URL, "ends in a
/// number"): no top-level domain is a number.
fn ends_in_a_number(ascii: &str) -> bool {
    let last = ascii.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or(last.strip_prefix("0X"));
    let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit());
    !last.is_empty() && digits(last)
        || hex.is_some_and(|hex| hex.bytes().all(|c| c.is_ascii_hexdigit()))
}

/// Whether this is a label of a [`DomainName`].
pub(crate) fn is_label(label: &[u8]) -> bool {
    (1..=63).contains(&label.len())
        && label
            .iter()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-' || *c == b'_')
}

impl Borrow<str> for DomainName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DomainName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for DomainName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

impl Serialize for DomainName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DomainName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, |text| {
            let name = Self::parse(text).map_err(|error| error.to_string())?;
            // Stored and signed names have one spelling; only people may write another.
            if name.as_str() == text {
                Ok(name)
            } else {
                Err(format!("`{text}` must be written `{name}`"))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    #[test]
    fn people_write_names_in_many_ways() {
        assert_eq!(name("Obmen.TEST.").as_str(), "obmen.test");
        assert_eq!(name("айырбас.қаз").as_str(), "xn--80aac5a9ai0e.xn--80ao21a");
        assert_eq!(name("xn--80ao21a").to_unicode(), "қаз");
        assert_eq!(name("_dmarc.obmen.test").labels().next(), Some("_dmarc"));
        for wrong in [
            "",
            ".",
            "a..b",
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7F.1",
            "a.0x",
            "[::1]",
            "obmen.test/x",
            "a@b.test",
        ] {
            assert!(DomainName::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn below_is_by_label_not_by_letters() {
        assert!(name("eurasia.big.one").is_at_or_below(&name("big.one")));
        assert!(name("big.one").is_at_or_below(&name("big.one")));
        assert!(!name("notbig.one").is_at_or_below(&name("big.one")));
    }

    #[test]
    fn public_suffixes_are_known() {
        for suffix in ["kz", "com.kz", "gov.kz", "xn--80ao21a", "github.io"] {
            assert!(name(suffix).is_public_suffix(), "{suffix}");
        }
        assert_eq!(name("a.b.com.kz").registrable(), Some(name("b.com.kz")));
        assert!(!name("kaspi.kz").is_public_suffix());
    }

    /// The rules of the public suffix list, one case each: plain, two-level, wildcard, exception,
    /// private section, internationalised, unlisted.
    #[test]
    fn the_registrable_domain_follows_the_public_suffix_list() {
        for (text, registrable) in [
            ("biz", None),
            ("Shop.BIZ.", Some("shop.biz")),
            ("a.b.shop.biz", Some("shop.biz")),
            ("org.kz", None),
            ("a.shop.org.kz", Some("shop.org.kz")),
            ("any.ck", None),
            ("a.shop.any.ck", Some("shop.any.ck")),
            ("www.ck", Some("www.ck")),
            ("city.nagoya.jp", Some("city.nagoya.jp")),
            ("other.nagoya.jp", None),
            ("a.shop.other.nagoya.jp", Some("shop.other.nagoya.jp")),
            ("pages.dev", None),
            ("a.shop.pages.dev", Some("shop.pages.dev")),
            ("қаз", None),
            ("a.айырбас.қаз", Some("айырбас.қаз")),
            ("公司.cn", None),
            ("食狮.公司.cn", Some("食狮.公司.cn")),
            ("unlisted", None),
            ("a.shop.unlisted", Some("shop.unlisted")),
        ] {
            let found = name(text).registrable();
            assert_eq!(found, registrable.map(name), "{text}");
            assert_eq!(name(text).is_public_suffix(), found.is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_normal(text in "\\PC{0,80}") {
            if let Ok(parsed) = DomainName::parse(&text) {
                prop_assert_eq!(&DomainName::parse(parsed.as_str()).unwrap(), &parsed);
                prop_assert_eq!(&DomainName::from_wire(&parsed.to_wire()).unwrap(), &parsed);
            }
        }

        #[test]
        fn any_wire_is_refused_or_round_trips(wire in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(parsed) = DomainName::from_wire(&wire) {
                let lower: Vec<u8> = wire.iter().map(u8::to_ascii_lowercase).collect();
                prop_assert_eq!(parsed.to_wire(), lower);
            }
        }
    }
}
