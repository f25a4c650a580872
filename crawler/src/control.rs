//! Who controls a name: looks for what its owner published, in the DNS and on the web.
//!
//! The name may be on our own list, so nothing here asks a filter: names go to the configured
//! upstreams, and pages through the [`AddressGuard`] like every page. The owner of a name decides
//! what is said there, so all of it is text, bounded, and nothing in it leads anywhere else: a
//! redirect to another host proves nothing about this one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use blocklist::DomainName;
use data::appeal::code::PUBLISHED_AS;
use data::appeal::proof::{LONGEST_SEEN, Look, Seen};
use url::Url;

use crate::address_guard::AddressGuard;
use crate::crawl::AGENT;
use crate::fetch::{End, FetchError, Fetcher, Timeouts};
use crate::resolve::{GuardedResolver, LookupError, TextError, Upstream};

/// The label below a name where its owner publishes.
pub const LABEL: &str = "_qalqan";

/// The file on a host where its owner publishes (RFC 8615).
pub const FILE: &str = "/.well-known/qalqan-appeal.txt";

/// Octets read of the file.
const LARGEST: usize = 4_096;

/// Redirects followed on the host itself: from http to https, or to a final slash.
const REDIRECTS: usize = 3;

/// Texts compared of one place.
const MOST: usize = 100;

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(10),
};

/// Looks for what owners publish.
pub struct Prover {
    upstreams: Vec<SocketAddr>,
    fetcher: Fetcher,
    /// Of a demonstration, whose web speaks http on a port of its own.
    port: Option<u16>,
}

/// What one place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What was asked, in words: `TXT _qalqan.obmen.test`, or an address.
    pub asked: String,
    /// What it says.
    pub says: Says,
}

/// What a place says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// These texts.
    Texts(Vec<String>),
    /// That there is nothing, in these words.
    Nothing(String),
    /// Nothing either way, for this reason.
    NoAnswer(String),
}

impl Prover {
    /// Asks `upstreams`; `about_url` says who we are. With `port`, the web of a demonstration is asked
    /// there and nowhere else.
    ///
    /// # Errors
    /// When no upstream is given, or the HTTP client cannot be set up.
    pub fn new(
        upstreams: &[SocketAddr],
        guard: AddressGuard,
        about_url: &str,
        port: Option<u16>,
    ) -> Result<Self, FetchError> {
        let lookup = Upstream::new(upstreams).map_err(|error| unusable(&error))?;
        let resolver = GuardedResolver::new(Arc::new(lookup), guard);
        let agent = format!("{AGENT}/{} (+{about_url})", env!("CARGO_PKG_VERSION"));
        Ok(Self {
            upstreams: upstreams.to_vec(),
            fetcher: Fetcher::new(&resolver, guard, &agent, TIMEOUTS, &[])?,
            port,
        })
    }

    /// What is published at a host, place by place.
    pub async fn published(&self, host: &DomainName) -> Vec<Place> {
        let mut places = vec![self.texts(host).await];
        let bases = match self.port {
            Some(port) => vec![format!("http://{host}:{port}{FILE}")],
            None => vec![
                format!("https://{host}{FILE}"),
                format!("http://{host}{FILE}"),
            ],
        };
        for base in bases {
            let says = match Url::parse(&base) {
                Ok(url) => self.file(&url).await,
                Err(error) => Says::NoAnswer(error.to_string()),
            };
            places.push(Place { asked: base, says });
        }
        places
    }

    async fn texts(&self, host: &DomainName) -> Place {
        let name = format!("{LABEL}.{host}");
        // A resolver of its own each time: an answer that was remembered would be looked at for as long
        // as it may be, while its owner waits.
        let says = match Upstream::new(&self.upstreams) {
            Ok(upstream) => match upstream.texts(&name).await {
                Ok(texts) => Says::Texts(texts.into_iter().take(MOST).collect()),
                Err(TextError::Nothing(why)) => Says::Nothing(why.to_owned()),
                Err(TextError::Failed(why)) => Says::NoAnswer(why),
            },
            Err(error) => Says::NoAnswer(error.to_string()),
        };
        Place {
            asked: format!("TXT {name}"),
            says,
        }
    }

    async fn file(&self, url: &Url) -> Says {
        let outcome = self.fetcher.get(url, LARGEST, REDIRECTS, false).await;
        match outcome.end {
            End::Failed(error) => Says::NoAnswer(error.to_string()),
            End::Elsewhere(target) => {
                Says::Nothing(format!("redirected to another host: {target}"))
            }
            End::Answer => match outcome.exchanges.last() {
                Some(answer) if answer.status == 200 => {
                    let text = String::from_utf8_lossy(&answer.body);
                    let lines = text.trim_start_matches('\u{feff}').lines().take(MOST);
                    Says::Texts(lines.map(str::to_owned).collect())
                }
                Some(answer) => Says::Nothing(format!("HTTP {}", answer.status)),
                None => Says::NoAnswer("no answer".to_owned()),
            },
        }
    }
}

fn unusable(error: &LookupError) -> FetchError {
    FetchError::Client(error.to_string())
}

/// What was seen of one token in these places.
#[must_use]
pub fn looks(places: &[Place], token: &str) -> Vec<Look> {
    let published = format!("{PUBLISHED_AS}{token}");
    let look = |place: &Place| {
        let (seen, detail) = match &place.says {
            Says::Texts(texts) if texts.iter().any(|text| text.trim() == published) => {
                (Seen::Token, published.clone())
            }
            Says::Texts(texts) => (Seen::Other, texts.join(" | ")),
            Says::Nothing(why) => (Seen::Nothing, why.clone()),
            Says::NoAnswer(why) => (Seen::NoAnswer, why.clone()),
        };
        Look {
            asked: place.asked.clone(),
            seen,
            detail: detail.chars().take(LONGEST_SEEN).collect(),
        }
    };
    places.iter().map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seen(says: Says, token: &str) -> Look {
        let place = Place {
            asked: "TXT _qalqan.obmen.test".into(),
            says,
        };
        looks(&[place], token).remove(0)
    }

    #[test]
    fn only_the_whole_token_of_this_appeal_proves_anything() {
        let texts = |all: &[&str]| Says::Texts(all.iter().map(|t| (*t).to_owned()).collect());
        for proof in [
            &["qalqan-appeal=ab12"][..],
            &["v=spf1 -all", " qalqan-appeal=ab12 \t"],
        ] {
            assert_eq!(seen(texts(proof), "ab12").seen, Seen::Token);
        }
        for no_proof in [
            &[][..],
            &["ab12"],
            &["qalqan-appeal=ab1"],
            &["qalqan-appeal=ab123"],
            &["qalqan-appeal=cd34"],
            &["x qalqan-appeal=ab12"],
            &["QALQAN-APPEAL=ab12"],
        ] {
            let look = seen(texts(no_proof), "ab12");
            assert_eq!(look.seen, Seen::Other);
            assert_eq!(look.detail, no_proof.join(" | "), "what was seen is said");
        }
        let long = seen(texts(&["я".repeat(5_000).as_str()]), "ab12");
        assert_eq!(long.detail.chars().count(), LONGEST_SEEN);
        let nothing = seen(Says::Nothing("HTTP 404".into()), "ab12");
        assert_eq!(
            (nothing.seen, nothing.detail.as_str()),
            (Seen::Nothing, "HTTP 404")
        );
    }

    proptest! {
        #[test]
        fn any_text_is_compared(texts in proptest::collection::vec("\\PC{0,60}", 0..5), token in "[0-9a-f]{32}") {
            let look = seen(Says::Texts(texts), &token);
            prop_assert_eq!(look.seen, Seen::Other);
        }
    }
}
