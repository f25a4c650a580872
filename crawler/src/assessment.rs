//! The assessment of a site: what it is, whom it serves, and whether people should look at it.
//!
//! The unit is the site, judged over its captured pages. A flag needs activity with transaction
//! evidence AND targeting AND no guard. Contradictions are never settled by the machine: they go to
//! people as `review`, with the contradiction named. What the register says of the host is passed
//! in; what the site says of itself clears nothing.

use std::collections::HashSet;
use std::sync::Arc;

use blocklist::matching::{ClaimFinding, Match};
use serde::Serialize;
use url::Url;

use crate::charset;
use crate::document;
use crate::lexicon::{Lexicon, LexiconError};
use crate::model::{Model, ModelError};
use crate::score::{self, Ledger};
use crate::signal::claims::LicenceClaim;
use crate::signal::feed::FeedPage;
use crate::signal::guards::{Guard, trade_words};
use crate::signal::identifiers::Identifier;
use crate::signal::{self, Axis, Groups, Page, Signal, restricted};
pub use verdict::{CONTRADICTIONS, Contradiction, KINDS, REGISTER_GUARDS};
use verdict::{contradictions, kinds, register_guard};

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
    /// The proposal.
    pub verdict: Verdict,
    /// Why, heaviest first.
    pub signals: Vec<Signal>,
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
}

impl Assessor {
    /// With these lexicons and this model.
    #[must_use]
    pub fn new(lexicon: Lexicon, model: Model) -> Self {
        let groups = Groups::of(&lexicon);
        Self {
            lexicon,
            groups,
            model,
        }
    }

    /// With the lexicons and the model shipped in the binary.
    ///
    /// # Errors
    /// Only if a shipped file is broken, which a test excludes.
    pub fn shipped() -> Result<Self, ShippedError> {
        Ok(Self::new(Lexicon::shipped()?, Model::shipped()?))
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
        let mut seen = HashSet::new();
        let all = pages
            .iter()
            .flat_map(|page| signal::claims::read(page, &self.groups).0);
        all.filter(|claim| {
            seen.insert((
                claim.licence_no.clone(),
                claim.legal_name.clone(),
                claim.bin.clone(),
            ))
        })
        .take(20)
        .collect()
    }

    /// Judges a site over its pages and feeds. The first page gives the address.
    #[must_use]
    pub fn assess(
        &self,
        pages: &[Arc<Page>],
        feeds: &[FeedPage],
        standing: &Standing,
    ) -> Assessment {
        let mut signals = Vec::new();
        let mut identifiers: Vec<Identifier> = Vec::new();
        let mut seen = HashSet::new();
        for page in pages {
            signals.extend(signal::transaction::read(page, &self.groups, &self.lexicon));
            signals.extend(signal::vocabulary::read(page, &self.groups));
            signals.extend(signal::targeting::read(page, &self.groups, &self.lexicon));
            signals.extend(restricted::read(page, &self.groups));
            signals.extend(signal::claims::read(page, &self.groups).1);
            signals.extend(signal::scripts::read(page));
            let fresh = signal::identifiers::read(page);
            identifiers.extend(
                fresh
                    .into_iter()
                    .filter(|id| seen.insert((id.kind.clone(), id.value.clone()))),
            );
        }
        for feed in feeds {
            signals.extend(signal::feed::read(feed));
        }
        let guards = signal::guards::read(pages, &self.groups, &self.lexicon);
        signals.extend(guards.iter().map(|guard| guard.signal.clone()));
        let mut signals = score::settle(signals);
        score::weigh(&mut signals, &self.model);
        let judged = self.judge(pages, &signals, &guards, standing);
        let url = pages
            .first()
            .map(|page| page.url.to_string())
            .or_else(|| feeds.first().map(|feed| feed.url.clone()))
            .unwrap_or_default();
        Assessment {
            url,
            exchange: judged.exchange.probability,
            serves_kz: judged.serves_kz.probability,
            kinds: judged.kinds,
            verdict: judged.verdict,
            signals,
            guards: judged.guards,
            identifiers,
            contradictions: judged.contradictions,
            claims: self.claims(pages),
            ledger: Ledgers {
                exchange: judged.exchange,
                serves_kz: judged.serves_kz,
            },
            pages: pages.len() + feeds.len(),
        }
    }

    /// Judges one saved page: `qalqan assess FILE --url URL`.
    #[must_use]
    pub fn assess_file(&self, bytes: &[u8], url: &Url) -> Assessment {
        use sha2::{Digest, Sha256};
        let text = charset::decode(bytes, "").text;
        let capture = crate::hex(&Sha256::digest(bytes));
        let page = self.page(url.clone(), capture, &text);
        self.assess(&[Arc::new(page)], &[], &Standing::default())
    }

    fn judge(
        &self,
        pages: &[Arc<Page>],
        signals: &[Signal],
        guards: &[Guard],
        standing: &Standing,
    ) -> Judged {
        let Model {
            exchange: by_trade,
            serves_kz: by_market,
        } = &self.model;
        let exchange = score::ledger(signals, Axis::Exchange, by_trade);
        let serves_kz = score::ledger(signals, Axis::ServesKz, by_market);
        let transaction = signals.iter().any(|signal| signal.transaction);
        let decisive = signals.iter().find(|signal| signal.decisive);
        let trade = trade_words(pages, &self.groups);
        let mut contradictions = contradictions(signals, standing);
        let mut held: Vec<String> = Vec::new();
        let mut directory = false;
        let mut protected = false;
        for guard in guards.iter().filter(|guard| guard.holds) {
            let is_directory = matches!(guard.kind.as_str(), "aggregator" | "affiliate");
            match decisive {
                // An exchange that also talks like a bank or links out: the form outweighs it,
                // unless the other words are at least as many. Then people look.
                Some(evidence) if guard.strength > trade => {
                    contradictions.push(Contradiction::new(
                        "guard-with-order",
                        [
                            ("guard", guard.kind.as_str()),
                            ("phrases", &guard.strength.to_string()),
                            ("signal", &evidence.id),
                            ("quote", &evidence.quote),
                        ],
                    ));
                    held.push(guard.kind.clone());
                }
                Some(_) => {}
                None => {
                    held.push(guard.kind.clone());
                    directory |= is_directory;
                    protected |= !is_directory;
                }
            }
        }
        let licence = register_guard(standing);
        if let Some((guard, note)) = &licence {
            held.insert(0, (*guard).to_owned());
            contradictions.extend(note.clone());
        }
        let crypto = signals
            .iter()
            .any(|signal| signal.id.starts_with("word_crypto"));
        let likely =
            exchange.probability >= by_trade.review && serves_kz.probability >= by_market.review;
        let active = transaction && exchange.probability >= by_trade.review;
        let verdict = match &licence {
            Some((_, None)) => Verdict::Clear,
            Some((_, Some(_))) if active => Verdict::Review,
            _ if protected => Verdict::Clear,
            _ if !contradictions.is_empty() && active => Verdict::Review,
            // A list of exchangers for Kazakhstan is no exchange; people decide what it is.
            _ if directory && serves_kz.probability >= by_market.review && crypto => {
                Verdict::Review
            }
            _ if directory => Verdict::Clear,
            _ if transaction
                && exchange.probability >= by_trade.flag
                && serves_kz.probability >= by_market.flag =>
            {
                Verdict::Flag
            }
            _ if transaction && likely => Verdict::Review,
            _ => Verdict::Clear,
        };
        let kinds = kinds(signals, &held, exchange.probability >= by_trade.review);
        Judged {
            exchange,
            serves_kz,
            kinds,
            verdict,
            guards: held,
            contradictions,
        }
    }
}

struct Judged {
    exchange: Ledger,
    serves_kz: Ledger,
    kinds: Vec<String>,
    verdict: Verdict,
    guards: Vec<String>,
    contradictions: Vec<Contradiction>,
}
