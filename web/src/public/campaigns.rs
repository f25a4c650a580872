//! Campaigns: what confirmed figures come to, each with its source.

use std::{collections::BTreeSet, sync::Arc};

use askama::Template;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use data::{
    campaign::{self, Campaign, Figure, Kind, State as Stands, Sum, Total},
    money::{Decimal, RATE_DIGITS, Unit},
};
use serde_json::{Value as Json_, json};

use crate::{
    amounts,
    centre::Centre,
    dates,
    faults::Fault,
    hostile,
    language::Lang,
    messages::{self, Value, key},
    page::{self, Page},
    public::Here,
};

struct Line {
    kind: String,
    amount: String,
    note: String,
}

struct Block {
    title: String,
    days: String,
    listings: Vec<String>,
    totals: Vec<Line>,
    figures: Vec<Line>,
}

#[derive(Template)]
#[template(path = "campaigns.html")]
struct CampaignsPage {
    p: Page,
    totals: Vec<Line>,
    overlapping: usize,
    blocks: Vec<Block>,
}

/// Campaigns with at least one figure that stands; of their listings those that are in the log.
async fn published(centre: &Centre) -> Result<Vec<Campaign>, Fault> {
    let known = centre.known().await?;
    let logged: BTreeSet<&str> = known
        .listings
        .iter()
        .map(|listing| listing.statement.listing_id.as_str())
        .collect();
    let all = campaign::all(&centre.store).await;
    let mut campaigns = all.map_err(Fault::internal)?;
    for one in &mut campaigns {
        one.figures
            .retain(|figure| figure.state == Stands::Standing);
        one.listings.retain(|id| logged.contains(id.as_str()));
        for figure in &mut one.figures {
            figure.listing = figure
                .listing
                .take()
                .filter(|id| logged.contains(id.as_str()));
        }
    }
    campaigns.retain(|one| !one.figures.is_empty());
    Ok(campaigns)
}

/// How many campaigns share a day with an earlier one: their figures may count the same twice.
fn overlapping(campaigns: &[Campaign]) -> usize {
    let mut until = "";
    let mut count = 0;
    // They come in order of their first day.
    for one in campaigns {
        count += usize::from(!until.is_empty() && one.from.as_str() <= until);
        until = until.max(&one.to);
    }
    count
}

fn kind(p: &Page, kind: Kind) -> String {
    p.t(match kind {
        Kind::Turnover => key("figure-turnover"),
        Kind::Seized => key("figure-seized"),
        Kind::Sites => key("figure-sites"),
        Kind::Networks => key("figure-networks"),
        Kind::People => key("figure-people"),
    })
}

/// A day of the store in words.
fn day(lang: Lang, text: &str) -> String {
    dates::parse_day(text).map_or_else(|| text.to_owned(), |date| dates::day(lang, date))
}

fn amount(lang: Lang, unit: Unit, amount: Decimal) -> String {
    let number = amounts::written(lang, amount.parts, amount.digits);
    match unit {
        Unit::Kzt => format!("{number}\u{a0}₸"),
        Unit::Count => number,
        unit => format!("{number}\u{a0}{}", unit.as_str()),
    }
}

fn sums(lang: Lang, sums: &[Sum]) -> String {
    let words = sums.iter().map(|sum| amount(lang, sum.unit, sum.amount));
    words.collect::<Vec<_>>().join(" + ")
}

fn total(p: &Page, total: &Total) -> Line {
    let mut notes = Vec::new();
    if let Some(tenge) = &total.in_tenge {
        let only_tenge = total.sums.iter().all(|sum| sum.unit == Unit::Kzt);
        if tenge.figures > 0 && !only_tenge {
            let shown = amount(p.lang, Unit::Kzt, tenge.amount);
            notes.push(p.t1(key("campaigns-in-tenge"), "amount", &shown));
        }
        if !tenge.left_out.is_empty() {
            let shown = sums(p.lang, &tenge.left_out);
            notes.push(p.t1(key("campaigns-without-rate"), "amount", &shown));
        }
    }
    Line {
        kind: kind(p, total.kind),
        amount: sums(p.lang, &total.sums),
        note: notes.join(" "),
    }
}

fn figure(p: &Page, figure: &Figure) -> Line {
    let mut note = hostile::line(&figure.source, 500);
    if let (Some(rate), Some(on), Some(source)) =
        (figure.rate, &figure.rate_on, &figure.rate_source)
    {
        let rate = amounts::written(p.lang, rate.parts, RATE_DIGITS);
        let on = day(p.lang, on);
        let source = hostile::line(source, 200);
        let values = [
            ("rate", Value::Text(&rate)),
            ("on", Value::Text(&on)),
            ("source", Value::Text(&source)),
        ];
        let words = messages::text(p.lang, key("campaigns-rate"), &values);
        note = format!("{note} · {words}");
    }
    if let Some(listing) = &figure.listing {
        note = format!("{note} · {}", hostile::line(listing, 40));
    }
    if let Some(replaces) = figure.replaces {
        let words = p.t1(key("campaigns-corrects"), "number", &replaces.to_string());
        note = format!("{note} · {words}");
    }
    let shown = figure.amount.map(|held| amount(p.lang, figure.unit, held));
    Line {
        kind: format!("{} · {}", figure.id, kind(p, figure.kind)),
        amount: shown.unwrap_or_default(),
        note,
    }
}

/// `GET /{lang}/campaigns`.
pub(crate) async fn campaigns(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
) -> Result<Response, Fault> {
    let title = messages::text(lang, key("campaigns-title"), &[]);
    let p = Page::new(lang, "campaigns", title, centre.demo);
    let campaigns = published(&centre).await?;
    let all = campaign::totals(campaigns.iter().flat_map(|one| &one.figures));
    let block = |one: &Campaign| Block {
        title: hostile::line(
            match lang {
                Lang::Kk => &one.titles.kk,
                Lang::Ru => &one.titles.ru,
                Lang::En => &one.titles.en,
            },
            200,
        ),
        days: p.t2(
            key("campaigns-days"),
            ("from", &day(lang, &one.from)),
            ("to", &day(lang, &one.to)),
        ),
        listings: one.listings.clone(),
        totals: campaign::totals(&one.figures)
            .iter()
            .map(|one| total(&p, one))
            .collect(),
        figures: one.figures.iter().map(|held| figure(&p, held)).collect(),
    };
    let page = CampaignsPage {
        totals: all.iter().map(|one| total(&p, one)).collect(),
        overlapping: overlapping(&campaigns),
        blocks: campaigns.iter().map(block).collect(),
        p,
    };
    Ok(page::ok(&page))
}

/// A figure as the public may read it: without who entered and who confirmed it.
fn public(figure: &Figure) -> Json_ {
    json!({
        "id": figure.id, "kind": figure.kind, "amount": figure.amount, "unit": figure.unit,
        "rate": figure.rate, "rate_on": figure.rate_on, "rate_source": figure.rate_source,
        "source": figure.source, "document_sha256": figure.document, "listing_id": figure.listing,
        "replaces": figure.replaces, "confirmed_at": figure.confirmed_at.map(dates::rfc3339),
    })
}

/// `GET /api/v1/campaigns`.
pub(crate) async fn api(State(centre): State<Arc<Centre>>) -> Result<Response, Fault> {
    let campaigns = published(&centre).await?;
    let all = campaign::totals(campaigns.iter().flat_map(|one| &one.figures));
    let rows: Vec<_> = campaigns
        .iter()
        .map(|one| {
            json!({
                "code": one.code, "titles": one.titles, "from": one.from, "to": one.to,
                "listings": one.listings, "totals": campaign::totals(&one.figures),
                "figures": one.figures.iter().map(public).collect::<Vec<_>>(),
            })
        })
        .collect();
    let body = json!({
        "as_of": dates::rfc3339(centre.now()), "demo": centre.demo,
        "overlapping": overlapping(&campaigns), "totals": all, "campaigns": rows,
    });
    Ok(Json(body).into_response())
}
