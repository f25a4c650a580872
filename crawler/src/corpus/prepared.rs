//! Sites of a corpus as the judgement sees them: whole, and in the poorer forms in which pages reach
//! us elsewhere.

use std::sync::Arc;

use blocklist::matching::{Match, Verdict as Known};
use serde::Serialize;
use url::Url;

use super::{Saved, Site};
use crate::assessment::{Assessor, Observed, Standing};
use crate::signal::Page;
use crate::signal::feed::FeedPage;
use crate::{charset, feed, plain};

/// How much of a site is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Every page and feed.
    Site,
    /// The front page alone.
    Front,
    /// Every page, of each only its running text.
    Text,
    /// The running text of the front page.
    FrontText,
}

impl View {
    /// Every view, the whole site first.
    pub const ALL: [Self; 4] = [Self::Site, Self::Front, Self::Text, Self::FrontText];
}

/// A site and what is seen of it.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// The truth.
    pub site: Site,
    /// What the register says of the host.
    pub standing: Standing,
    /// What is seen in each view, the whole site first.
    pub views: Vec<(View, Observed)>,
}

impl Prepared {
    /// The whole site.
    #[must_use]
    pub fn whole(&self) -> Option<&Observed> {
        self.views.first().map(|(_, observed)| observed)
    }
}

/// Reads a site in every view; `views` names those wanted, the first being the site itself.
#[must_use]
pub fn prepare(site: Site, views: &[View], assessor: &Assessor) -> Prepared {
    let pages: Vec<Arc<Page>> = site
        .pages
        .iter()
        .map(|saved| page(saved, assessor))
        .collect();
    let feeds: Vec<FeedPage> = site.feeds.iter().filter_map(rates).collect();
    let texts: Vec<Arc<Page>> = if views.contains(&View::Text) || views.contains(&View::FrontText) {
        pages.iter().map(|page| text_of(page, assessor)).collect()
    } else {
        Vec::new()
    };
    let first = |pages: &[Arc<Page>]| pages.first().cloned().into_iter().collect::<Vec<_>>();
    let views = views
        .iter()
        .map(|view| {
            let observed = match view {
                View::Site => assessor.observe(&pages, &feeds),
                View::Front => assessor.observe(&first(&pages), &[]),
                View::Text => assessor.observe(&texts, &[]),
                View::FrontText => assessor.observe(&first(&texts), &[]),
            };
            (*view, observed)
        })
        .collect();
    Prepared {
        standing: standing(site.licensed),
        site,
        views,
    }
}

/// What a live row of a register gives a host; nothing else of the match is asked for here.
fn standing(licensed: bool) -> Standing {
    let host = licensed.then(|| Match {
        verdict: Known::Licensed,
        also: Vec::new(),
        listing_id: None,
        matched: None,
        reasons: Vec::new(),
    });
    Standing {
        host,
        claims: Vec::new(),
    }
}

fn page(saved: &Saved, assessor: &Assessor) -> Arc<Page> {
    let text = charset::decode(&saved.body, "").text;
    read(saved.url.clone(), &text, assessor)
}

fn text_of(page: &Page, assessor: &Assessor) -> Arc<Page> {
    let text = plain::markup(&plain::of_document(&page.document));
    read(page.url.clone(), &text, assessor)
}

fn read(url: Url, text: &str, assessor: &Assessor) -> Arc<Page> {
    Arc::new(assessor.page(url, String::new(), text))
}

fn rates(saved: &Saved) -> Option<FeedPage> {
    Some(FeedPage {
        url: saved.url.to_string(),
        capture: String::new(),
        directions: feed::read(&saved.body, "text/xml")
            .or_else(|| feed::read(&saved.body, "application/json"))?,
    })
}
