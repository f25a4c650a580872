//! The list written down for programs. Every artefact is a pure function of the fold, so anyone can
//! make it again and compare the bytes; nothing in it depends on when the release was signed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use serde_json::json;

use crate::{
    Digest, Scope,
    fold::{Action, Folded},
    statement::to_canonical,
    zone::PolicyZone,
};

/// Names of the artefacts of a release: their paths below its base.
pub const ARTEFACTS: [&str; 3] = ["list/rpz", "list/domains", "list/json"];

/// All artefacts of a fold. `origin` and `root` name the log it was folded from.
pub fn artefacts(folded: &Folded, origin: &str, root: Digest) -> BTreeMap<String, Vec<u8>> {
    ARTEFACTS
        .into_iter()
        .zip([
            rpz(folded, origin, root),
            domains(folded, origin, root),
            json(folded, origin, root),
        ])
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .collect()
}

fn rpz(folded: &Folded, origin: &str, root: Digest) -> Vec<u8> {
    let zone = PolicyZone::new(folded);
    let mut text = header(';', folded, origin, root);
    for name in zone.omitted() {
        let _ = writeln!(text, "; left out, too long below {}: {name}", zone.apex());
    }
    (text + &zone.to_text()).into_bytes()
}

/// One blocked name a line. The format knows neither subtrees nor exceptions: a subtree with a
/// pass-through below it cannot be said, so it is left out and the header says so.
fn domains(folded: &Folded, origin: &str, root: Digest) -> Vec<u8> {
    let with_exception: BTreeSet<_> = folded
        .entries
        .iter()
        .filter(|entry| entry.action == Action::PassThrough)
        .map(|entry| &entry.listing_id)
        .collect();
    let mut lines = String::new();
    let mut left_out = String::new();
    for entry in folded
        .entries
        .iter()
        .filter(|entry| entry.action == Action::Block)
    {
        if entry.scope == Scope::Subtree && with_exception.contains(&entry.listing_id) {
            let _ = writeln!(
                left_out,
                "# left out, has an exception below it: {}",
                entry.name
            );
        } else {
            let _ = writeln!(lines, "{}", entry.name);
        }
    }
    (header('#', folded, origin, root) + &left_out + &lines).into_bytes()
}

fn json(folded: &Folded, origin: &str, root: Digest) -> Vec<u8> {
    let value = json!({
        "entries": folded.entries,
        "origin": origin,
        "root": root,
        "serial": folded.serial(),
        "size": folded.size,
    });
    // A value made of strings and integers always has a canonical form.
    to_canonical(&value).unwrap_or_default()
}

fn header(comment: char, folded: &Folded, origin: &str, root: Digest) -> String {
    format!(
        "{comment} National list of {origin}: serial {}, log size {}, log root {root}.\n\
         {comment} Verify it: qalqan list verify. What this format cannot say: docs/LISTS.md.\n",
        folded.serial(),
        folded.size,
    )
}
