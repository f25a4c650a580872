//! What must hold of the demo world's content: it is whole, invented, and says what it claims.

mod claims;
mod links;
mod networks;
mod plan;
mod whole_sites;

use blocklist::DomainName;
use blocklist::matching::{Index, Known};
use blocklist::register::Snapshot;

use super::site::{Answer, Site, World};

fn name(host: &str) -> DomainName {
    DomainName::parse(host).unwrap()
}

fn world() -> World {
    World::embedded().unwrap()
}

/// Every licence register, the first one first.
fn snapshots(world: &World) -> Vec<Snapshot> {
    let files = world.files.below("registers/");
    files
        .map(|(name, json)| Snapshot::from_json(json).unwrap_or_else(|e| panic!("{name}: {e}")))
        .collect()
}

/// What the public check knows before anyone has signed a listing.
fn known(world: &World) -> Index {
    let snapshots = snapshots(world);
    Index::of(Known {
        warnings: snapshots
            .iter()
            .flat_map(|snapshot| snapshot.warnings.clone())
            .collect(),
        snapshots,
        register_days: 30,
        ..Known::default()
    })
}

/// Pages as text, whatever their encoding, with `{{base:HOST}}` made `http://HOST`.
fn text(site: &Site, answer: &Answer) -> String {
    let bytes = super::links::with_bases(&answer.body, 80);
    if site.host == "rubinwm.test" {
        encoding_rs::WINDOWS_1251.decode(&bytes).0.into_owned()
    } else {
        String::from_utf8(bytes).unwrap()
    }
}

fn is_html(answer: &Answer) -> bool {
    answer
        .content_type
        .as_deref()
        .is_some_and(|t| t.starts_with("text/html"))
        && !answer.body.starts_with(b"<?xml")
}

fn site_of<'a>(world: &'a World, host: &str) -> Option<&'a Site> {
    world
        .sites
        .iter()
        .find(|s| s.host == host || s.aliases.iter().any(|a| a.host == host))
}
