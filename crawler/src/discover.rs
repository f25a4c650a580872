//! Which of the addresses met on a page are worth a visit, and how soon.
//!
//! A site is judged from a handful of telling pages: home, order form, rules, contacts, feed. Links
//! within a site are followed by what they promise. A link to another host makes a new site only when
//! it, or the page it stands on, speaks of exchanging; and a site found that way is looked into beyond
//! its first page only if that page does too.

use std::collections::HashSet;

use blocklist::guard::Guard;
use data::frontier::{Lease, NewUrl, Source};
use url::Url;

use crate::assessment::Assessor;
use crate::crawl::{CrawlConfig, host_of};
use crate::feed;
use crate::robots::Robots;
use crate::signal::Page;
use crate::sitemap::Sitemap;

/// An icon comes after every page.
const ICON: i64 = 1;
/// Links to other hosts taken from one page.
const MAX_OUTSIDE: usize = 60;
/// Endings of files that hold no text to judge.
const NOT_PAGES: &[&str] = &[
    ".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp", ".ico", ".css", ".js", ".mjs", ".pdf",
    ".zip", ".gz", ".rar", ".apk", ".exe", ".dmg", ".mp3", ".mp4", ".webm", ".woff", ".woff2",
    ".ttf", ".doc", ".docx", ".xls", ".xlsx",
];
/// Parts of addresses that hold terms, contacts, tariffs, in the languages of the trade.
const TELLING: &[&str] = &[
    "rule",
    "pravila",
    "erezhe",
    "ereje",
    "term",
    "usloviya",
    "contact",
    "kontakt",
    "bailanys",
    "baylanys",
    "about",
    "o-nas",
    "biz-turaly",
    "faq",
    "rates",
    "kurs",
    "bagam",
    "tarif",
    "fee",
    "reserve",
    "reserv",
    "office",
    "ofis",
    "kense",
    "licen",
    "aml",
    "kyc",
    "legal",
    "countr",
    "restrict",
    "exchange",
    "obmen",
    "aiyrbas",
    "airbas",
    "p2p",
    "cash",
    "nalich",
    "buy",
    "sell",
    "kzt",
];

/// What a read page offers.
pub(crate) fn from_page(
    page: &Page,
    lease: &Lease,
    assessor: &Assessor,
    robots: &Robots,
    config: &CrawlConfig,
    floor: &Guard,
) -> Vec<NewUrl> {
    let mut offers = Offers::new(lease);
    let candidate = assessor.is_candidate(page);
    let directory = assessor.is_directory(page);
    let inside =
        lease.depth == 0 || directory || lease.source == Source::Sitemap || assessor.is_trade(page);
    let depth = lease.depth + 1;
    let own = page.url.host();
    if inside && depth <= config.max_depth {
        for link in page
            .document
            .links
            .iter()
            .filter(|link| link.url.host() == own)
        {
            let interest = assessor.link_interest(&link.text, &link.url);
            offers.page(&link.url, depth, interest);
        }
        for (_, address) in &page.document.hreflang {
            if let Ok(url) = page.url.join(address)
                && url.host() == own
            {
                offers.page(&url, depth, 2);
            }
        }
        sitemaps(page, robots, &mut offers);
    }
    if candidate {
        for path in feed::PATHS {
            if let Ok(url) = page.url.join(path) {
                offers.push(&url, depth, 70, Source::Feed);
            }
        }
    }
    // The icon once, for sites that trade: who shows the same one may be the same people.
    if page.url.path() == "/"
        && (candidate || assessor.is_trade(page))
        && let Some(icon) = crate::network::observe::icon_of(page)
    {
        offers.push(&icon, depth, ICON, Source::Link);
    }
    if config.discover && depth <= config.max_depth {
        let mut hosts = HashSet::new();
        for link in page
            .document
            .links
            .iter()
            .filter(|link| link.url.host() != own)
        {
            let promising =
                candidate || directory || assessor.link_interest(&link.text, &link.url) > 0;
            let Some(host) = host_of(&link.url) else {
                continue;
            };
            // What can never be listed (messengers, platforms, the state) is not worth a visit.
            if promising
                && floor.covers(&host).is_none()
                && hosts.len() < MAX_OUTSIDE
                && hosts.insert(host)
                && let Ok(root) = link.url.join("/")
            {
                offers.push(&root, depth, 40, Source::Link);
            }
        }
    }
    offers.list
}

/// What a sitemap offers: its pages, and further sitemaps one level down.
pub(crate) fn from_sitemap(
    sitemap: &Sitemap,
    lease: &Lease,
    assessor: &Assessor,
    max_depth: i64,
) -> Vec<NewUrl> {
    let mut offers = Offers::new(lease);
    let own = |url: &&Url| url.host_str() == Some(lease.host.as_str());
    let depth = lease.depth + 1;
    if depth > max_depth {
        return offers.list;
    }
    for url in sitemap.sitemaps.iter().filter(own).take(10) {
        offers.push(url, depth, 60, Source::Sitemap);
    }
    for url in sitemap.pages.iter().filter(own) {
        let interest = assessor.link_interest("", url);
        offers.page(url, depth, interest);
    }
    // A sitemap may list thousands; the most promising come first and the host's cap does the rest.
    offers
        .list
        .sort_by_key(|offer| std::cmp::Reverse(offer.priority));
    offers.list.truncate(200);
    offers.list
}

fn sitemaps(page: &Page, robots: &Robots, offers: &mut Offers<'_>) {
    let depth = offers.lease.depth;
    let stated = robots
        .sitemaps()
        .iter()
        .filter_map(|text| page.url.join(text).ok());
    let usual = page.url.join("/sitemap.xml").ok();
    for url in stated.chain(usual) {
        if url.host() == page.url.host() {
            offers.push(&url, depth, 60, Source::Sitemap);
        }
    }
}

struct Offers<'a> {
    lease: &'a Lease,
    seen: HashSet<String>,
    list: Vec<NewUrl>,
}

impl<'a> Offers<'a> {
    fn new(lease: &'a Lease) -> Self {
        Self {
            lease,
            seen: HashSet::from([lease.url.clone()]),
            list: Vec::new(),
        }
    }

    /// A page of the same site; an address that names a feed is tried as one.
    fn page(&mut self, url: &Url, depth: i64, interest: u32) {
        let path = url.path().to_ascii_lowercase();
        if NOT_PAGES.iter().any(|ending| path.ends_with(ending)) || url.as_str().len() > 500 {
            return;
        }
        if feed::PATHS.contains(&path.as_str()) {
            self.push(url, depth, 90, Source::Feed);
            return;
        }
        let telling = TELLING.iter().any(|part| path.contains(part));
        let priority = 40 + 10 * i64::from(interest) + if telling { 15 } else { 0 } - 5 * depth;
        self.push(url, depth, priority, Source::Link);
    }

    fn push(&mut self, url: &Url, depth: i64, priority: i64, source: Source) {
        let mut url = url.clone();
        url.set_fragment(None);
        let Some(host) = host_of(&url) else { return };
        if self.list.len() < 1_000 && self.seen.insert(url.to_string()) {
            let found_on = Some(self.lease.url.clone());
            self.list.push(NewUrl {
                url: url.to_string(),
                host,
                depth,
                priority,
                source,
                found_on,
            });
        }
    }
}
