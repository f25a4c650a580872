//! All networks, what they come to together, and the cuts and marks that stand.

use std::{collections::BTreeMap, sync::Arc};

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use data::network::{
    self, NetworkLine, Totals,
    console::{self, Cut},
};

use crate::{
    amounts,
    centre::Centre,
    console::{
        network as page_of,
        network_marks::{self, MarkLine, TakeBack},
        network_volume::{self, VolumeLine},
        network_words as words,
        problems::Problem,
        queue::Done,
        staff::Staff,
    },
    faults::Fault,
    hostile,
    messages::key,
    names::Shown,
    page::{self, Page},
};

/// Most networks shown; the rest is in `qalqan network show`.
const MOST_ROWS: usize = 500;

struct Row {
    id: String,
    path: String,
    kinds: String,
    sites: usize,
    flagged: usize,
    listed: usize,
    cases: usize,
    wallets: usize,
    volumes: usize,
    seen: String,
    formed: String,
}

/// A figure with its unit and what it is made of.
struct Figure {
    value: String,
    unit: String,
    note: String,
}

struct CutLine {
    pair: String,
    who: String,
    at: String,
    why: String,
    path: Option<String>,
}

struct View {
    rows: Vec<Row>,
    more: Option<String>,
    figures: Vec<Figure>,
    made_of: Vec<String>,
    sources: Vec<VolumeLine>,
    cuts: Vec<CutLine>,
    marks: Vec<MarkLine>,
    /// Whether the reader may add to networks, and take marks back.
    may: bool,
    may_mark: bool,
}

#[derive(Template)]
#[template(path = "console/networks.html")]
struct NetworksPage {
    p: Page,
    v: View,
    done: Option<String>,
    errors: Vec<Problem>,
}

fn row(p: &Page, line: &NetworkLine, seen: &BTreeMap<String, i64>) -> Row {
    let last = seen.get(&line.id).copied().unwrap_or(line.changed_at);
    Row {
        path: format!("console/network/{}", line.id),
        kinds: words::kinds(p, &line.kinds),
        sites: line.sites,
        flagged: line.flagged,
        listed: line.listed,
        cases: line.cases,
        wallets: line.wallets,
        volumes: line.volumes,
        seen: p.date(last),
        formed: p.date(line.formed_at),
        id: line.id.clone(),
    }
}

/// Two sites as they are written side by side.
pub(crate) fn pair(a: &str, b: &str) -> String {
    format!("{} – {}", Shown::of(a).whole(), Shown::of(b).whole())
}

/// Large sums in words, cut off, beside their exact figure.
fn rounded(p: &Page, tenge: i64) -> String {
    let (unit, scale) = match tenge {
        1_000_000_000_000.. => (key("net-trillions"), 1_000_000_000_000),
        1_000_000_000.. => (key("net-billions"), 1_000_000_000),
        1_000_000.. => (key("net-millions"), 1_000_000),
        _ => return String::new(),
    };
    let tenths = tenge / (scale / 10);
    p.t1(unit, "number", &amounts::written(p.lang, tenths, 1))
}

fn figures(p: &Page, totals: &Totals) -> Vec<Figure> {
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let figure = |value: i64, digits, unit: &str, note: String| Figure {
        value: amounts::written(p.lang, value, digits),
        unit: p.t(unit),
        note,
    };
    let together = totals.kzt.saturating_add(totals.kzt_of_usdt);
    vec![
        figure(
            count(totals.groups),
            0,
            key("net-total-groups"),
            p.n(key("net-total-groups-note"), totals.other_groups),
        ),
        figure(
            count(totals.sites),
            0,
            key("net-total-sites"),
            p.n(key("net-total-listed"), totals.listed),
        ),
        figure(together, 0, key("net-total-kzt"), rounded(p, together)),
        figure(totals.usdt, 6, key("net-total-usdt"), String::new()),
    ]
}

/// What the sums are made of and what they leave out, a sentence each.
fn made_of(p: &Page, totals: &Totals) -> Vec<String> {
    if totals.volumes == 0 {
        return vec![p.t(key("net-no-volumes-yet"))];
    }
    let (groups, all) = (
        totals.groups_with_volume.to_string(),
        totals.groups.to_string(),
    );
    let mut lines = vec![
        p.n(key("net-made-statements"), totals.volumes),
        p.t2(key("net-made-groups"), ("some", &groups), ("all", &all)),
    ];
    let tenge = |amount| amounts::written(p.lang, amount, 0);
    lines.push(p.t2(
        key("net-made-kzt"),
        ("stated", &tenge(totals.kzt)),
        ("converted", &tenge(totals.kzt_of_usdt)),
    ));
    if totals.without_rate > 0 {
        lines.push(p.n(key("net-made-no-rate"), totals.without_rate));
    }
    if totals.overlapping > 0 {
        lines.push(p.n(key("net-made-overlap"), totals.overlapping));
    }
    if let (Some(from), Some(to)) = (&totals.from, &totals.to) {
        let (from, to) = (network_volume::day(p, from), network_volume::day(p, to));
        lines.push(p.t2(key("net-made-period"), ("from", &from), ("to", &to)));
    }
    lines
}

fn cut_line(p: &Page, cut: &Cut) -> CutLine {
    CutLine {
        pair: pair(&cut.a, &cut.b),
        who: hostile::line(&cut.officer, 80),
        at: p.date_time(cut.at),
        why: hostile::line(&cut.why, hostile::LONGEST),
        path: cut
            .network
            .as_ref()
            .map(|id| super::network_ties::path(id, &cut.a, &cut.b)),
    }
}

/// `GET /{lang}/console/networks`.
pub(crate) async fn networks(
    State(centre): State<Arc<Centre>>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    show(&centre, &staff, Some(&done), vec![], None).await
}

fn done_text(p: &Page, done: &Done) -> Option<String> {
    Some(p.t(match done.done.as_deref()? {
        "volumes" => key("net-done-volumes"),
        "marked" => key("net-done-marked"),
        "unmarked" => key("net-done-unmarked"),
        _ => return None,
    }))
}

/// The page; `refused` is a form that took a mark back and was refused.
pub(crate) async fn show(
    centre: &Centre,
    staff: &Staff,
    done: Option<&Done>,
    errors: Vec<Problem>,
    refused: Option<&TakeBack>,
) -> Result<Response, Fault> {
    let title = staff.word(key("networks-title"));
    let p = staff.page(centre, "console/networks", &title);
    let store = &centre.store;
    let lines = network::list(store).await.map_err(Fault::internal)?;
    let totals = network::totals(store).await.map_err(Fault::internal)?;
    let seen = console::last_seen(store).await.map_err(Fault::internal)?;
    let cuts = console::cuts(store, None).await.map_err(Fault::internal)?;
    let marks = network::marks(store).await.map_err(Fault::internal)?;
    let standing = cuts.iter().filter(|cut| cut.stands && cut.kind == "cut");
    let shown = lines.iter().take(MOST_ROWS);
    let v = View {
        rows: shown.map(|line| row(&p, line, &seen)).collect(),
        more: (lines.len() > MOST_ROWS).then(|| p.n(key("net-more"), lines.len() - MOST_ROWS)),
        figures: figures(&p, &totals),
        made_of: made_of(&p, &totals),
        sources: totals
            .sources
            .iter()
            .map(|row| network_volume::line(&p, row, false))
            .collect(),
        cuts: standing.map(|cut| cut_line(&p, cut)).collect(),
        marks: marks
            .iter()
            .map(|mark| network_marks::line(&p, mark, refused))
            .collect(),
        may: page_of::may(staff),
        may_mark: page_of::may(staff) && centre.network_rules.is_some(),
    };
    let status = if errors.is_empty() {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    let done = done.and_then(|done| done_text(&p, done));
    Ok(page::show(status, &NetworksPage { p, v, done, errors }))
}
