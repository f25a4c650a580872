//! What a verb asks of a running node: one JSON object on one line.

use blocklist::DomainName;
use serde::{Deserialize, Serialize};

use crate::config::PauseScope;

/// The longest request that is read, in octets.
pub(super) const LONGEST: usize = 4096;
/// The longest reason of a pause, in characters.
pub const LONGEST_REASON: usize = 500;
/// The longest pause, in seconds.
pub const LONGEST_PAUSE: u64 = 86_400;

/// A verb with what it needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// How the node fares: [`super::Overview`].
    Status,
    /// What would happen to a query: [`super::Explanation`].
    Explain {
        /// What is asked for.
        name: DomainName,
        /// Its type, as a number.
        kind: u16,
    },
    /// What to ask the node for to see whether it does its work: [`super::selftest::Plan`].
    Selftest,
    /// Stop enforcing for a while: [`super::Paused`].
    Pause {
        /// For how long, from 1 to [`LONGEST_PAUSE`].
        seconds: u64,
        /// Why, in at most [`LONGEST_REASON`] characters.
        reason: String,
        /// What is not enforced meanwhile.
        scope: PauseScope,
    },
    /// End a pause now: [`super::Paused`], if there was one.
    Resume,
    /// Forget answers: [`super::Flushed`].
    Flush {
        /// Of this name; of all where there is none.
        name: Option<DomainName>,
        /// And of all names below it.
        subtree: bool,
    },
    /// Read configuration and files again, and ask for the list: [`super::Reloaded`].
    Reload,
}

/// Octets that are no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request cannot be read: {0}; program and node may be of different versions")]
pub struct RequestError(String);

impl Request {
    /// Reads a request whole. Any octets are acceptable input.
    ///
    /// # Errors
    /// Anything that is not one request within its bounds.
    pub fn parse(octets: &[u8]) -> Result<Self, RequestError> {
        let refused = |words: &str| Err(RequestError(words.to_owned()));
        if octets.len() > LONGEST {
            return refused("it is too long");
        }
        let request = serde_json::from_slice(octets);
        let request = request.map_err(|error| RequestError(error.to_string()))?;
        match &request {
            Self::Pause { seconds, .. } if !(1..=LONGEST_PAUSE).contains(seconds) => {
                refused("a pause lasts from one second to 24 hours")
            }
            Self::Pause { reason, .. } if reason.trim().is_empty() => {
                refused("a pause needs a reason")
            }
            Self::Pause { reason, .. } if reason.chars().count() > LONGEST_REASON => {
                refused("the reason is longer than 500 characters")
            }
            Self::Flush {
                name: None,
                subtree: true,
            } => refused("names below which one?"),
            _ => Ok(request),
        }
    }

    /// The request on one line, with its end.
    pub(super) fn to_line(&self) -> Vec<u8> {
        // Numbers, names and text become JSON whatever they hold.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn requests() -> impl Strategy<Value = Request> {
        let name = "[a-z]{1,20}\\.test".prop_map(|text| DomainName::parse(&text).unwrap());
        let scope = prop_oneof![Just(PauseScope::List), Just(PauseScope::Everything)];
        prop_oneof![
            Just(Request::Status),
            Just(Request::Selftest),
            Just(Request::Resume),
            Just(Request::Reload),
            (name.clone(), any::<u16>()).prop_map(|(name, kind)| Request::Explain { name, kind }),
            (1..=LONGEST_PAUSE, "\\PC{1,40}x", scope).prop_map(|(seconds, reason, scope)| {
                Request::Pause {
                    seconds,
                    reason,
                    scope,
                }
            }),
            (name, any::<bool>()).prop_map(|(name, subtree)| Request::Flush {
                name: Some(name),
                subtree
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(request in requests()) {
            let line = request.to_line();
            prop_assert_eq!(line.iter().filter(|octet| **octet == b'\n').count(), 1);
            prop_assert_eq!(Request::parse(&line), Ok(request));
        }

        #[test]
        fn any_octets_are_a_request_within_bounds_or_none(
            octets in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let _ = Request::parse(&octets);
        }

        #[test]
        fn a_damaged_request_is_a_request_within_bounds_or_none(
            request in requests(),
            damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 0..4),
        ) {
            let mut line = request.to_line();
            for (at, octet) in damage {
                let at = at.index(line.len());
                line[at] = octet;
            }
            if let Ok(Request::Pause { seconds, reason, .. }) = Request::parse(&line) {
                prop_assert!((1..=LONGEST_PAUSE).contains(&seconds));
                prop_assert!(!reason.trim().is_empty());
            }
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_words() {
        for (octets, words) in [
            (
                &br#"{"verb":"pause","seconds":0,"reason":"x","scope":"list"}"#[..],
                "24 hours",
            ),
            (
                br#"{"verb":"pause","seconds":86401,"reason":"x","scope":"list"}"#,
                "24 hours",
            ),
            (
                br#"{"verb":"pause","seconds":60,"reason":" ","scope":"list"}"#,
                "needs a reason",
            ),
            (
                br#"{"verb":"flush","name":null,"subtree":true}"#,
                "below which",
            ),
            (
                br#"{"verb":"flush","name":null,"subtree":false,"all":1}"#,
                "unknown field",
            ),
            (br#"{"verb":"stop"}"#, "unknown variant"),
            (&[b' '; LONGEST + 1], "too long"),
        ] {
            let error = Request::parse(octets).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
