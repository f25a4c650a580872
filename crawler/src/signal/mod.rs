//! Signals: single observations about a page, each with its exact quote and place.
//!
//! A family is a module that reads a [`Page`] and yields [`Signal`]s by their [`ids`]. Nothing here
//! decides: the points of an id stand in the fitted model, `score` adds them up, and the verdict is
//! made in `assessment`.
//!
//! Evidence that orders can be placed, without which nothing is flagged:
//! * [`order_form`]: a form with two sides, something to pay with and a button
//! * [`pairs`], [`directions`], [`sides`]: what is exchanged for what, in addresses and in words
//! * [`trade`]: verbs of trade near a coin
//! * [`terms`]: what exchangers write about an order, told apart by sense
//! * [`own_name`]: the host, and the site naming itself beside the trade
//! * [`doors`]: a deposit address, a bot, the program behind the site
//! * [`feed`]: a machine-readable list of directions
//! * [`vocabulary`]: words of the trade, capped, never enough
//!
//! The rest:
//! * [`disguise`]: words written so that a filter does not read them
//! * [`targeting`], [`language`], [`phones`]: whom the offer is for
//! * [`restricted`]: Kazakhstan shut out in the site's own words
//! * [`claims`]: what the site says about licences; recorded, never believed
//! * [`guards`], [`talk`]: look-alikes that are not exchanges
//! * [`kind_words`]: what kind of business it is; of no weight for the verdict
//! * [`scripts`]: pages that show nothing until scripts have run

pub mod claims;
pub mod directions;
pub mod disguise;
pub mod doors;
pub mod feed;
mod groups;
pub mod guards;
pub mod ids;
pub mod kind_words;
pub mod language;
pub mod order_form;
pub mod own_name;
mod page;
pub mod pairs;
pub mod phones;
pub mod restricted;
pub mod scripts;
pub mod sides;
pub mod talk;
pub mod targeting;
pub mod terms;
pub mod trade;
pub mod vocabulary;

use serde::Serialize;

pub use groups::Groups;
pub use ids::IDS;
pub use page::Page;
pub(crate) use page::{Different, around};

use crate::document::clip;
use crate::lexicon::Lexicon;

/// Which question a signal speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// Is it an exchange?
    Exchange,
    /// Does it serve Kazakhstan?
    ServesKz,
    /// Is it something else that merely looks like one?
    Guard,
    /// What kind of business is it? Weighs nothing for the other questions.
    Kind,
    /// Recorded, weighs nothing.
    Note,
}

/// One observation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Signal {
    /// Stable identifier, for example `order_form`.
    pub id: String,
    /// The question it speaks to.
    pub axis: Axis,
    /// Points, set by `score` from the fitted model; 0 until then.
    pub weight: f64,
    /// The page's own words.
    pub quote: String,
    /// Where they stand: a CSS-like path, `title`, `url`, `feed`.
    #[serde(rename = "where")]
    pub place: String,
    /// The page.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// The words inside the quote that matched, as they stand there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub matched: Vec<String>,
    /// Evidence that orders can be placed here.
    #[serde(skip)]
    pub transaction: bool,
    /// Transaction evidence which a look-alike cannot have by accident.
    #[serde(skip)]
    pub decisive: bool,
}

impl Signal {
    /// One observation, with its axis as [`IDS`] has it and no points yet.
    #[must_use]
    pub fn new(id: &str, quote: &str, place: &str, url: &str, capture: &str) -> Self {
        let known = ids::of(id);
        debug_assert!(known.is_some(), "{id} is no line of signal::IDS");
        Self {
            id: id.to_owned(),
            axis: known.map_or(Axis::Note, |known| known.axis),
            weight: 0.0,
            quote: clip(quote, 400).to_owned(),
            place: clip(place, 160).to_owned(),
            url: url.to_owned(),
            capture: capture.to_owned(),
            matched: Vec::new(),
            transaction: false,
            decisive: false,
        }
    }

    /// Evidence that orders can be placed here.
    #[must_use]
    pub fn transaction(self) -> Self {
        Self {
            transaction: true,
            ..self
        }
    }

    /// Transaction evidence which a look-alike cannot have by accident.
    #[must_use]
    pub fn decisive(self) -> Self {
        Self {
            transaction: true,
            decisive: true,
            ..self
        }
    }

    /// The id without its step.
    #[must_use]
    pub fn family(&self) -> &str {
        ids::parts(&self.id).0
    }

    /// The step, 0 for a signal that has none.
    #[must_use]
    pub fn step(&self) -> usize {
        ids::parts(&self.id).1.unwrap_or(0)
    }
}

/// Everything that one page says, by every family that reads pages.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = order_form::read(page, groups, lexicon);
    out.extend(pairs::read(page, lexicon));
    out.extend(directions::read(page, groups, lexicon));
    out.extend(sides::read(page, groups, lexicon));
    out.extend(terms::read(page, groups));
    out.extend(trade::read(page, groups));
    out.extend(own_name::read(page, groups));
    out.extend(doors::read(page, groups));
    out.extend(talk::read(page, groups));
    out.extend(vocabulary::read(page, groups));
    out.extend(disguise::read(page));
    out.extend(targeting::read(page, groups, lexicon));
    out.extend(language::read(page, groups));
    out.extend(phones::read(page));
    out.extend(restricted::read(page, groups));
    out.extend(scripts::read(page));
    out.extend(kind_words::read(page, lexicon));
    out
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What the shipped lexicons find on a page of our own writing.
    pub(crate) fn signals_of(url: &str, html: &str) -> Vec<Signal> {
        let lexicon = Lexicon::shipped().unwrap();
        let groups = Groups::of(&lexicon);
        let url = url::Url::parse(url).unwrap();
        let document = crate::document::read(html, &url);
        let page = Page::new(url, "00".repeat(32), document, &lexicon);
        read(&page, &groups, &lexicon)
    }

    /// Their ids.
    pub(crate) fn ids_of(url: &str, html: &str) -> Vec<String> {
        let signals = signals_of(url, html).into_iter();
        signals.map(|signal| signal.id).collect()
    }

    #[test]
    fn every_group_that_a_family_asks_for_is_shipped() {
        let groups = format!("{:?}", Groups::of(&Lexicon::shipped().unwrap()));
        assert!(!groups.contains(&usize::MAX.to_string()), "{groups}");
    }
}
