//! A rates feed that answered on this host: decisive, because a monitor or a bank does not publish
//! directions with reserves under its own name.

use crate::currency::Money;
use crate::feed::Direction;
use crate::signal::Signal;

/// A feed that was captured.
#[derive(Debug, Clone)]
pub struct FeedPage {
    /// Its address.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// Its directions.
    pub directions: Vec<Direction>,
}

/// Reads one feed.
#[must_use]
pub fn read(feed: &FeedPage) -> Vec<Signal> {
    let with_crypto = |direction: &&Direction| {
        let (from, to) = direction.sides();
        from == Some(Money::Crypto) || to == Some(Money::Crypto)
    };
    let with_tenge = |direction: &&Direction| {
        let (from, to) = direction.sides();
        from == Some(Money::Tenge) || to == Some(Money::Tenge)
    };
    let signal = |id: &str, direction: &Direction| {
        Signal::new(id, &direction.quote(), "feed", &feed.url, &feed.capture)
    };
    let mut out = Vec::new();
    if let Some(direction) = feed.directions.iter().find(with_crypto) {
        out.push(Signal {
            transaction: true,
            decisive: true,
            ..signal("rates_feed", direction)
        });
    }
    if let Some(direction) = feed.directions.iter().filter(with_crypto).find(with_tenge) {
        out.push(signal("tenge_in_feed", direction));
    }
    out
}
