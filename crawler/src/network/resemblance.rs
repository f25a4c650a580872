//! What a site has in common with a host that a licence register names: the same icon, or text that
//! is alike. A resemblance is stated with both places; it accuses nobody.

use data::Store;
use data::network::Found;
use serde::Serialize;

use crate::identifier::text::{Sketch, likeness};

/// From this likeness on two texts are worth showing beside each other.
pub const ALIKE_FROM: f64 = 0.5;

/// A resemblance to a host of a register row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resemblance {
    /// `text.main`, `text.legal` or `favicon`: what is alike.
    pub kind: String,
    /// The host of the register row.
    pub host: String,
    /// How much is alike, 0 to 1.
    pub likeness: f64,
    /// Here: address, capture and beginning.
    pub here: Place,
    /// There.
    pub there: Place,
}

/// One of the two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The page.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// How it begins.
    pub quote: String,
}

/// Compares a site's icon and sketches with those of hosts that registers name, as far as those were crawled;
/// the likest first.
///
/// # Errors
/// When the store fails.
pub async fn of_site(
    store: &Store,
    host: &str,
    icon: Option<&Found>,
    own: &[Sketch],
    registered: &[String],
) -> Result<Vec<Resemblance>, data::Error> {
    let mut found = Vec::new();
    if let Some(ours) = icon {
        for (other, sight) in data::network::shown_by(store, &ours.kind, &ours.value).await? {
            if other != host && registered.contains(&other) {
                found.push(Resemblance {
                    kind: ours.kind.clone(),
                    host: other,
                    likeness: 1.0,
                    here: Place {
                        url: ours.url.clone(),
                        capture: ours.capture.clone(),
                        quote: ours.quote.clone(),
                    },
                    there: Place {
                        url: sight.url,
                        capture: sight.capture,
                        quote: sight.quote,
                    },
                });
            }
        }
    }
    for other in registered.iter().filter(|other| *other != host) {
        for theirs in data::network::sketches(store, other).await? {
            let Some(ours) = own.iter().find(|sketch| sketch.part == theirs.part) else {
                continue;
            };
            let likeness = likeness(&ours.to_hex(), &theirs.minhash).unwrap_or(0.0);
            if likeness >= ALIKE_FROM {
                found.push(Resemblance {
                    kind: format!("text.{}", theirs.part),
                    host: other.clone(),
                    likeness,
                    here: Place {
                        url: ours.url.clone(),
                        capture: ours.capture.clone(),
                        quote: ours.quote.clone(),
                    },
                    there: Place {
                        url: theirs.url,
                        capture: theirs.capture,
                        quote: theirs.quote,
                    },
                });
            }
        }
    }
    found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    Ok(found)
}
