//! How a node fares, on one screen: first what is amiss and what to do, then everything else.

use std::fmt::Write as _;

use blocklist::Timestamp;
use resolver::{
    NodeStatus,
    control::{Amiss, Overview, overview::UpstreamReport},
    policy::Freshness,
};

use super::words::{octets, since, span};
use crate::print::{style, styled, visible};

pub(super) fn text(overview: &Overview) -> String {
    let mut text = String::new();
    let listen: Vec<_> = overview.listen.iter().map(ToString::to_string).collect();
    let up = span(overview.now.0.saturating_sub(overview.started.0));
    // Writing into a string cannot fail.
    let _ = writeln!(
        text,
        "qalqan {} on {}, up {up}",
        overview.version,
        listen.join(", ")
    );
    amiss(&mut text, &overview.amiss);
    let mut row = |name: &str, lines: Vec<String>| {
        for (place, line) in lines.iter().enumerate() {
            let name = if place == 0 { name } else { "" };
            let _ = writeln!(text, "{name:<10}{}", visible(line));
        }
    };
    row(
        "list",
        list(&overview.list, overview.now, overview.would_block),
    );
    row("queries", queries(overview));
    let cache = &overview.cache;
    let memory = format!(
        "{} answers in {}, {} driven out by others",
        cache.entries,
        octets(cache.octets),
        cache.evictions
    );
    row("memory", vec![memory]);
    row(
        "upstreams",
        overview.upstreams.iter().map(upstream).collect(),
    );
    row("policy", policy(overview));
    if let Some(reload) = &overview.reload {
        let at = since(reload.at, overview.now);
        let mut words = match &reload.error {
            Some(_) => format!("refused {at}"),
            None => at,
        };
        if !reload.restart.is_empty() {
            words += &format!("; a restart takes over {}", reload.restart.join(", "));
        }
        row("reload", vec![words]);
    }
    text
}

fn amiss(text: &mut String, amiss: &[Amiss]) {
    if amiss.is_empty() {
        let _ = writeln!(text, "{}", styled(style::ADDED, "all is well"));
    }
    for Amiss { what, action } in amiss {
        let what = styled(style::ERROR, format!("AMISS: {}", visible(what)));
        let _ = writeln!(text, "{what}\n       {}", visible(action));
    }
}

fn list(list: &NodeStatus, now: Timestamp, would_block: Option<u64>) -> Vec<String> {
    let Some(source) = &list.source else {
        return vec!["none: nothing is blocked but by rules of your own".to_owned()];
    };
    let enforced = if list.list_active {
        "enforced"
    } else {
        "NOT enforced"
    };
    let mut lines = vec![format!("{enforced}, from {source}")];
    match &list.release {
        None => lines.push("no release yet".to_owned()),
        Some(release) => {
            let freshness = match release.freshness {
                Freshness::Fresh => format!("holds until {}", release.not_after),
                Freshness::ClockBehind => format!("made in this clock's future, {}", release.time),
                Freshness::Expired => format!("expired at {}", release.not_after),
            };
            lines.push(format!(
                "serial {}, signed {}, {freshness}",
                release.serial,
                since(release.time, now)
            ));
            lines.push(format!(
                "{} names, {} held back by the guard, log of {} leaves",
                release.names, release.guarded, release.size
            ));
        }
    }
    if let Some(would_block) = would_block {
        lines.push(format!(
            "dry run: {would_block} queries would have been blocked"
        ));
    }
    let last = match list.last_pull {
        Some(at) => format!("last success {}", since(at, now)),
        None => "none yet succeeded".to_owned(),
    };
    let error = match &list.last_error {
        Some(error) => format!("last error {}: {}", since(error.at, now), error.words),
        None => "no error".to_owned(),
    };
    lines.push(format!("{} pulls, {last}, {error}", list.pulls));
    lines
}

fn queries(overview: &Overview) -> Vec<String> {
    let (counts, rates) = (&overview.queries, &overview.rates);
    let rate = if rates.over > 0.0 {
        format!(
            "{:.1} in a second of the last {:.0} s, {:.1} of them blocked",
            rates.all, rates.over, rates.blocked
        )
    } else {
        "too soon for a rate".to_owned()
    };
    vec![
        rate,
        format!(
            "{} since the start: {} blocked, {} own rules, {} remembered, {} asked upstreams",
            counts.all, counts.blocked, counts.own_rule, counts.cached, counts.asked
        ),
        format!(
            "{} unusual, {} refused, {} told to come again, {} dropped",
            counts.full_path, counts.refused, counts.overloaded, counts.dropped
        ),
    ]
}

fn upstream(upstream: &UpstreamReport) -> String {
    let health = match (upstream.resting, upstream.round_trip_ms) {
        (true, _) => "DOES NOT ANSWER".to_owned(),
        (false, Some(took)) => format!("{took:.1} ms"),
        (false, None) => "not asked yet".to_owned(),
    };
    format!(
        "{}  {health}, {} asked, {} answered, {} not in time, {} wrong",
        upstream.upstream, upstream.queries, upstream.answers, upstream.timeouts, upstream.wrong
    )
}

fn policy(overview: &Overview) -> Vec<String> {
    let policy = &overview.policy;
    let zones = policy.zones.iter().map(|zone| {
        let shadow = if zone.shadow { ", only counting" } else { "" };
        format!(
            "{}  serial {}, {} rules, {} queries{shadow} ({})",
            zone.zone, zone.serial, zone.rules, zone.queries, zone.file
        )
    });
    let mut lines: Vec<_> = zones.collect();
    if lines.is_empty() {
        lines.push("no zones of your own".to_owned());
    }
    if policy.allowed_names > 0 {
        lines.push(format!(
            "{} names that no zone touches",
            policy.allowed_names
        ));
    }
    lines
}
