//! Identifiers of a network as its page shows them: those that tie its sites, with every place where
//! they were seen, and those that do not, with why not.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data::network::{
    self, NetworkFile, Reason, Sight,
    console::Key,
    file::{Edge, Identifier, Seen},
};

use crate::{
    console::{network_words as words, people::Mask},
    hostile,
    messages::key,
    names::Shown,
    page::Page,
};

/// What quotes and links are made with.
pub(crate) struct Evidence {
    /// Captures of the network's sites, by host and hash of the body.
    pub(crate) captures: HashMap<(String, String), i64>,
    /// Identifiers that a licensed or guarded site shows too.
    pub(crate) reserved: BTreeSet<Key>,
    /// What is shown.
    pub(crate) mask: Mask,
}

/// Where one site shows an identifier.
pub(crate) struct Sighting {
    pub(crate) host: String,
    pub(crate) url: String,
    pub(crate) place: String,
    pub(crate) quote: String,
    pub(crate) seen: String,
    pub(crate) hash: String,
    pub(crate) short_hash: String,
    /// The captured page, where the site has a case.
    pub(crate) view: Option<String>,
}

/// An identifier that ties sites.
pub(crate) struct Tying {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) why: String,
    pub(crate) sightings: Vec<Sighting>,
}

/// An identifier that several sites show and that ties none of them.
pub(crate) struct Loose {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) here: usize,
    pub(crate) anywhere: i64,
    pub(crate) why: String,
}

/// An identifier and how many show it.
pub(crate) struct Identified {
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) here: usize,
    pub(crate) anywhere: i64,
    pub(crate) seen: String,
}

/// Most rows of a list of identifiers.
const MOST_IDENTIFIERS: usize = 100;

/// What ties the sites, the heaviest first, with every place where it was seen.
pub(crate) fn tying(
    p: &Page,
    file: &NetworkFile,
    tying: &BTreeMap<Key, i64>,
    evidence: &Evidence,
) -> Vec<Tying> {
    let mut found: Vec<(i64, &Identifier)> = file
        .identifiers
        .iter()
        .filter_map(|one| {
            let points = tying.get(&(one.kind.clone(), one.value.clone()))?;
            Some((*points, one))
        })
        .collect();
    found.sort_by_key(|(points, one)| std::cmp::Reverse((*points, one.sites.len())));
    let cases = cases(file);
    found
        .into_iter()
        .take(MOST_IDENTIFIERS)
        .map(|(points, one)| Tying {
            kind: words::kind(p, &one.kind),
            value: evidence.mask.value(&one.kind, &one.value),
            why: words::why(p, points, one.anywhere),
            sightings: one
                .sites
                .iter()
                .map(|seen| sighting(p, one, seen, evidence, &cases))
                .collect(),
        })
        .collect()
}

/// Cases by host: captures are read below them.
pub(crate) fn cases(file: &NetworkFile) -> HashMap<&str, &str> {
    file.sites
        .iter()
        .filter_map(|site| Some((site.host.as_str(), site.case_id.as_deref()?)))
        .collect()
}

fn sighting(
    p: &Page,
    one: &Identifier,
    seen: &Seen,
    evidence: &Evidence,
    cases: &HashMap<&str, &str>,
) -> Sighting {
    Sighting {
        host: Shown::of(&seen.host).whole(),
        url: evidence.mask.url(&seen.url),
        place: hostile::line(&seen.place, 120),
        quote: evidence.mask.quote(&one.kind, &one.value, &seen.quote),
        seen: words::seen(p, seen.first_seen, seen.last_seen),
        short_hash: seen.capture.chars().take(12).collect(),
        hash: hostile::line(&seen.capture, 64),
        view: captured(&seen.host, &seen.capture, evidence, cases),
    }
}

/// Where one end of a tie shows what both have.
pub(crate) fn end(
    p: &Page,
    host: &str,
    (reason, sight): (&Reason, &Sight),
    evidence: &Evidence,
    cases: &HashMap<&str, &str>,
) -> Sighting {
    Sighting {
        host: Shown::of(host).whole(),
        url: evidence.mask.url(&sight.url),
        place: hostile::line(&sight.place, 120),
        quote: evidence
            .mask
            .quote(&reason.kind, &reason.value, &sight.quote),
        seen: p.date(sight.first_seen),
        short_hash: sight.capture.chars().take(12).collect(),
        hash: hostile::line(&sight.capture, 64),
        view: captured(host, &sight.capture, evidence, cases),
    }
}

/// The captured page, below the case of its site.
fn captured(
    host: &str,
    body: &str,
    evidence: &Evidence,
    cases: &HashMap<&str, &str>,
) -> Option<String> {
    let stored = (host.to_owned(), body.to_owned());
    let (id, case) = (evidence.captures.get(&stored)?, cases.get(host)?);
    Some(format!("console/case/{case}/capture/{id}"))
}

/// Identifiers that more than one site shows and that tie none of these, with why not.
pub(crate) fn loose(
    p: &Page,
    file: &NetworkFile,
    tying: &BTreeMap<Key, i64>,
    evidence: &Evidence,
) -> Vec<Loose> {
    file.identifiers
        .iter()
        .filter(|one| one.anywhere >= 2 && !one.kind.starts_with("text."))
        .filter(|one| !tying.contains_key(&(one.kind.clone(), one.value.clone())))
        .take(MOST_IDENTIFIERS)
        .map(|one| Loose {
            kind: words::kind(p, &one.kind),
            value: evidence.mask.value(&one.kind, &one.value),
            here: one.sites.len(),
            anywhere: one.anywhere,
            why: one.nobodys.as_ref().map_or_else(
                || p.t(why_not(file, one, evidence)),
                |mark| nobodys(p, mark),
            ),
        })
        .collect()
}

/// Who marked an identifier as nobody's, and when.
fn nobodys(p: &Page, mark: &network::Mark) -> String {
    let who = hostile::line(&mark.officer, 80);
    p.t2(
        key("net-loose-nobodys"),
        ("name", &who),
        ("date", &p.date(mark.at)),
    )
}

/// Why an identifier ties nobody, as far as the ties tell: where two sites that show it are tied by
/// something else, it would stand among the reasons if it counted at all.
fn why_not(file: &NetworkFile, one: &Identifier, evidence: &Evidence) -> &'static str {
    let shows = |host: &String| one.sites.iter().any(|seen| seen.host == *host);
    let is_reserved = evidence
        .reserved
        .contains(&(one.kind.clone(), one.value.clone()));
    // The store keeps the twelve heaviest reasons of a tie; a list so long may leave some out.
    let is_told = |edge: &Edge| edge.reasons.len() < 12 && shows(&edge.a) && shows(&edge.b);
    let named = |edge: &Edge| {
        let same = |reason: &Reason| reason.kind == one.kind && reason.value == one.value;
        edge.reasons.iter().any(same)
    };
    if is_reserved {
        key("net-loose-reserved")
    } else if file
        .edges
        .iter()
        .any(|edge| edge.cut.is_some() && named(edge))
    {
        key("net-loose-cut")
    } else if file.edges.iter().any(is_told) {
        key("net-loose-common")
    } else {
        key("net-loose-alone")
    }
}

/// Identifiers of some kinds, the most shared first.
pub(crate) fn identified(
    p: &Page,
    file: &NetworkFile,
    mask: &Mask,
    is_wanted: impl Fn(&str) -> bool,
) -> Vec<Identified> {
    file.identifiers
        .iter()
        .filter(|one| is_wanted(&one.kind))
        .take(MOST_IDENTIFIERS)
        .map(|one| {
            let first = one.sites.iter().map(|seen| seen.first_seen).min();
            let last = one.sites.iter().map(|seen| seen.last_seen).max();
            let seen = first.zip(last);
            Identified {
                kind: words::kind(p, &one.kind),
                value: mask.value(&one.kind, &one.value),
                here: one.sites.len(),
                anywhere: one.anywhere,
                seen: seen.map_or_else(|| "–".into(), |(first, last)| words::seen(p, first, last)),
            }
        })
        .collect()
}
