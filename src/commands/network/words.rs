//! Networks in words, for the terminal.

use std::fmt::Write as _;

use data::network::{
    NetworkFile, NetworkLine, Totals,
    file::{Edge, Volume},
};

use super::graphml::words_of;
use crate::print::visible;

pub(super) fn list(lines: &[NetworkLine]) -> String {
    if lines.is_empty() {
        return "no networks: no two sites share what ties them\n".to_owned();
    }
    let mut text = String::new();
    for line in lines {
        let _ = writeln!(
            text,
            "{}  {} sites, {} flagged, {} under review, {} listed, {} wallets, {} volumes  {}",
            line.id,
            line.sites,
            line.flagged,
            line.review,
            line.listed,
            line.wallets,
            line.volumes,
            visible(&line.kinds.join(" "))
        );
    }
    text
}

pub(super) fn network(file: &NetworkFile) -> String {
    let mut text = list(std::slice::from_ref(&file.line));
    text += "\nsites\n";
    for site in &file.sites {
        let case = site.case_state.as_deref().map_or(String::new(), |state| {
            let id = site.case_id.as_deref().unwrap_or_default();
            format!(", case {id} {state}")
        });
        let _ = writeln!(
            text,
            "  {}  {}  {}, since {}{case}",
            visible(&site.host),
            site.verdict,
            visible(&site.kinds.join(" ")),
            day(site.since)
        );
    }
    for site in &file.past {
        let _ = writeln!(
            text,
            "  {}  was here from {} to {}{}",
            visible(&site.host),
            day(site.from),
            day(site.to),
            site.went_to
                .as_deref()
                .map_or(String::new(), |id| format!(", now in {id}"))
        );
    }
    text += "\nwhat ties them (1.00 and more links)\n";
    file.edges.iter().for_each(|edge| tie(&mut text, edge));
    let wallets = file
        .identifiers
        .iter()
        .filter(|one| one.kind.starts_with("wallet."));
    for (index, wallet) in wallets.enumerate() {
        if index == 0 {
            text += "\nwallets\n";
        }
        let _ = writeln!(
            text,
            "  {} {}: {} of its sites, {} anywhere",
            wallet.kind,
            visible(&wallet.value),
            wallet.sites.len(),
            wallet.anywhere
        );
    }
    for one in &file.identifiers {
        if let Some(mark) = &one.nobodys {
            let _ = writeln!(
                text,
                "\n{} {} is nobody's and ties nobody, {} says since {}: {}",
                one.kind,
                visible(&one.value),
                visible(&mark.officer),
                day(mark.at),
                visible(&mark.why)
            );
        }
    }
    text += "\nactivity by month\n";
    for month in &file.activity {
        let _ = writeln!(
            text,
            "  {}  {} sites heard of, {} captures, {} identifiers, {} cases, {} joined",
            month.month,
            month.discovered,
            month.captures,
            month.identifiers,
            month.cases,
            month.joined
        );
    }
    if !file.volumes.is_empty() {
        text += "\nvolumes as officers stated them\n";
        file.volumes.iter().for_each(|row| volume(&mut text, row));
    }
    text += "\nhistory\n";
    for event in &file.events {
        let other = event
            .other
            .as_deref()
            .map_or(String::new(), |id| format!(" {id}"));
        let _ = writeln!(
            text,
            "  {}  {} {}{other}, {} sites, by {} {}",
            day(event.at),
            event.id,
            event.kind,
            event.sites,
            event.cause,
            visible(&event.subject)
        );
    }
    text
}

fn tie(text: &mut String, edge: &Edge) {
    let cut = match &edge.cut {
        Some(cut) => format!("  CUT {}", day(cut.at)),
        None => String::new(),
    };
    let _ = writeln!(
        text,
        "  {} {}  {}{cut}",
        visible(&edge.a),
        visible(&edge.b),
        words_of(edge.strength)
    );
    for reason in &edge.reasons {
        let _ = writeln!(
            text,
            "    {} {} {}, on {} sites\n      {}\n      {}",
            words_of(reason.points),
            visible(&reason.kind),
            visible(&reason.value),
            reason.sites,
            visible(&reason.a.url),
            visible(&reason.b.url)
        );
    }
}

fn volume(text: &mut String, row: &Volume) {
    let mut amounts = Vec::new();
    if let Some(kzt) = row.kzt {
        amounts.push(format!("{kzt} KZT"));
    }
    if let Some(usdt) = row.usdt {
        amounts.push(format!("{} USDT", decimal(usdt, 6)));
    }
    if let (Some(rate), Some(on)) = (row.rate, &row.rate_on) {
        amounts.push(format!("at {} on {on}", decimal(rate, 4)));
    }
    let period = match (&row.period_from, &row.period_to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        _ => "withdrawn".to_owned(),
    };
    let _ = writeln!(
        text,
        "  {period}  {}  {}{}",
        amounts.join(", "),
        visible(&row.source),
        if row.replaced {
            "  (does not count)"
        } else {
            ""
        }
    );
}

pub(super) fn totals(totals: &Totals) -> String {
    let mut text = format!(
        "\nover all networks\n  {} groups of sites with at least one flagged, under review or listed; {} sites, {} flagged, {} listed, {} wallets\n",
        totals.groups, totals.sites, totals.flagged, totals.listed, totals.wallets
    );
    let _ = writeln!(
        text,
        "  not among them: {} networks in which nothing was judged so, and sites that nothing ties to another",
        totals.other_groups
    );
    let _ = writeln!(
        text,
        "  volumes: {} KZT and {} USDT in {} statements for {} groups",
        totals.kzt,
        decimal(totals.usdt, 6),
        totals.volumes,
        totals.groups_with_volume
    );
    let _ = writeln!(
        text,
        "  of the USDT, stated without tenge: {} KZT at the rates stated; {} statements without a rate are in no sum of tenge",
        totals.kzt_of_usdt, totals.without_rate
    );
    let _ = writeln!(
        text,
        "  together {} KZT; groups without a statement count nothing, {} statements overlap in time and may count twice",
        totals.kzt.saturating_add(totals.kzt_of_usdt),
        totals.overlapping
    );
    if let (Some(from), Some(to)) = (&totals.from, &totals.to) {
        let _ = writeln!(text, "  from {from} to {to}, by");
    }
    for row in &totals.sources {
        let _ = write!(text, "  {}", row.network_id);
        volume(&mut text, row);
    }
    text
}

fn day(at: i64) -> String {
    let time = blocklist::Timestamp(at).to_string();
    time.chars().take(10).collect()
}

/// A whole number of parts as a decimal, without trailing zeros.
fn decimal(parts: i64, digits: u32) -> String {
    let unit = 10_i64.pow(digits);
    let width = usize::try_from(digits).unwrap_or(0);
    let rest = format!("{:0width$}", (parts % unit).abs());
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() {
        format!("{}", parts / unit)
    } else {
        format!("{}.{rest}", parts / unit)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn parts_are_written_as_decimals() {
        assert_eq!(super::decimal(5_123_500, 4), "512.35");
        assert_eq!(super::decimal(1_000_000, 6), "1");
        assert_eq!(super::decimal(1, 6), "0.000001");
    }
}
