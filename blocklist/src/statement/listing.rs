//! What officers say of names: list, lift, annul.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{DomainName, Timestamp, digest::Digest, textual::from_text, time::Day};

/// How far a listing reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The one name.
    Host,
    /// The name and everything below it.
    Subtree,
}

impl Scope {
    /// The word in statements and in the list's formats.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Subtree => "subtree",
        }
    }
}

/// The number of a listing, `Q-2026-000123`: what a blocked person reads and looks up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListingId([u8; LISTING_ID]);

/// Octets of a listing number, in place: it stands in every line of the list.
const LISTING_ID: usize = "Q-2026-000123".len();

/// A text that is not a listing number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a listing number looks like Q-2026-000123, not `{0}`")]
pub struct ListingIdError(String);

impl ListingId {
    /// The number `sequence` (1 to 999 999) of `year`.
    pub fn new(year: i32, sequence: u32) -> Result<Self, ListingIdError> {
        Self::try_from(format!("Q-{year:04}-{sequence:06}"))
    }

    /// The ASCII text.
    pub fn as_str(&self) -> &str {
        // Digits, dashes and a letter by construction.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    fn parse(text: &str) -> Result<Self, ListingIdError> {
        let digits =
            |part: &str, width| part.len() == width && part.bytes().all(|c| c.is_ascii_digit());
        let well_formed = text
            .strip_prefix("Q-")
            .and_then(|rest| rest.split_once('-'))
            .is_some_and(|(year, sequence)| digits(year, 4) && digits(sequence, 6));
        let refuse = || ListingIdError(text.chars().take(40).collect());
        well_formed
            .then(|| text.as_bytes().try_into().ok())
            .flatten()
            .map(Self)
            .ok_or_else(refuse)
    }
}

/// The numbers of listings in arithmetic: year and sequence as one, 34 bits, in the order of the texts.
impl ListingId {
    /// The largest that [`Self::number`] can be.
    pub(crate) const MAX_NUMBER: u64 = 9_999_999_999;

    /// The ten digits as one number.
    pub(crate) fn number(&self) -> u64 {
        let digits = self.0.iter().filter(|c| c.is_ascii_digit());
        digits.fold(0, |number, c| 10 * number + u64::from(c - b'0'))
    }

    /// The other way round; `None` above [`Self::MAX_NUMBER`].
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        if number > Self::MAX_NUMBER {
            return None;
        }
        let mut text = *b"Q-0000-000000";
        let (mut year, mut sequence) = (number / 1_000_000, number % 1_000_000);
        for place in text[2..6].iter_mut().rev() {
            *place = b'0' + (year % 10) as u8;
            year /= 10;
        }
        for place in text[7..].iter_mut().rev() {
            *place = b'0' + (sequence % 10) as u8;
            sequence /= 10;
        }
        Some(Self(text))
    }
}

impl TryFrom<String> for ListingId {
    type Error = ListingIdError;

    fn try_from(text: String) -> Result<Self, ListingIdError> {
        Self::parse(&text)
    }
}

impl Serialize for ListingId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ListingId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer, Self::parse)
    }
}

impl From<ListingId> for String {
    fn from(id: ListingId) -> Self {
        id.as_str().to_owned()
    }
}

impl fmt::Display for ListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListingId({:?})", self.as_str())
    }
}

/// The order of the competent body, attached before the first officer signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The body that gave the order.
    pub authority: String,
    /// The day of the order.
    pub date: Day,
    /// Hash of the order document.
    pub document_sha256: Digest,
    /// The order's own number, in any script. `None` only in an emergency: the number must follow
    /// within [`EMERGENCY_SECONDS`] or the listing ends.
    pub number: Option<String>,
}

/// How long a listing without an order number stands (DESIGN rule 1), in seconds.
pub const EMERGENCY_SECONDS: i64 = 86_400;

/// Puts a name on the list. Two officers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// Code of the legal ground; must be one that the policy in force names.
    pub basis: String,
    /// From when the name is blocked.
    pub effective_at: Timestamp,
    /// Hash of the frozen evidence manifest.
    pub evidence_root: Digest,
    /// When the listing ends by itself.
    pub expires_at: Timestamp,
    /// The number of the listing.
    pub listing_id: ListingId,
    /// What is listed.
    pub name: DomainName,
    /// The order.
    pub order: Order,
    /// The log this statement is for.
    pub origin: String,
    /// When the listing must be looked at again.
    pub review_at: Timestamp,
    /// How far the listing reaches.
    pub scope: Scope,
    /// Always [`super::VERSION`].
    pub v: u32,
}

impl List {
    /// When it ends for want of its order's number; `None` where the order has one.
    #[must_use]
    pub fn number_due(&self) -> Option<Timestamp> {
        let due = self.effective_at.plus(EMERGENCY_SECONDS);
        let missing = self.order.number.is_none();
        missing.then(|| due.min(self.expires_at))
    }
}

/// Brings the number of the order to an emergency listing, which from then on stands until its own
/// end. Two officers sign, for it is what makes the listing last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderNumber {
    /// When the officers signed: within [`EMERGENCY_SECONDS`] of the listing's `effective_at`.
    pub at: Timestamp,
    /// The emergency listing.
    pub listing_id: ListingId,
    /// The order's own number, in any script.
    pub number: String,
    /// The log this statement is for.
    pub origin: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// Takes a listing off. One officer signs; another reviews it afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lift {
    /// When the officer signed.
    pub at: Timestamp,
    /// The listing that ends.
    pub listing_id: ListingId,
    /// The name of the listing, repeated so that the statement reads by itself.
    pub name: DomainName,
    /// The log this statement is for.
    pub origin: String,
    /// Why: a code shown to the public.
    pub reason: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}

/// Says that a listing should never have been made. Two officers sign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annul {
    /// When the officers signed.
    pub at: Timestamp,
    /// The listing that was wrong.
    pub listing_id: ListingId,
    /// The log this statement is for.
    pub origin: String,
    /// Why: a code shown to the public.
    pub reason: String,
    /// Always [`super::VERSION`].
    pub v: u32,
}
