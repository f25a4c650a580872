//! The assessment of a site: what it is, whom it serves, and whether people should look at it.
//!
//! The unit is the site, judged over its captured pages. A flag needs activity with transaction
//! evidence AND targeting AND no guard. Contradictions are never settled by the machine: they go to
//! people as `review`, with the contradiction named. What the register says of the host is passed
//! in; what the site says of itself clears nothing.

use std::sync::Arc;

use blocklist::matching::{ClaimFinding, Match};
use serde::Serialize;
use url::Url;

use crate::charset;
use crate::corpus::Site;
use crate::document;
use crate::identifier::Identifier;
use crate::lexicon::{Lexicon, LexiconError};
use crate::model::{Model, ModelError, Worded};
use crate::plain;
use crate::score::Ledger;
use crate::signal::claims::LicenceClaim;
use crate::signal::feed::FeedPage;
use crate::signal::{Groups, Page, Signal};
use crate::wording::Vocabulary;
pub use contradiction::{CONTRADICTIONS, Contradiction};
pub use kinds::{KINDS, KindPoints, KindReason};
pub use observed::Observed;
pub use verdict::{REGISTER_GUARDS, judge};

mod contradiction;
mod kinds;
mod observed;
mod verdict;

/// What the machine proposes to people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Looks like an exchange that serves Kazakhstan; a case for two officers.
    Flag,
    /// Unclear or contradictory; people decide.
    Review,
    /// Nothing to do.
    Clear,
}

impl Verdict {
    /// The word in JSON and in the store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Review => "review",
            Self::Clear => "clear",
        }
    }
}

/// The result, and the JSON of DESIGN section 6.
#[derive(Debug, Clone, Serialize)]
pub struct Assessment {
    /// The site's first page.
    pub url: String,
    /// Probability that it is an exchange.
    pub exchange: f64,
    /// Probability that it serves people in Kazakhstan.
    pub serves_kz: f64,
    /// What kinds of business it looks like, likeliest first.
    pub kinds: Vec<String>,
    /// By which signals each kind was named.
    pub kind_reasons: Vec<KindReason>,
    /// The proposal.
    pub verdict: Verdict,
    /// Why, heaviest first.
    pub signals: Vec<Signal>,
    /// The words that count most among those no signal has read, heaviest first: the parts of `wording`.
    pub wording: Vec<Worded>,
    /// Guards that hold: reasons not to flag.
    pub guards: Vec<String>,
    /// What may link it to other sites.
    pub identifiers: Vec<Identifier>,
    /// What does not fit together.
    pub contradictions: Vec<Contradiction>,
    /// What the site says of its licence.
    pub claims: Vec<LicenceClaim>,
    /// How the two probabilities came about.
    pub ledger: Ledgers,
    /// Pages and feeds judged.
    pub pages: usize,
}

/// The two sums.
#[derive(Debug, Clone, Serialize)]
pub struct Ledgers {
    /// For `exchange`.
    pub exchange: Ledger,
    /// For `serves_kz`.
    pub serves_kz: Ledger,
}

/// What the register says of the host, found by `blocklist::matching`.
#[derive(Debug, Clone, Default)]
pub struct Standing {
    /// The host's own match, when registers are loaded.
    pub host: Option<Match>,
    /// The site's claims held against the registers.
    pub claims: Vec<ClaimFinding>,
}

/// A shipped data file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ShippedError {
    /// A lexicon.
    #[error(transparent)]
    Lexicon(#[from] LexiconError),
    /// The model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Reads pages into assessments; holds the compiled lexicons and the model.
pub struct Assessor {
    lexicon: Lexicon,
    groups: Groups,
    model: Model,
    vocabulary: Vocabulary,
}

impl Assessor {
    /// With these lexicons and this model.
    #[must_use]
    pub fn new(lexicon: Lexicon, model: Model) -> Self {
        let groups = Groups::of(&lexicon);
        let vocabulary = Vocabulary::of(model.words.points.keys().map(String::as_str));
        Self {
            lexicon,
            groups,
            model,
            vocabulary,
        }
    }

    /// With the lexicons and the model shipped in the binary.
    ///
    /// # Errors
    /// Only if a shipped file is broken, which a test excludes.
    pub fn shipped() -> Result<Self, ShippedError> {
        Ok(Self::new(Lexicon::shipped()?, Model::shipped()?))
    }

    /// With the shipped lexicons and the words that `sites` share, and no points for anything: for
    /// reading what a model is to be fitted on.
    ///
    /// # Errors
    /// Only if a shipped lexicon is broken, which a test excludes.
    pub fn for_fitting(sites: &[Site]) -> Result<Self, ShippedError> {
        let lexicon = Lexicon::shipped()?;
        let vocabulary = crate::fit::vocabulary(sites, &lexicon);
        Ok(Self {
            vocabulary,
            ..Self::new(lexicon, Model::default())
        })
    }

    /// The model in use.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Reads one page's text.
    #[must_use]
    pub fn page(&self, url: Url, capture: String, text: &str) -> Page {
        let document = document::read(text, &url);
        Page::new(url, capture, document, &self.lexicon)
    }

    /// True when this page alone makes a rates feed worth asking for.
    #[must_use]
    pub fn is_candidate(&self, page: &Page) -> bool {
        let groups = &self.groups;
        page.of_group(groups.crypto).next().is_some()
            && (page.of_group(groups.exchanger).next().is_some()
                || page.distinct(groups.life).len() >= 2
                || page.of_group(groups.give).next().is_some()
                    && page.of_group(groups.get).next().is_some())
    }

    /// True when this page speaks of a trade in crypto assets, an exchanger's or a platform's: worth
    /// reading the pages it links to.
    #[must_use]
    pub fn is_trade(&self, page: &Page) -> bool {
        let groups = &self.groups;
        let trades = [groups.spot, groups.p2p, groups.cash, groups.offer];
        self.is_candidate(page)
            || page.of_group(groups.crypto).next().is_some()
                && trades.iter().any(|group| page.distinct(*group).len() >= 2)
    }

    /// True when the page lists other people's exchanges.
    #[must_use]
    pub fn is_directory(&self, page: &Page) -> bool {
        !page.distinct(self.groups.aggregator).is_empty()
            && page.of_group(self.groups.exchanger).next().is_some()
    }

    /// How much a link's text and address promise about exchanging: 0 to 3.
    #[must_use]
    pub fn link_interest(&self, text: &str, url: &Url) -> u32 {
        let slug = format!("{} {}", url.host_str().unwrap_or_default(), url.path());
        let words = crate::words::Words::of([text, slug.as_str()]);
        let groups = &self.groups;
        let interesting = [
            groups.crypto,
            groups.exchanger,
            groups.tenge,
            groups.action,
            groups.life,
            groups.p2p,
        ];
        let hits = self
            .lexicon
            .find(&words)
            .iter()
            .filter(|hit| interesting.contains(&hit.group))
            .count();
        let pair = crate::currency::of_pair_url(url).is_some();
        u32::try_from(hits).unwrap_or(3).min(2) + u32::from(pair)
    }

    /// The claims of a site's pages, to be held against the register before [`Assessor::assess`].
    #[must_use]
    pub fn claims(&self, pages: &[Arc<Page>]) -> Vec<LicenceClaim> {
        observed::claims(pages, &self.groups)
    }

    /// Judges a site over its pages and feeds. The first page gives the address.
    #[must_use]
    pub fn assess(
        &self,
        pages: &[Arc<Page>],
        feeds: &[FeedPage],
        standing: &Standing,
    ) -> Assessment {
        judge(&self.observe(pages, feeds), standing, &self.model)
    }

    /// Reads everything there is to see of a site, before anything is weighed.
    #[must_use]
    pub fn observe(&self, pages: &[Arc<Page>], feeds: &[FeedPage]) -> Observed {
        observed::read(pages, feeds, self)
    }

    /// Judges one saved page: `qalqan assess FILE --url URL`.
    #[must_use]
    pub fn assess_file(&self, bytes: &[u8], url: &Url) -> Assessment {
        use sha2::{Digest, Sha256};
        let mut text = charset::decode(bytes, "").text;
        if plain::is_plain(&text) {
            text = plain::markup(&text);
        }
        let capture = crate::hex(&Sha256::digest(bytes));
        let page = self.page(url.clone(), capture, &text);
        self.assess(&[Arc::new(page)], &[], &Standing::default())
    }
}
