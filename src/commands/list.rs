//! `list verify|export|show|diff`: the published list, verified before anything is said of it.

use std::collections::BTreeMap;

use blocklist::{
    Timestamp,
    export::{Below, Export, Losses},
    fold::{Listing, ListingState},
};
use serde::Serialize;
use serde_json::json;
use tracing::warn;

use super::{diff, dry_run, remembered, replayed};
use crate::{
    cli::List,
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    print::{Printer, style, styled, visible},
};

pub(crate) async fn run(dir: &DataDir, verb: List, printer: &Printer) -> Result<Exit, Failure> {
    match verb {
        List::Verify { base, seen, full } => {
            let replayed = match &seen {
                Some(seen) => remembered::list_of(dir, &base, seen, full).await?,
                None => replayed::list_of(dir, &base).await?,
            };
            let (release, folded) = (&replayed.release, &replayed.folded);
            let now = clock::now();
            let fresh = release.is_fresh(now);
            let result = json!({
                "origin": replayed.trust.origin, "size": release.size, "root": release.root,
                "serial": release.serial, "time": release.time, "not_after": release.not_after,
                "fresh": fresh, "entries": folded.entries.len(), "listings": folded.listings.len(),
                "monitoring": folded.monitoring, "guarded": folded.guarded().count(), "remarks": folded.remarks,
                "artefacts": release.artefacts,
            });
            printer.result(&result, || verify_text(&replayed, now));
            if !fresh {
                warn!(not_after = %release.not_after, "the release is stale: resolvers no longer enforce it");
            }
            Ok(if fresh { Exit::Done } else { Exit::Negative })
        }
        List::Export { base, artefact } => {
            let replayed = replayed::log_of(dir, &base).await?;
            let (origin, root) = (&replayed.trust.origin, replayed.release.root);
            let export = Export::new(artefact.format(), &replayed.folded, origin, root);
            tell_losses(&export.losses());
            printer.stream(|out| export.write(out));
            Ok(Exit::Done)
        }
        List::Show(base) => {
            let replayed = replayed::log_of(dir, &base).await?;
            let listings: Vec<_> = replayed.folded.listings.iter().map(Shown::new).collect();
            printer.result(&json!({ "listings": listings }), || show_text(&replayed));
            Ok(Exit::Done)
        }
        List::Diff(options) => diff::run(dir, options, printer).await,
        #[cfg(feature = "centre")]
        List::Secondaries => super::secondaries::run(dir, printer),
        List::DryRun(options) => dry_run::run(dir, options, printer).await,
    }
}

/// How many names of one loss are told one by one; the file's header names all that are left out.
const TOLD: usize = 10;

/// Says on stderr what the format cannot say of this list.
fn tell_losses(losses: &Losses<'_>) {
    let mut by_kind: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (name, why) in &losses.left_out {
        let kind = format!("not in this format, {}", why.text());
        by_kind.entry(kind).or_default().push(name);
    }
    for (name, below) in &losses.below {
        let kind = match below {
            Below::Free => "names below are listed too, which this format cannot say",
            Below::LetThrough => "names below are let through with it, though they are listed",
        };
        by_kind.entry(kind.to_owned()).or_default().push(name);
    }
    for (kind, names) in by_kind {
        let more = names.len().saturating_sub(TOLD);
        let shown = names.get(..names.len().min(TOLD)).unwrap_or_default();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        warn!("{kind}: {}{more} (docs/LISTS.md)", shown.join(", "));
    }
}

fn verify_text(replayed: &replayed::Replayed, now: Timestamp) -> String {
    let (release, folded) = (&replayed.release, &replayed.folded);
    let mut text = format!(
        "{}\n  {} leaves verified: genesis, Merkle root, every signature and role, {} witnesses\n  root    {}\n  serial  {}\n  signed  {}, good until {}\n",
        replayed.trust.origin,
        release.size,
        folded.policy.witnesses,
        release.root,
        release.serial,
        release.time,
        release.not_after,
    );
    text += &format!(
        "  {} names enforced, {} listings in all\n",
        folded.entries.len(),
        folded.listings.len()
    );
    if let Some(names) = &folded.monitoring {
        text += &format!(
            "  {} is blocked beside them, for monitoring\n",
            names.always_blocked
        );
    }
    for path in release.artefacts.keys() {
        text += &format!("  {path} is exactly what the log folds to\n");
    }
    for listing in folded.guarded() {
        text += &format!(
            "  {} {} is held back by the guard\n",
            styled(style::ERROR, "ALARM:"),
            listing.statement.name
        );
    }
    for remark in &folded.remarks {
        text += &format!("  remark: {}\n", visible(remark));
    }
    if !release.is_fresh(now) {
        text += &format!(
            "  {} since {}: resolvers no longer enforce it\n",
            styled(style::ERROR, "STALE"),
            release.not_after
        );
    }
    text
}

/// A listing, and what it still lacks.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    listing: &'a Listing,
    number_due: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn new(listing: &'a Listing) -> Self {
        let number_due = listing.number_due();
        Self {
            listing,
            number_due,
        }
    }
}

fn show_text(replayed: &replayed::Replayed) -> String {
    let mut text = String::new();
    for listing in &replayed.folded.listings {
        // Registers and reasons are words that people wrote.
        let state = state_text(&listing.state);
        let lacks = listing.number_due().map_or_else(String::new, |due| {
            format!(" (the order's number is to follow by {due}, or it ends)")
        });
        text += &format!(
            "{}  {}  {}{lacks}\n",
            listing.statement.listing_id,
            listing.statement.name,
            visible(&state)
        );
    }
    text
}

/// Where a listing stands, for people.
pub(super) fn state_text(state: &ListingState) -> String {
    let text = match state {
        ListingState::Scheduled { at } => format!("scheduled for {at}"),
        ListingState::Listed { since } => format!("listed since {since}"),
        ListingState::Suspended { register } => format!("suspended: licensed in {register}"),
        ListingState::Guarded { reason } => format!("held back: {reason}"),
        ListingState::Expired { at } => format!("expired {at}"),
        ListingState::Lifted { at, reason } => format!("lifted {at} ({reason})"),
        ListingState::Annulled { at, reason } => format!("annulled {at} ({reason})"),
    };
    // Registers and reasons are words that people wrote.
    visible(&text)
}
