//! Turns a network's file into what its page shows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data::network::{
    self, LINKS_FROM, NetworkFile, Reason, Sight,
    console::{Key, Times},
    file::{Edge, Event, Identifier, Seen, Site},
};

use crate::{
    amounts,
    console::{network_ties, network_words as words, networks, people::Mask, queue},
    drawing::{Drawing, MOST_ROWS, Mark, Shared, Site as Drawn},
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

/// A site of the network.
pub(crate) struct SiteRow {
    pub(crate) name: Shown,
    pub(crate) verdict: String,
    pub(crate) tone: &'static str,
    pub(crate) kinds: String,
    pub(crate) case: Option<(String, &'static str, String)>,
    pub(crate) listing: Option<(String, String)>,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) since: String,
}

/// A site that belonged to it once.
pub(crate) struct PastRow {
    pub(crate) name: Shown,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) went_to: Option<(String, String)>,
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

/// A tie between two sites.
pub(crate) struct TieRow {
    pub(crate) pair: String,
    pub(crate) strength: String,
    pub(crate) by: Vec<String>,
    pub(crate) cut: Option<String>,
    pub(crate) path: String,
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

/// Something that happened to the network.
pub(crate) struct EventLine {
    pub(crate) at: String,
    pub(crate) what: String,
    pub(crate) why: String,
}

/// Most rows of a list of identifiers.
const MOST_IDENTIFIERS: usize = 100;

/// Identifiers by which a tie that nobody cut holds, with what each counts.
pub(crate) fn tying_keys(file: &NetworkFile) -> BTreeMap<Key, i64> {
    let mut keys = BTreeMap::new();
    for reason in uncut(file).flat_map(|edge| &edge.reasons) {
        let points = keys.entry(key_of(reason)).or_insert(reason.points);
        *points = (*points).max(reason.points);
    }
    keys
}

fn uncut(file: &NetworkFile) -> impl Iterator<Item = &Edge> {
    file.edges.iter().filter(|edge| edge.cut.is_none())
}

fn key_of(reason: &Reason) -> Key {
    (reason.kind.clone(), reason.value.clone())
}

/// The sites and what ties them, to be drawn.
pub(crate) fn drawing(
    p: &Page,
    file: &NetworkFile,
    tying: &BTreeMap<Key, i64>,
    mask: &Mask,
) -> Drawing {
    let number: HashMap<&str, usize> = file
        .sites
        .iter()
        .enumerate()
        .map(|(number, site)| (site.host.as_str(), number))
        .collect();
    let mut on: BTreeMap<Key, BTreeSet<usize>> = BTreeMap::new();
    for edge in uncut(file) {
        for reason in &edge.reasons {
            let ends = [&edge.a, &edge.b];
            let ends = ends
                .into_iter()
                .filter_map(|host| number.get(host.as_str()));
            on.entry(key_of(reason)).or_default().extend(ends);
        }
    }
    let mut shared: Vec<(Key, BTreeSet<usize>)> = on.into_iter().collect();
    let points = |key: &Key| tying.get(key).copied().unwrap_or_default();
    shared.sort_by_key(|(key, sites)| std::cmp::Reverse((points(key), sites.len())));
    Drawing {
        title: p.t1(key("net-drawing-title"), "id", &file.line.id),
        sites: file.sites.iter().map(drawn).collect(),
        shared: shared
            .into_iter()
            .map(|(key, sites)| Shared {
                label: format!(
                    "{}: {}",
                    words::kind(p, &key.0),
                    shortened(&mask.value(&key.0, &key.1))
                ),
                strong: points(&key) >= LINKS_FROM,
                sites: sites.into_iter().collect(),
            })
            .collect(),
    }
}

/// Whether a drawing leaves something out.
pub(crate) fn is_cut_short(drawing: &Drawing) -> bool {
    drawing.sites.len() > MOST_ROWS || drawing.shared.len() > MOST_ROWS
}

fn drawn(site: &Site) -> Drawn {
    Drawn {
        label: Shown::of(&site.host).whole(),
        mark: match site.case_state.as_deref() {
            Some("listed") => Mark::Listed,
            Some("open" | "proposed") => Mark::Open,
            _ => Mark::Other,
        },
    }
}

/// The two ends of a long identifier, as people compare wallets.
fn shortened(value: &str) -> String {
    let count = value.chars().count();
    if count <= 20 {
        return value.to_owned();
    }
    let first: String = value.chars().take(8).collect();
    let last: String = value.chars().skip(count - 6).collect();
    format!("{first}…{last}")
}

pub(crate) fn sites(p: &Page, file: &NetworkFile, times: &BTreeMap<String, Times>) -> Vec<SiteRow> {
    let row = |site: &Site| {
        let (verdict, tone) = queue::machine_verdict(p, &site.verdict);
        let seen = times.get(&site.host);
        SiteRow {
            name: Shown::of(&site.host),
            verdict,
            tone,
            kinds: words::kinds(p, &site.kinds),
            case: words::case_of(p, site.case_id.as_ref(), site.case_state.as_ref()),
            listing: site
                .listing_id
                .as_ref()
                .map(|id| (hostile::line(id, 40), format!("console/listing/{id}"))),
            first: seen.map_or_else(|| "–".into(), |seen| p.date(seen.first)),
            last: seen
                .and_then(|seen| seen.last)
                .map_or_else(|| "–".into(), |last| p.date(last)),
            since: p.date(site.since),
        }
    };
    file.sites.iter().map(row).collect()
}

pub(crate) fn past(p: &Page, file: &NetworkFile) -> Vec<PastRow> {
    file.past
        .iter()
        .map(|site| PastRow {
            name: Shown::of(&site.host),
            from: p.date(site.from),
            to: p.date(site.to),
            went_to: site
                .went_to
                .as_ref()
                .map(|id| (hostile::line(id, 40), format!("console/network/{id}"))),
        })
        .collect()
}

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

/// The pairs, the strongest first.
pub(crate) fn ties(p: &Page, file: &NetworkFile, mask: &Mask, most: usize) -> Vec<TieRow> {
    let mut edges: Vec<&Edge> = file.edges.iter().collect();
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.strength));
    edges
        .into_iter()
        .take(most)
        .map(|edge| TieRow {
            pair: networks::pair(&edge.a, &edge.b),
            strength: amounts::hundredths(p.lang, edge.strength),
            by: edge
                .reasons
                .iter()
                .map(|reason| {
                    let value = shortened(&mask.value(&reason.kind, &reason.value));
                    let points = amounts::hundredths(p.lang, reason.points);
                    format!("{}: {value} ({points})", words::kind(p, &reason.kind))
                })
                .collect(),
            cut: edge.cut.as_ref().map(|cut| {
                let who = hostile::line(&cut.officer, 80);
                p.t2(key("net-cut-by"), ("name", &who), ("date", &p.date(cut.at)))
            }),
            path: network_ties::path(&file.line.id, &edge.a, &edge.b),
        })
        .collect()
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

/// What happened to the network, the first first.
pub(crate) fn events(p: &Page, file: &NetworkFile) -> Vec<EventLine> {
    file.events
        .iter()
        .map(|event| EventLine {
            at: p.date_time(event.at),
            what: event_words(p, &file.line.id, event),
            why: p.t1(
                cause(&event.cause),
                "subject",
                &subject(p, &event.cause, &event.subject),
            ),
        })
        .collect()
}

fn event_words(p: &Page, id: &str, event: &Event) -> String {
    let count = usize::try_from(event.sites).unwrap_or_default();
    let own = event.id == id;
    let other = if own {
        event.other.as_deref().unwrap_or_default()
    } else {
        &event.id
    };
    let key = match (event.kind.as_str(), own) {
        ("merged", true) => key("net-event-merged"),
        ("merged", false) => key("net-event-taken"),
        ("split", true) => key("net-event-split"),
        ("split", false) => key("net-event-gave"),
        ("formed", _) => key("net-event-formed"),
        ("grown", _) => key("net-event-grown"),
        ("shrunk", _) => key("net-event-shrunk"),
        ("restored", _) => key("net-event-restored"),
        _ => key("net-event-ended"),
    };
    let sites = p.n(self::key("net-count-sites"), count);
    p.t2(key, ("other", &hostile::line(other, 40)), ("sites", &sites))
}

fn cause(code: &str) -> &'static str {
    match code {
        "site" => key("net-cause-site"),
        "cut" => key("net-cause-cut"),
        "cut_undone" => key("net-cause-undone"),
        "mark" => key("net-cause-mark"),
        "mark_undone" => key("net-cause-mark-undone"),
        _ => key("net-cause-rebuild"),
    }
}

/// One site, or two; of a mark an identifier, which is kept shortened.
fn subject(p: &Page, cause: &str, text: &str) -> String {
    match text.split_once(' ') {
        Some((kind, value)) if matches!(cause, "mark" | "mark_undone") => {
            format!("{} {}", words::kind(p, kind), hostile::line(value, 160))
        }
        Some((a, b)) => networks::pair(a, b),
        None => Shown::of(text).whole(),
    }
}
