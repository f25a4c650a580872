//! `list diff`: what changed between two releases of one log, each replayed from its first leaf.

use std::collections::{BTreeMap, BTreeSet};

use blocklist::{
    ListingId, Scope,
    fold::{Action, Entry, Listing, ListingState},
};
use resolver::ListSource;
use serde::Serialize;

use super::{list::state_text, replayed};
use crate::{
    cli::{Base, Diff},
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, style, styled},
};

/// What `list diff --format json` prints.
#[derive(Serialize)]
struct Difference<'a> {
    old: Side,
    new: Side,
    /// Entries that are enforced in the newer release only.
    added: Vec<&'a Entry>,
    /// Entries that were enforced in the older release only.
    removed: Vec<&'a Entry>,
    /// Listings that stand elsewhere than before.
    changed: Vec<Changed<'a>>,
}

/// Which release was compared.
#[derive(Serialize)]
struct Side {
    size: u64,
    serial: u32,
    time: blocklist::Timestamp,
}

/// A listing that stands elsewhere; `from` is missing where it is new.
#[derive(Serialize)]
struct Changed<'a> {
    listing_id: &'a ListingId,
    name: &'a blocklist::DomainName,
    from: Option<&'a ListingState>,
    to: &'a ListingState,
}

pub(crate) async fn run(dir: &DataDir, options: Diff, printer: &Printer) -> Result<Exit, Failure> {
    let of = async |base: Option<ListSource>| {
        let trust = options.trust.clone();
        replayed::leaves_of(dir, &Base { base, trust }).await
    };
    let (old, old_leaves) = of(Some(options.old.clone())).await?;
    let (new, new_leaves) = of(options.new.clone()).await?;
    one_history(&old_leaves, &new_leaves)?;
    let difference = Difference {
        old: side(&old),
        new: side(&new),
        added: only_in(&new.folded.entries, &old.folded.entries),
        removed: only_in(&old.folded.entries, &new.folded.entries),
        changed: changed(&old.folded.listings, &new.folded.listings),
    };
    printer.result(&difference, || text(&difference));
    let same = difference.added.is_empty()
        && difference.removed.is_empty()
        && difference.changed.is_empty();
    Ok(if same { Exit::Done } else { Exit::Negative })
}

/// The shorter log must be the beginning of the longer one: the log key signed no second history.
fn one_history(old: &[Vec<u8>], new: &[Vec<u8>]) -> Result<(), Failure> {
    match old.iter().zip(new).position(|(a, b)| a != b) {
        None if new.len() < old.len() => Err(Failure::usage(
            "the second release is older than the first; name the older one first",
        )),
        None => Ok(()),
        Some(at) => Err(Failure::new(
            Exit::Permanent,
            anyhow::anyhow!(
                "the releases are of two histories that part at leaf {at}, and both are signed by the log key: a fork; keep both and tell everybody"
            ),
        )),
    }
}

fn side(replayed: &replayed::Replayed) -> Side {
    Side {
        size: replayed.release.size,
        serial: replayed.release.serial,
        time: replayed.release.time,
    }
}

fn only_in<'a>(these: &'a [Entry], those: &[Entry]) -> Vec<&'a Entry> {
    let those: BTreeSet<_> = those.iter().collect();
    these
        .iter()
        .filter(|entry| !those.contains(entry))
        .collect()
}

fn changed<'a>(old: &'a [Listing], new: &'a [Listing]) -> Vec<Changed<'a>> {
    let before: BTreeMap<_, _> = old
        .iter()
        .map(|listing| (&listing.statement.listing_id, &listing.state))
        .collect();
    new.iter()
        .map(|listing| Changed {
            listing_id: &listing.statement.listing_id,
            name: &listing.statement.name,
            from: before.get(&listing.statement.listing_id).copied(),
            to: &listing.state,
        })
        .filter(|changed| changed.from != Some(changed.to))
        .collect()
}

fn text(difference: &Difference<'_>) -> String {
    let Difference { old, new, .. } = difference;
    let mut text = format!(
        "serial {} of {} to serial {} of {}\n",
        old.serial, old.time, new.serial, new.time
    );
    for (sign, style, entries) in [
        ('+', style::ADDED, &difference.added),
        ('-', style::REMOVED, &difference.removed),
    ] {
        for entry in entries {
            let line = format!("{sign} {}", entry_text(entry));
            text += &format!("{}\n", styled(style, line));
        }
    }
    for changed in &difference.changed {
        let line = format!(
            "~ {}  {}  {} -> {}",
            changed.listing_id,
            changed.name,
            changed
                .from
                .map_or_else(|| "unknown".to_owned(), state_text),
            state_text(changed.to)
        );
        text += &format!("{}\n", styled(style::CHANGED, line));
    }
    text
}

fn entry_text(entry: &Entry) -> String {
    let scope = match entry.scope {
        Scope::Host => "host",
        Scope::Subtree => "subtree",
    };
    let action = match entry.action {
        Action::Block => "",
        Action::PassThrough => "  let through",
    };
    format!("{}  {scope}  {}{action}", entry.name, entry.listing_id)
}
