//! What would happen to a query: the outcome first, then what it follows from.

use std::fmt::Write as _;

use resolver::{
    PauseScope,
    control::{Explained, Listing, Outcome, Remembered},
};

use super::words::span;
use crate::print::{style, styled, visible};

pub(super) fn text(explained: &Explained) -> String {
    let mut text = String::new();
    let rules = &explained.rules;
    let outcome = match explained.outcome {
        Outcome::Blocked => styled(style::ERROR, "blocked by the national list"),
        Outcome::OwnRule => styled(style::CHANGED, "answered by a rule of your own"),
        Outcome::Remembered => "answered from memory".to_owned(),
        Outcome::Asked => "asked of an upstream".to_owned(),
    };
    // Writing into a string cannot fail.
    let _ = writeln!(
        text,
        "{} {}: {outcome}",
        visible(&rules.name),
        visible(&explained.kind)
    );
    let mut line = |words: String| {
        let _ = writeln!(text, "  {}", visible(&words));
    };
    if let Some(alias) = &explained.by_alias {
        line(format!("because its remembered answer leads to {alias}"));
    }
    of_list(explained, &mut line);
    if rules.own_allowed {
        line("on your own list of names that no policy zone touches".to_owned());
    }
    for own in &rules.own_rules {
        let does = if own.shadow {
            "would do, only counted"
        } else {
            "does"
        };
        line(format!(
            "rule {} {does}: {} (serial {}, {})",
            own.rule, own.action, own.serial, own.file
        ));
    }
    for remembered in &explained.remembered {
        line(memory(remembered));
    }
    if explained.remembered.is_empty() {
        line("no answer is remembered".to_owned());
    }
    if explained.outcome == Outcome::Asked {
        line(match &explained.upstream {
            Some(upstream) => format!("{upstream} is asked first"),
            None => "no upstream answers now; each is tried again every few seconds".to_owned(),
        });
    }
    text
}

fn of_list(explained: &Explained, line: &mut impl FnMut(String)) {
    let rules = &explained.rules;
    match explained.monitoring {
        Some(true) => line("the name for monitoring that is always blocked; no listing".to_owned()),
        Some(false) => line("the name for monitoring that is never blocked".to_owned()),
        None => {}
    }
    match &rules.listing_id {
        Some(id) => line(format!("listed as {id}")),
        None if explained.monitoring.is_none() => line("not on the national list".to_owned()),
        None => {}
    }
    if let Some(listing) = &explained.listing {
        said(listing, line);
    }
    if let Some(url) = &rules.url {
        line(url.clone());
    }
    if let Some(release) = &rules.release {
        line(format!(
            "by release {}, signed {}",
            release.serial, release.time
        ));
    }
    if !rules.list_active {
        line(
            match (&explained.paused, explained.dry_run, &rules.release) {
                (Some(paused), ..) => format!(
                    "the list{} is paused until {}: {}",
                    match paused.scope {
                        PauseScope::List => "",
                        PauseScope::Everything => " and every rule of your own",
                    },
                    paused.until,
                    paused.reason
                ),
                (None, true, _) => "the list is not enforced: this is a dry run".to_owned(),
                (None, false, Some(_)) => {
                    "the list is not enforced: the release has expired".to_owned()
                }
                (None, false, None) => "this node holds no list".to_owned(),
            },
        );
    }
}

fn said(listing: &Listing, line: &mut impl FnMut(String)) {
    line(format!(
        "{} ({}), since {}, until {}",
        listing.name,
        listing.scope.as_str(),
        listing.effective_at,
        listing.expires_at
    ));
    let number = listing.order.as_deref().unwrap_or("without a number yet");
    line(format!(
        "order {number} of {}, {} (ground: {})",
        listing.authority, listing.order_date, listing.basis
    ));
}

fn memory(remembered: &Remembered) -> String {
    let mut words = format!("remembered: {}", remembered.code);
    if remembered.negative {
        words += ", nothing of the kind";
    }
    words += &if remembered.stale {
        ", past its life: given only if upstreams fail".to_owned()
    } else {
        format!(", for another {}", span(remembered.remaining.into()))
    };
    if !remembered.aliases.is_empty() {
        words += &format!(", by way of {}", remembered.aliases.join(", "));
    }
    let flags = [
        (remembered.dnssec_ok, "DO"),
        (remembered.checking_disabled, "CD"),
    ];
    let flags: Vec<_> = flags
        .iter()
        .filter_map(|(is, flag)| is.then_some(*flag))
        .collect();
    if !flags.is_empty() {
        words += &format!(" (for clients with {})", flags.join(" and "));
    }
    words
}
