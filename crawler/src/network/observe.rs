//! What an assessed site shows that may tie it to others, and whose it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use blocklist::DomainName;
use data::capture::Capture;
use data::certificate::Served;
use data::network::{Found, Role};
use sha2::{Digest, Sha256};
use url::Url;

use crate::assessment::{Assessment, REGISTER_GUARDS};
use crate::document::clip;
use crate::hex;
use crate::identifier::{self, certificate, text::Sketch};
use crate::signal::Page;
use crate::signal::feed::FeedPage;

/// Identifiers kept of one site.
const MAX_OF_SITE: usize = 400;
/// A smaller icon is an empty one, which anybody may have.
const MIN_ICON: i64 = 100;
/// A feed of fewer directions is too common to say anything.
const MIN_DIRECTIONS: usize = 8;

/// What is known of a site besides what it says.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The site.
    pub host: &'a DomainName,
    /// A guard list names it: a bank, the state, a telecom operator.
    pub guarded: bool,
    /// The certificates it was served under.
    pub certificates: &'a [Served],
}

/// Everything that `pages` and `feeds`, judged as `judged`, show.
#[must_use]
pub fn observe(
    judged: &Assessment,
    pages: &[Arc<Page>],
    feeds: &[FeedPage],
    captures: &[Capture],
    sketches: &[Sketch],
    setting: &Setting<'_>,
) -> Vec<Found> {
    let site = Site::of(judged, setting.guarded);
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut found = Vec::new();
    for page in pages {
        for one in identifier::read(page) {
            if found.len() < MAX_OF_SITE && seen.insert((one.kind.clone(), one.value.clone())) {
                found.push(Found {
                    role: site.role(&one.kind),
                    kind: one.kind,
                    value: one.value,
                    place: one.place,
                    url: one.url,
                    capture: one.capture,
                    quote: one.quote,
                });
            }
        }
    }
    for sketch in sketches {
        let kind = format!("text.{}", sketch.part);
        found.extend(sketch.bands().map(|value| Found {
            role: site.role(&kind),
            kind: kind.clone(),
            value,
            place: "text".to_owned(),
            url: sketch.url.clone(),
            capture: sketch.capture.clone(),
            quote: sketch.quote.clone(),
        }));
    }
    found.extend(feeds.iter().filter_map(|feed| of_feed(feed, &site)));
    found.extend(icon(pages, captures, &site));
    let certificates = setting.certificates.iter();
    found.extend(certificates.filter_map(|served| of_certificate(served, setting.host, &site)));
    found
}

/// Which directions a feed lists, and at what rates: the same feed under two names is one operator's,
/// or one program's own. Rates move, so only their first two digits count.
fn of_feed(feed: &FeedPage, site: &Site) -> Option<Found> {
    let lines: BTreeSet<String> = feed
        .directions
        .iter()
        .map(|direction| {
            format!(
                "{}>{} {}",
                direction.from,
                direction.to,
                first_digits(&direction.get)
            )
        })
        .collect();
    if lines.len() < MIN_DIRECTIONS {
        return None;
    }
    let all: Vec<String> = lines.into_iter().collect();
    Some(Found {
        kind: "feed".to_owned(),
        value: hex(&Sha256::digest(all.join("\n").as_bytes()))
            .chars()
            .take(32)
            .collect(),
        role: site.role("feed"),
        place: "feed".to_owned(),
        url: feed.url.clone(),
        capture: feed.capture.clone(),
        quote: feed
            .directions
            .first()
            .map(crate::feed::Direction::quote)
            .unwrap_or_default(),
    })
}

fn first_digits(amount: &str) -> String {
    let digits = amount.chars().filter(char::is_ascii_digit);
    digits.skip_while(|c| *c == '0').take(2).collect()
}

/// The key the site is served under. A key that a service holds for many sites is kept, too, under a
/// kind of its own that ties nobody, with the reason where its place stands.
fn of_certificate(served: &Served, host: &DomainName, site: &Site) -> Option<Found> {
    let read = certificate::read(&served.der).inspect_err(
        |error| tracing::warn!(%host, url = %served.url.escape_debug(), %error, "a certificate could not be read"),
    );
    let read = read.ok()?;
    let (kind, place) = match read.shared(host) {
        None => ("certificate", "TLS".to_owned()),
        Some(shared) => ("certificate.shared", format!("TLS; ties nobody: {shared}")),
    };
    Some(Found {
        kind: kind.to_owned(),
        value: read.key,
        role: site.role(kind),
        place,
        url: served.url.clone(),
        capture: served.capture.clone(),
        quote: clip(&read.names.join(", "), 300).to_owned(),
    })
}

/// The site's icon, by the hash of its bytes: the capture's own, so nothing has to be computed again to
/// check it.
fn icon(pages: &[Arc<Page>], captures: &[Capture], site: &Site) -> Option<Found> {
    let addresses: Vec<Url> = pages.iter().filter_map(|page| icon_of(page)).collect();
    let fetched = captures.iter().find(|capture| {
        (200..300).contains(&capture.status)
            && capture.body_bytes >= MIN_ICON
            && !capture.truncated
            && capture.content_type.starts_with("image/")
            && addresses.iter().any(|url| url.as_str() == capture.url)
    })?;
    Some(Found {
        kind: "favicon".to_owned(),
        value: fetched.body_sha256.clone(),
        role: site.role("favicon"),
        place: "link[rel=icon]".to_owned(),
        url: fetched.url.clone(),
        capture: fetched.body_sha256.clone(),
        quote: String::new(),
    })
}

/// The address of a page's icon on its own host: the first it names, or where browsers look.
pub(crate) fn icon_of(page: &Page) -> Option<Url> {
    let named = page
        .document
        .icons
        .iter()
        .filter_map(|icon| page.url.join(icon).ok())
        .find(|url| url.host() == page.url.host() && matches!(url.scheme(), "http" | "https"));
    named.or_else(|| page.url.join("/favicon.ico").ok())
}

/// What kind of site shows it.
enum Site {
    /// It trades, or is nothing we know: what it shows is its own.
    Ordinary,
    /// It writes about others: handles, phones and wallets in its text may be theirs.
    Writes,
    /// A register or a guard list names it: whoever shows what it shows may have copied it.
    Protected,
}

impl Site {
    fn of(judged: &Assessment, guarded: bool) -> Self {
        let of_register = |guard: &String| REGISTER_GUARDS.contains(&guard.as_str());
        let trades = judged
            .contradictions
            .iter()
            .any(|found| found.code == "guard-with-order");
        if guarded || judged.guards.iter().any(of_register) {
            Self::Protected
        } else if judged.guards.is_empty() || trades {
            Self::Ordinary
        } else {
            Self::Writes
        }
    }

    fn role(&self, kind: &str) -> Role {
        let in_text = ["wallet.", "telegram", "phone", "email", "bin", "text."];
        match self {
            Self::Ordinary => Role::Own,
            Self::Protected => Role::Reserved,
            Self::Writes if in_text.iter().any(|text| kind.starts_with(text)) => Role::Mentioned,
            Self::Writes => Role::Own,
        }
    }
}
