//! Look-alikes: banks, news, trackers, consultants and the rest, by what they say about themselves.
//!
//! A guard is held against the site's trade words, so that an exchange which mentions bank cards is
//! not taken for a bank, and nobody clears an exchange by pasting three news words on it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::currency::of_label;
use crate::lexicon::Lexicon;
use crate::signal::{Different, Groups, Page, Signal, ids};

/// Every kind of look-alike; each has its words in the message files of the console.
pub const KINDS: &[&str] = &[
    "affiliate",
    "aggregator",
    "bank",
    "casino",
    "consultant",
    "fiat_exchange",
    "mining",
    "news",
    "payments",
    "reference",
    "regulator",
    "remittance",
    "shop",
    "tracker",
    "training",
    "wallet",
];

/// What a site says that look-alikes of one kind say.
#[derive(Debug, Clone)]
pub struct Guard {
    /// One of [`KINDS`].
    pub kind: String,
    /// Different phrases met.
    pub strength: usize,
    /// Whether they are enough to keep a site from being flagged.
    pub holds: bool,
    /// The phrase quoted first.
    pub signal: Signal,
}

/// What the pages of one site say that speaks against an exchange, strongest first.
#[must_use]
pub fn read(pages: &[Arc<Page>], groups: &Groups, lexicon: &Lexicon) -> Vec<Guard> {
    let trade = trade_words(pages, groups);
    let mut guards = Vec::new();
    for (number, (id, need)) in lexicon.groups().iter().enumerate() {
        let Some(kind) = id.strip_prefix("guard.") else {
            continue;
        };
        let more = if kind == "news" && pages.iter().any(|page| is_article(page)) {
            3
        } else {
            0
        };
        // Three news words pasted on an exchange are not news.
        let guard = met(pages, number, kind, more).filter(|guard| guard.strength * 2 >= trade);
        guards.extend(guard.map(|guard| Guard {
            holds: guard.strength >= *need,
            ..guard
        }));
    }
    guards.extend(public_host(pages, trade));
    guards.extend(fiat_only(pages, groups));
    guards.extend(directory(pages, "aggregator", groups.aggregator, 2, 3));
    guards.extend(directory(pages, "affiliate", groups.affiliate, 2, 1));
    guards.sort_by(|a, b| {
        b.strength
            .cmp(&a.strength)
            .then_with(|| a.kind.cmp(&b.kind))
    });
    guards
}

/// Different phrases of the trade on the site.
#[must_use]
pub fn trade_words(pages: &[Arc<Page>], groups: &Groups) -> usize {
    let trade = [
        groups.exchanger,
        groups.life,
        groups.rate_fixing,
        groups.rate_source,
        groups.operator,
        groups.card_check,
        groups.spot,
        groups.p2p,
        groups.cash,
        groups.offer,
    ];
    let mut different = Different::default();
    pages
        .iter()
        .flat_map(|page| page.hits.iter().map(move |hit| (page, hit)))
        .filter(|(page, hit)| trade.contains(&hit.group) && different.add(page, hit))
        .count()
}

/// How many different entries of a group stand on the site, `more` than are met counted with them,
/// and the first as a signal. Whether that is enough is for the caller to say.
fn met(pages: &[Arc<Page>], group: usize, kind: &str, more: usize) -> Option<Guard> {
    let mut different = Different::default();
    let mut met = Vec::new();
    for page in pages {
        let new = page.of_group(group).filter(|hit| different.add(page, hit));
        met.extend(new.map(|hit| (page, hit)));
    }
    let (page, hit) = met
        .iter()
        .min_by_key(|(page, hit)| (page.url.as_str(), hit.words.start))?;
    let strength = met.len() + more;
    let id = ids::at_step(&format!("guard.{kind}"), strength)?;
    Some(Guard {
        kind: kind.to_owned(),
        strength,
        holds: false,
        signal: page.signal(&id, hit),
    })
}

/// Zones of Kazakhstan in which only public bodies and only schools may hold names, by the rules of the
/// registry of `.kz`, and what a site there is taken for.
const PUBLIC_ZONES: [(&str, &str); 3] = [
    (".gov.kz", "regulator"),
    (".mil.kz", "regulator"),
    (".edu.kz", "reference"),
];

/// A host in a public zone: whatever it writes about, it is not in trade. More than any words can say.
fn public_host(pages: &[Arc<Page>], trade: usize) -> Option<Guard> {
    let page = pages.first()?;
    let host = page.url.domain()?;
    let (_, kind) = PUBLIC_ZONES.iter().find(|(zone, _)| host.ends_with(zone))?;
    let id = ids::at_step(&format!("guard.{kind}"), usize::MAX)?;
    Some(Guard {
        kind: (*kind).to_owned(),
        strength: trade + 1,
        holds: true,
        signal: page.note(&id, host, "url"),
    })
}

/// A page that declares itself an article.
fn is_article(page: &Page) -> bool {
    let declared = page
        .document
        .types
        .iter()
        .any(|kind| kind.ends_with("Article") || kind == "NewsMediaOrganization");
    declared
        || page
            .document
            .meta
            .iter()
            .any(|(name, content)| name == "og:type" && content == "article")
}

/// Exchange of bank notes without any crypto asset anywhere on the site, but to say that it has none.
fn fiat_only(pages: &[Arc<Page>], groups: &Groups) -> Option<Guard> {
    let crypto = pages.iter().any(|page| {
        page.speaks_of_crypto(groups)
            || page
                .document
                .forms
                .iter()
                .flat_map(|form| &form.fields)
                .flat_map(|field| &field.options)
                .any(|option| of_label(&option.text) == Some(crate::currency::Money::Crypto))
    });
    if crypto {
        return None;
    }
    met(pages, groups.fiat, "fiat_exchange", 0).map(|guard| Guard {
        holds: guard.strength >= 2,
        ..guard
    })
}

/// A list of other people's exchanges: phrases of the kind and links out to several hosts.
fn directory(
    pages: &[Arc<Page>],
    kind: &str,
    group: usize,
    phrases: usize,
    hosts: usize,
) -> Option<Guard> {
    // A list counts its visitors, so its links often leave by an address of its own.
    let leaves = |path: &str| {
        ["/go/", "/out/", "/goto/", "/redirect/"]
            .iter()
            .any(|way| path.contains(way))
    };
    let outside: HashSet<&str> = pages
        .iter()
        .flat_map(|page| {
            page.document
                .links
                .iter()
                .map(move |link| (page, &link.url))
        })
        .filter_map(|(page, url)| match url.host() == page.url.host() {
            true => Some(url.path()).filter(|path| leaves(path)),
            false => url.domain(),
        })
        .collect();
    // Of bare text no links are left; then it takes one phrase more.
    let bare = pages.iter().all(|page| page.document.links.is_empty());
    met(pages, group, kind, 0).map(|guard| Guard {
        holds: guard.strength >= phrases && outside.len() >= hosts
            || bare && guard.strength > phrases,
        ..guard
    })
}
