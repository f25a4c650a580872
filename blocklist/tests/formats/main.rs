//! Every format of the list: its bytes, what the program that reads it makes of it, and what it loses.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "tests; a left-out program is said"
)]

mod described;
mod known;
mod pieces;
mod programs;
mod readers;

use blocklist::{
    BlockSet, Digest, Folded, ListingId, Scope,
    export::{Below, Export, Format, Losses},
    fold::{Action, Entry},
    statement::to_canonical,
    testing::{START, TestLog, name},
};
use proptest::prelude::*;
use readers::Reader;

const ORIGIN: &str = "qalqan.test/log";

/// A fold that enforces these entries.
fn folded(mut entries: Vec<Entry>) -> Folded {
    let (_, mut folded) = TestLog::new(true).fold(START);
    entries.sort();
    entries.dedup_by(|later, first| {
        (&later.name, later.scope, later.action) == (&first.name, first.scope, first.action)
    });
    folded.entries = entries;
    folded
}

fn entry(host: &str, scope: Scope, action: Action, number: u32) -> Entry {
    Entry {
        name: name(host),
        scope,
        action,
        listing_id: ListingId::new(2026, number).unwrap(),
    }
}

/// Lines as `host`, `host+` (with all below), `!host` (let through), `!host+`.
fn list(lines: &[&str]) -> Folded {
    let entries = lines.iter().zip(1..).map(|(line, number)| {
        let (action, rest) = match line.strip_prefix('!') {
            Some(rest) => (Action::PassThrough, rest),
            None => (Action::Block, *line),
        };
        match rest.strip_suffix('+') {
            Some(host) => entry(host, Scope::Subtree, action, number),
            None => entry(rest, Scope::Host, action, number),
        }
    });
    folded(entries.collect())
}

fn written(format: Format, folded: &Folded) -> String {
    let mut bytes = Vec::new();
    export(format, folded).write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn export(format: Format, folded: &Folded) -> Export<'_> {
    Export::new(format, folded, ORIGIN, Digest::of(b"root"))
}

/// Whether the format said beforehand that it does not block `host`.
fn is_told(losses: &Losses<'_>, host: &str) -> bool {
    let below = |parent: &str| {
        host.strip_suffix(parent)
            .is_some_and(|rest| rest.ends_with('.'))
    };
    losses
        .left_out
        .keys()
        .any(|parent| host == *parent || below(parent))
        || losses.below.iter().any(|(parent, _)| below(parent))
}

/// What every format must hold, for any list and any name: never more is blocked than was signed, and
/// whatever is blocked less is told.
fn holds(format: Format, folded: &Folded, hosts: &[String]) -> Result<(), TestCaseError> {
    let text = written(format, folded);
    if format == Format::Json {
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let canonical = to_canonical(&value).unwrap();
        prop_assert_eq!(text.as_bytes(), &canonical[..], "RFC 8785");
        let entries: Vec<Entry> = serde_json::from_value(value["entries"].clone()).unwrap();
        prop_assert_eq!(&entries, &folded.entries);
    }
    let export = export(format, folded);
    let set = BlockSet::new(&folded.entries).unwrap();
    for reader in Reader::of(format, &text) {
        for host in hosts {
            let signed = set.find_name(&name(host)).is_some();
            let blocked = reader.blocks(host);
            prop_assert!(
                signed || !blocked,
                "{format:?} blocks {host}, which is not listed:\n{text}"
            );
            prop_assert!(
                blocked || !signed || is_told(&export.losses(), host),
                "{format:?} lets {host} through and does not say so:\n{text}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn no_format_blocks_more_than_was_signed_nor_less_than_it_says(
        lines in proptest::collection::vec("!?[ab](\\.[ab]){0,4}\\.t\\+?", 0..9),
        hosts in proptest::collection::vec("[ab](\\.[ab]){0,6}\\.t", 40),
    ) {
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let folded = list(&lines);
        for format in Format::ALL {
            holds(format, &folded, &hosts)?;
        }
    }
}

/// A claimed loss is one: what is told of a name is what its reader does.
#[test]
fn what_is_said_to_be_lost_is_lost() {
    let deep = ["a.t+", "!b.a.t+", "c.b.a.t+", "!d.c.b.a.t+", "e.d.c.b.a.t+"];
    let label = "x".repeat(62);
    let too_long = [format!("!{label}.{label}.{label}.{}.a.t", "y".repeat(44))];
    let cases: [(Format, &[&str], &str, &str); 10] = [
        (
            Format::Domains,
            &["a.t+", "!b.a.t+"],
            "a.t",
            "left out, has an exception below it: a.t",
        ),
        (Format::Domains, &["a.t+"], "x.a.t", ""),
        (Format::Hosts, &["a.t+"], "x.a.t", ""),
        (Format::Unbound, &["a.t+", "!b.a.t"], "x.b.a.t", ""),
        (
            Format::Unbound,
            &["a.t+", "!a.t"],
            "x.a.t",
            "left out, only the names below it are listed: a.t",
        ),
        (
            Format::Bind,
            &["a.t+", "!b.a.t+"],
            "a.t",
            "left out, has an exception below it: a.t",
        ),
        (
            Format::Bind,
            &["a.t"],
            "a.t",
            "left out, listed without the names below it: a.t",
        ),
        (
            Format::Bind,
            &["a.t+", "!a.t"],
            "x.a.t",
            "left out, only the names below it are listed: a.t",
        ),
        (
            Format::Adblock,
            &deep,
            "e.d.c.b.a.t",
            "left out, lies below too many exceptions: e.d.c.b.a.t",
        ),
        (
            Format::Rpz,
            &["a.t+", &too_long[0]],
            "a.t",
            "left out, too long below the zone's apex: a.t",
        ),
    ];
    for (format, lines, lost, header) in cases {
        let folded = list(lines);
        let set = BlockSet::new(&folded.entries).unwrap();
        assert!(set.find_name(&name(lost)).is_some(), "{lost} is listed");
        let text = written(format, &folded);
        for reader in Reader::of(format, &text) {
            assert!(!reader.blocks(lost), "{format:?} blocks {lost}:\n{text}");
        }
        assert!(
            is_told(&export(format, &folded).losses(), lost),
            "{format:?} {lost}"
        );
        assert!(text.contains(header), "{format:?} {header}:\n{text}");
    }
}

/// What loses nothing says so, and what each format can say it says.
#[test]
fn what_is_not_lost_is_not_said_to_be() {
    let all = [
        "host.t",
        "tree.t+",
        "!lic.tree.t+",
        "bad.lic.tree.t",
        "worse.lic.tree.t+",
        "under.tree.t",
    ];
    for (format, lines) in [
        (Format::Rpz, &all[..]),
        (Format::Dnsmasq, &all),
        (Format::Unbound, &all),
        (Format::Knot, &all),
        (Format::Adblock, &all),
        (Format::Csv, &all),
        (Format::Json, &all),
        (Format::Hosts, &["host.t", "other.t"]),
        (Format::Domains, &["host.t", "other.t"]),
        (Format::Bind, &["tree.t+", "under.tree.t"]),
    ] {
        let folded = list(lines);
        assert!(export(format, &folded).losses().is_empty(), "{format:?}");
        assert!(!written(format, &folded).contains("left out"), "{format:?}");
    }
    let folded = list(&["tree.t+", "!lic.tree.t"]);
    let told = export(Format::Unbound, &folded);
    assert_eq!(told.losses().below, [("lic.tree.t", Below::LetThrough)]);
}

/// Operators look for both names on any list, an empty one and one that covers them included.
#[test]
fn the_names_for_monitoring_are_in_every_format() {
    // No fold lists what is above the publisher's own domain without letting that domain through.
    for lines in [&[][..], &["host.test"], &["test+", "!qalqan.test+"]] {
        let folded = list(lines);
        for format in Format::ALL {
            let text = written(format, &folded);
            for reader in Reader::of(format, &text) {
                assert!(
                    reader.blocks("always-blocked.qalqan.test"),
                    "{format:?}:\n{text}"
                );
                assert!(
                    !reader.blocks("never-blocked.qalqan.test"),
                    "{format:?}:\n{text}"
                );
                assert!(!reader.blocks("qalqan.test"), "{format:?}:\n{text}");
            }
        }
    }
    let zone = written(Format::Rpz, &list(&[]));
    assert!(zone.contains("\nalways-blocked.qalqan.test.rpz.qalqan.test. 60 IN CNAME .\n"));
    assert!(
        zone.contains("\nnever-blocked.qalqan.test.rpz.qalqan.test. 60 IN CNAME rpz-passthru.\n")
    );
    assert_eq!(
        list(&[]).block_set().unwrap().len(),
        0,
        "they are not listings"
    );
}

/// What is signed of such a name goes first: a register's host below the publisher's own domain.
#[test]
fn what_was_signed_of_a_name_for_monitoring_goes_first() {
    let folded = list(&["test+", "!always-blocked.qalqan.test+"]);
    for format in [Format::Rpz, Format::Dnsmasq, Format::Unbound, Format::Knot] {
        let text = written(format, &folded);
        for reader in Reader::of(format, &text) {
            assert!(!reader.blocks("always-blocked.qalqan.test"), "{text}");
        }
    }
}

/// A name that is listed twice stands once: one owner with two aliases makes a server refuse a zone.
#[test]
fn no_owner_stands_twice_in_the_zone() {
    let folded = list(&["a.t", "a.t+", "!a.t", "b.a.t", "!c.t+", "c.t"]);
    let text = written(Format::Rpz, &folded);
    let mut owners: Vec<_> = text
        .lines()
        .filter(|line| line.contains(" CNAME "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    let lines = owners.len();
    owners.sort_unstable();
    owners.dedup();
    assert_eq!(owners.len(), lines, "{text}");
}

/// The parent of which only the names below are listed cannot be said to Unbound; without it the name
/// below, listed like that itself, cannot be said either.
#[test]
fn what_cannot_be_said_without_what_was_left_out_is_left_out_too() {
    let folded = list(&["a.t+", "!a.t", "a.a.a.t+", "!a.a.a.t"]);
    let hosts = ["a.t", "b.a.t", "a.a.a.t", "b.a.a.a.t"].map(str::to_owned);
    for format in Format::ALL {
        holds(format, &folded, &hosts).unwrap();
    }
}
