//! Everything there is to see of a site, before any of it is weighed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::Assessor;
use crate::identifier::Identifier;
use crate::score;
use crate::signal::claims::LicenceClaim;
use crate::signal::feed::FeedPage;
use crate::signal::guards::{Guard, trade_words};
use crate::signal::{self, Groups, Page, Signal};
use crate::wording::{self, Phrase};

/// Most claims kept of a site.
const MAX_CLAIMS: usize = 20;

/// What was seen of one site. The same observations are weighed by any model.
#[derive(Debug, Clone)]
pub struct Observed {
    /// The site's first page.
    pub url: String,
    /// One signal of each family, without points.
    pub signals: Vec<Signal>,
    /// Words that the model has points for, by key.
    pub wording: BTreeMap<Arc<str>, Phrase>,
    /// What look-alikes say.
    pub guards: Vec<Guard>,
    /// Different phrases of the trade.
    pub trade: usize,
    /// What may link it to other sites.
    pub identifiers: Vec<Identifier>,
    /// What the site says of its licence.
    pub claims: Vec<LicenceClaim>,
    /// Pages and feeds read.
    pub pages: usize,
}

/// Reads the pages and feeds of one site. The first page gives the address.
pub(super) fn read(pages: &[Arc<Page>], feeds: &[FeedPage], assessor: &Assessor) -> Observed {
    let Assessor {
        lexicon,
        groups,
        vocabulary,
        ..
    } = assessor;
    let mut wording = BTreeMap::new();
    let mut signals = Vec::new();
    let mut identifiers: Vec<Identifier> = Vec::new();
    let mut claims = Vec::new();
    let mut seen = HashSet::new();
    for page in pages {
        signals.extend(signal::read(page, groups, lexicon));
        wording::read(page, groups, lexicon, vocabulary, &mut wording);
        let (made, noted) = signal::claims::read(page, groups);
        claims.extend(made);
        signals.extend(noted);
        let fresh = crate::identifier::read(page);
        identifiers.extend(
            fresh
                .into_iter()
                .filter(|id| seen.insert((id.kind.clone(), id.value.clone()))),
        );
    }
    for feed in feeds {
        signals.extend(signal::feed::read(feed));
    }
    let guards = signal::guards::read(pages, groups, lexicon);
    signals.extend(guards.iter().map(|guard| guard.signal.clone()));
    let url = pages
        .first()
        .map(|page| page.url.to_string())
        .or_else(|| feeds.first().map(|feed| feed.url.clone()))
        .unwrap_or_default();
    Observed {
        url,
        signals: score::settle(signals),
        wording,
        guards,
        trade: trade_words(pages, groups),
        identifiers,
        claims: different(claims),
        pages: pages.len() + feeds.len(),
    }
}

/// The claims of a site's pages.
pub(super) fn claims(pages: &[Arc<Page>], groups: &Groups) -> Vec<LicenceClaim> {
    let read = |page: &Arc<Page>| signal::claims::read(page, groups).0;
    different(pages.iter().flat_map(read).collect())
}

/// Each claim once, however many pages make it.
fn different(claims: Vec<LicenceClaim>) -> Vec<LicenceClaim> {
    let mut seen = HashSet::new();
    let of = |claim: &LicenceClaim| {
        (
            claim.licence_key.clone(),
            claim.legal_name.clone(),
            claim.bin.clone(),
        )
    };
    let new = claims.into_iter().filter(|claim| seen.insert(of(claim)));
    new.take(MAX_CLAIMS).collect()
}
