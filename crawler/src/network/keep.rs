//! What a judged site shows goes into the store, and the networks follow.

use std::sync::Arc;

use data::Store;
use data::capture::Capture;
use data::network::{Found, NewSketch};

use super::Weights;
use super::observe::{Setting, observe};
use crate::assessment::Assessment;
use crate::identifier::text::{self, Sketch};
use crate::signal::Page;
use crate::signal::feed::FeedPage;

/// What one site shows.
pub(crate) struct Shown {
    found: Vec<Found>,
    pub(crate) sketches: Vec<Sketch>,
}

/// Reads it from what was captured; takes some milliseconds.
pub(crate) fn read(
    judged: &Assessment,
    pages: &[Arc<Page>],
    feeds: &[FeedPage],
    captures: &[Capture],
    setting: &Setting<'_>,
) -> Shown {
    let sketches = text::of_site(pages);
    let found = observe(judged, pages, feeds, captures, &sketches, setting);
    Shown { found, sketches }
}

impl Shown {
    /// The site's icon, if it was fetched.
    pub(crate) fn icon(&self) -> Option<&Found> {
        self.found.iter().find(|found| found.kind == "favicon")
    }

    /// Keeps it and brings the networks up to date.
    pub(crate) async fn keep(&self, store: &Store, host: &str, at: i64) -> Result<(), data::Error> {
        for sketch in &self.sketches {
            let kept = NewSketch {
                host,
                part: sketch.part,
                minhash: &sketch.to_hex(),
                words: i64::try_from(sketch.words).unwrap_or(i64::MAX),
                url: &sketch.url,
                capture: &sketch.capture,
                quote: &sketch.quote,
                at,
            };
            data::network::keep_sketch(store, kept).await?;
        }
        let update = data::network::update(store, host, &self.found, at, &Weights).await?;
        if update.moved > 0 {
            tracing::debug!(
                host,
                ties = update.ties,
                moved = update.moved,
                "networks changed"
            );
        }
        Ok(())
    }
}
