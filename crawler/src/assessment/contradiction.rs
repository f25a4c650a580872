//! What does not fit together on a site. The machine settles none of it; people do.

use std::collections::BTreeMap;

use blocklist::matching::ClaimKind;
use serde::Serialize;

use super::Standing;
use crate::signal::{Signal, restricted};

/// Every contradiction by its code, with the names of its arguments; each has its words in the
/// message files of the console.
pub const CONTRADICTIONS: &[(&str, &[&str])] = &[
    ("claim-not-live", &["licence"]),
    ("guard-with-order", &["guard", "phrases", "quote", "signal"]),
    ("licence-ended", &[]),
    ("licence-unconfirmed", &[]),
    ("much-against", &["quote", "signal"]),
    ("restricted-yet-tenge", &["offered", "restricted"]),
];

/// Two things that do not fit together, as a code for message files with its arguments. Arguments
/// called `quote`, `restricted` and `offered` are the site's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// One of [`CONTRADICTIONS`].
    pub code: &'static str,
    /// Its arguments.
    pub args: BTreeMap<&'static str, String>,
}

impl Contradiction {
    pub(super) fn new<const N: usize>(code: &'static str, args: [(&'static str, &str); N]) -> Self {
        let args: BTreeMap<_, _> = args
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        debug_assert!(
            CONTRADICTIONS
                .iter()
                .any(|(known, names)| *known == code && args.keys().eq(names.iter()))
        );
        Self { code, args }
    }
}

/// What does not fit together between the site's own words.
pub(super) fn contradictions(signals: &[Signal], standing: &Standing) -> Vec<Contradiction> {
    let find = |id: &str| signals.iter().find(|signal| signal.id == id);
    let mut out = Vec::new();
    let offered = [
        "tenge_in_order_form",
        "tenge_in_feed",
        "rail_in_order_form",
        "tenge_pair_url",
    ];
    if let (Some(shut), Some(open)) = (find(restricted::ID), offered.iter().find_map(|id| find(id)))
    {
        let args = [
            ("restricted", shut.quote.as_str()),
            ("offered", &open.quote),
        ];
        out.push(Contradiction::new("restricted-yet-tenge", args));
    }
    for finding in &standing.claims {
        if finding.kind == ClaimKind::Agrees {
            let licensed = standing
                .host
                .as_ref()
                .is_some_and(|host| host.verdict == blocklist::matching::Verdict::Licensed);
            if !licensed {
                let licence = finding.claim.licence_no.as_str();
                out.push(Contradiction::new("claim-not-live", [("licence", licence)]));
            }
        }
    }
    out
}
