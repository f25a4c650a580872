//! Reasons as codes with arguments: the words stand in the message files of the pages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One reason, as a code for message files with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// Key of the message, such as `register-names-host`.
    pub code: String,
    /// Arguments of the message.
    pub args: BTreeMap<String, String>,
}

/// Every reason by its code, with the names of its arguments; each has its words in the message
/// files of the pages.
pub const REASONS: &[(&str, &[&str])] = &[
    ("alike-bit-flip", &["right", "wrong"]),
    ("alike-dot", &[]),
    ("alike-ending", &[]),
    ("alike-glued-ending", &["word"]),
    ("alike-hyphen", &[]),
    ("alike-insertion", &["letter"]),
    ("alike-keyboard", &["right", "wrong"]),
    ("alike-letters", &[]),
    ("alike-omission", &["letter"]),
    ("alike-plural", &[]),
    ("alike-repetition", &["letter"]),
    ("alike-replacement", &["right", "wrong"]),
    ("alike-sound", &[]),
    ("alike-subdomain", &["part"]),
    ("alike-transposition", &["right", "wrong"]),
    ("alike-vowel", &["right", "wrong"]),
    ("alike-word", &["word"]),
    ("alike-www", &[]),
    ("bank-known", &["banks", "firm"]),
    ("bank-unknown", &["firm"]),
    ("claim-agrees", &["firm", "number"]),
    ("claim-bin-differs", &["bin", "firm", "held"]),
    ("claim-bin-of-other", &["bin", "firm"]),
    ("claim-ended", &["day", "firm", "number"]),
    ("claim-forged-copy", &["authority", "day", "number"]),
    ("claim-host-differs", &["firm", "host", "hosts"]),
    ("claim-name-differs", &["claimed", "firm", "number"]),
    ("claim-name-of-other", &["claimed", "firm"]),
    ("claim-number-of", &["firm", "number"]),
    ("claim-number-unknown", &["number"]),
    ("claim-register-missing", &["number"]),
    ("claim-register-old", &["day", "number", "register"]),
    ("claim-suspended", &["firm", "number"]),
    ("claim-withdrawn", &["firm", "number"]),
    ("foreign-exchange", &["brand", "host"]),
    ("forged-copy", &["authority", "brand", "day"]),
    ("group-host", &["firm", "host"]),
    ("host-differs", &["asked", "firm", "host"]),
    ("host-unconfirmed", &["firm", "host"]),
    ("licence-ended", &["day", "firm"]),
    ("licence-names-other-host", &["firm", "host"]),
    ("licence-not-yet", &["day", "firm"]),
    ("licence-suspended", &["firm"]),
    ("licence-withdrawn", &["firm"]),
    ("licence-without-term", &["firm"]),
    ("listed", &["listing", "name"]),
    ("listing-suspended", &["listing", "name"]),
    ("look-up", &["regulator", "url"]),
    ("more-found", &["count"]),
    ("name-close", &["brand"]),
    ("name-only", &[]),
    ("not-found", &[]),
    ("number-not-found", &["number"]),
    ("number-only", &[]),
    ("other-licence-ended", &["firm", "number"]),
    ("other-licence-live", &["firm", "number"]),
    ("other-licence-unconfirmed", &["firm", "number"]),
    ("quoted-term-ended", &["day", "firm"]),
    ("register-names-host", &["day", "firm", "host", "register"]),
    ("reported-block", &["authority", "brand", "day"]),
    ("reported-exposed", &["authority", "brand", "day"]),
    ("reported-investigation", &["authority", "brand", "day"]),
    ("reported-liquidated", &["authority", "brand", "day"]),
    ("reported-only", &["day", "firm", "source"]),
    ("resembles", &["firm", "host"]),
    ("row-without-host", &["firm"]),
    ("snapshot-too-old", &["day", "register"]),
    ("support-host", &["firm", "host"]),
    ("warned", &["authority", "brand", "day"]),
    ("warned-by-host", &["authority", "brand", "day"]),
];

impl Reason {
    pub(super) fn new<const N: usize>(code: &str, args: [(&str, &str); N]) -> Self {
        let args: BTreeMap<_, _> = args
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        debug_assert!(
            REASONS
                .iter()
                .any(|(known, names)| *known == code && args.keys().eq(names.iter())),
            "{code} {args:?}"
        );
        Self {
            code: code.to_owned(),
            args,
        }
    }
}
