//! The rows of a network's page: its sites, those that left it, its ties, and what happened to it.

use std::collections::BTreeMap;

use data::network::{
    NetworkFile,
    console::Times,
    file::{Edge, Event, Site},
};

use crate::{
    amounts,
    console::{network_ties, network_words as words, networks, people::Mask, queue},
    hostile,
    messages::key,
    names::Shown,
    page::Page,
};

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

/// A tie between two sites.
pub(crate) struct TieRow {
    pub(crate) pair: String,
    pub(crate) strength: String,
    pub(crate) by: Vec<String>,
    pub(crate) cut: Option<String>,
    pub(crate) path: String,
}

/// Something that happened to the network.
pub(crate) struct EventLine {
    pub(crate) at: String,
    pub(crate) what: String,
    pub(crate) why: String,
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
                    let value = words::shortened(&mask.value(&reason.kind, &reason.value));
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
