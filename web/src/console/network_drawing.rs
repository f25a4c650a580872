//! What the drawing of a network holds: its sites, and the identifiers by which ties hold.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data::network::{
    LINKS_FROM, NetworkFile, Reason,
    console::Key,
    file::{Edge, Site},
};

use crate::{
    console::{network_words as words, people::Mask},
    drawing::{Drawing, MOST_ROWS, Mark, Shared, Site as Drawn},
    messages::key,
    names::Shown,
    page::Page,
};

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
                    words::shortened(&mask.value(&key.0, &key.1))
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
            Some("open" | "in_review" | "proposed") => Mark::Open,
            _ => Mark::Other,
        },
    }
}
