//! Campaigns in words, for the terminal.

use std::fmt::Write as _;

use data::{
    campaign::{Campaign, Figure, State, Sum, Total, totals},
    money::Unit,
};

use crate::print::visible;

pub(super) fn campaigns(campaigns: &[Campaign], all: &[Total]) -> String {
    if campaigns.is_empty() {
        return "no campaigns; `qalqan campaign add` begins one\n".to_owned();
    }
    let mut text = String::new();
    for one in campaigns {
        let (code, title) = (visible(&one.code), visible(&one.titles.en));
        let _ = writeln!(text, "{code}  {title}  {} to {}", one.from, one.to);
        if !one.listings.is_empty() {
            let _ = writeln!(text, "  listings: {}", visible(&one.listings.join(" ")));
        }
        one.figures.iter().for_each(|held| figure(&mut text, held));
        for total in totals(&one.figures) {
            let _ = writeln!(text, "  = {}", in_words(&total));
        }
    }
    if campaigns.len() > 1 && !all.is_empty() {
        text += "all of them; what stands in two campaigns is counted twice\n";
        for total in all {
            let _ = writeln!(text, "  = {}", in_words(total));
        }
    }
    text
}

fn figure(text: &mut String, held: &Figure) {
    let state = match held.state {
        State::Waiting => "waiting",
        State::Standing => "standing",
        State::Replaced => "replaced",
        State::Withdrawal => "withdrawal",
    };
    let amount = held.amount.map_or_else(
        || "withdrawn".to_owned(),
        |amount| sum(held.unit, &amount.to_string()),
    );
    let _ = write!(
        text,
        "  {} {state}  {} {amount}",
        held.id,
        held.kind.as_str()
    );
    if let (Some(rate), Some(on), Some(source)) = (held.rate, &held.rate_on, &held.rate_source) {
        let _ = write!(text, ", at {rate} KZT of {on} ({})", visible(source));
    }
    if let Some(replaces) = held.replaces {
        let _ = write!(text, ", in place of {replaces}");
    }
    if let Some(listing) = &held.listing {
        let _ = write!(text, ", of {}", visible(listing));
    }
    let _ = write!(
        text,
        "  {}; by {}",
        visible(&held.source),
        visible(&held.entered_by)
    );
    if let Some(by) = &held.confirmed_by {
        let _ = write!(text, ", confirmed by {}", visible(by));
    }
    text.push('\n');
}

fn sum(unit: Unit, amount: &str) -> String {
    match unit {
        Unit::Count => amount.to_owned(),
        unit => format!("{amount} {}", unit.as_str()),
    }
}

fn list(sums: &[Sum]) -> String {
    let words = sums
        .iter()
        .map(|one| sum(one.unit, &one.amount.to_string()));
    words.collect::<Vec<_>>().join(" + ")
}

fn in_words(total: &Total) -> String {
    let mut text = format!("{} {}", total.kind.as_str(), list(&total.sums));
    if let Some(tenge) = &total.in_tenge {
        if tenge.figures > 0 {
            let _ = write!(text, "; in tenge {}", tenge.amount);
        }
        if !tenge.left_out.is_empty() {
            let _ = write!(text, "; without a rate {}", list(&tenge.left_out));
        }
    }
    text
}
