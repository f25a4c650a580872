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
//! * [`scripts`]: pages that show nothing until scripts have run
//! * [`identifiers`]: what may link this site to others of the same operator

pub mod claims;
pub mod directions;
pub mod disguise;
pub mod doors;
pub mod feed;
pub mod guards;
pub mod identifiers;
pub mod ids;
pub mod language;
pub mod order_form;
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

use std::collections::HashSet;
use std::ops::Range;

use serde::Serialize;
use url::Url;

pub use ids::IDS;

use crate::document::{Document, clip};
use crate::lexicon::{Hit, Lexicon};
use crate::words::Words;

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

/// One captured page, read and searched.
pub struct Page {
    /// Its address.
    pub url: Url,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// What it says.
    pub document: Document,
    /// Its words.
    pub words: Words,
    /// Lexicon entries met, in order of place.
    pub hits: Vec<Hit>,
    /// Where the hits of each group stand in `hits`.
    by_group: Vec<Vec<usize>>,
    /// Which hits stand in each block.
    by_block: Vec<Range<usize>>,
}

impl Page {
    /// Searches `document` for everything in `lexicon`.
    #[must_use]
    pub fn new(url: Url, capture: String, document: Document, lexicon: &Lexicon) -> Self {
        let words = Words::of(document.blocks.iter().map(|block| block.text.as_str()));
        let hits = lexicon.find(&words);
        let mut by_group = vec![Vec::new(); lexicon.groups().len()];
        let mut by_block = vec![0..0; document.blocks.len()];
        for (index, hit) in hits.iter().enumerate() {
            if let Some(list) = by_group.get_mut(hit.group) {
                list.push(index);
            }
            if let Some(range) = by_block.get_mut(hit.block) {
                let from = if range.end == 0 { index } else { range.start };
                *range = from..index + 1;
            }
        }
        Self {
            url,
            capture,
            document,
            words,
            hits,
            by_group,
            by_block,
        }
    }

    /// Hits of one group, in order of place.
    pub fn of_group(&self, group: usize) -> impl Iterator<Item = &Hit> {
        let list = self.by_group.get(group).into_iter().flatten();
        list.filter_map(|index| self.hits.get(*index))
    }

    /// Hits in one block, in order of place.
    #[must_use]
    pub fn in_block(&self, block: usize) -> &[Hit] {
        let range = self.by_block.get(block).cloned().unwrap_or_default();
        self.hits.get(range).unwrap_or_default()
    }

    /// Hits of one group in one block.
    pub fn of_group_in(&self, group: usize, block: usize) -> impl Iterator<Item = &Hit> {
        self.in_block(block)
            .iter()
            .filter(move |hit| hit.group == group)
    }

    /// The first hit of each different entry of a group. Words that several entries match, as `P2P`
    /// stands in the lists of three languages, count once.
    #[must_use]
    pub fn distinct(&self, group: usize) -> Vec<&Hit> {
        let mut different = Different::default();
        self.of_group(group)
            .filter(|hit| different.add(self, hit))
            .collect()
    }

    /// The words around a hit, exactly as they stand in the page, at most about 160 characters.
    #[must_use]
    pub fn quote(&self, hit: &Hit) -> String {
        let Some(block) = self.document.blocks.get(hit.block) else {
            return String::new();
        };
        around(&block.text, hit.range.start, hit.range.end)
    }

    /// The words of a hit, exactly as they stand.
    #[must_use]
    pub fn exact(&self, hit: &Hit) -> &str {
        self.document
            .blocks
            .get(hit.block)
            .and_then(|block| block.text.get(hit.range.clone()))
            .unwrap_or_default()
    }

    /// Where a hit stands.
    #[must_use]
    pub fn place(&self, hit: &Hit) -> String {
        self.document
            .blocks
            .get(hit.block)
            .map(|block| block.place.clone())
            .unwrap_or_default()
    }

    /// A signal quoting a hit.
    #[must_use]
    pub fn signal(&self, id: &str, hit: &Hit) -> Signal {
        let signal = self.note(id, &self.quote(hit), &self.place(hit));
        Signal {
            matched: vec![self.exact(hit).to_owned()],
            ..signal
        }
    }

    /// A signal quoting several hits, at the step of their number; `None` when they are too few.
    #[must_use]
    pub fn stepped(&self, family: &str, hits: &[&Hit]) -> Option<Signal> {
        let id = ids::at_step(family, hits.len())?;
        let mut quotes: Vec<String> = Vec::new();
        for hit in hits.iter().take(4) {
            let quote = self.quote(hit);
            if !quotes.contains(&quote) {
                quotes.push(quote);
            }
        }
        let place = hits.first().map(|hit| self.place(hit)).unwrap_or_default();
        let matched = hits.iter().take(8).map(|hit| self.exact(hit).to_owned());
        let signal = self.note(&id, &quotes.join(" … "), &place);
        Some(Signal {
            matched: matched.collect(),
            ..signal
        })
    }

    /// A signal with a quote of its own.
    #[must_use]
    pub fn note(&self, id: &str, quote: &str, place: &str) -> Signal {
        Signal::new(id, quote, place, self.url.as_str(), &self.capture)
    }

    /// Whether the page speaks of crypto assets, or stands at the address of a direction of exchange.
    #[must_use]
    pub fn speaks_of_crypto(&self, groups: &Groups) -> bool {
        self.of_group(groups.crypto)
            .any(|hit| !self.negated(hit, groups))
            || crate::currency::of_direction_url(&self.url).is_some()
    }

    /// Different phrases of a group that are not denied.
    #[must_use]
    pub fn said(&self, group: usize, groups: &Groups) -> Vec<&Hit> {
        let hits = self.distinct(group).into_iter();
        hits.filter(|hit| !self.negated(hit, groups)).collect()
    }

    /// True when the sentence of the hit ends in a question mark.
    #[must_use]
    pub fn asked(&self, hit: &Hit) -> bool {
        let block = self.document.blocks.get(hit.block);
        let rest = block.and_then(|block| block.text.get(hit.range.end..));
        let end = rest.and_then(|rest| rest.find(['.', '!', '?', ';', '\n']).map(|at| (rest, at)));
        end.is_some_and(|(rest, at)| rest.get(at..).is_some_and(|rest| rest.starts_with('?')))
    }

    /// True when a word of denial stands within three words before the hit, or, as Kazakh has it and
    /// Russian may, within three words after ("айырбастау қызметін көрсетпейміз", "крипту не меняем").
    #[must_use]
    pub fn negated(&self, hit: &Hit, groups: &Groups) -> bool {
        self.in_block(hit.block).iter().any(|no| {
            if no.group == groups.denial_after && no.words.start >= hit.words.end {
                return no.words.start - hit.words.end < 3;
            }
            if no.group != groups.negation || no.words.end > hit.words.start {
                return false;
            }
            let apart = hit.words.start - no.words.end;
            apart < 3 || apart < 8 && self.opens_list(no)
        })
    }

    /// Whether a colon stands right behind a hit: what it says goes for all that follows.
    fn opens_list(&self, hit: &Hit) -> bool {
        let block = self.document.blocks.get(hit.block);
        let after = block.and_then(|block| block.text.get(hit.range.end..));
        after.is_some_and(|after| after.trim_start().starts_with(':'))
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
    out.extend(doors::read(page, groups));
    out.extend(talk::read(page, groups));
    out.extend(vocabulary::read(page, groups));
    out.extend(disguise::read(page));
    out.extend(targeting::read(page, groups, lexicon));
    out.extend(language::read(page, groups));
    out.extend(phones::read(page));
    out.extend(restricted::read(page, groups));
    out.extend(scripts::read(page));
    out
}

/// Which phrases have been met: different entries that match different words.
#[derive(Debug, Default)]
pub(crate) struct Different {
    entries: HashSet<usize>,
    words: HashSet<String>,
}

impl Different {
    /// Notes a hit; whether both its entry and its words are new.
    pub(crate) fn add(&mut self, page: &Page, hit: &Hit) -> bool {
        self.entries.insert(hit.entry) && self.words.insert(page.exact(hit).to_lowercase())
    }
}

/// Up to 60 characters on each side of `start..end`, cut at spaces.
pub(crate) fn around(text: &str, start: usize, end: usize) -> String {
    let mut from = text.floor_char_boundary(start.saturating_sub(100));
    let mut to = text.ceil_char_boundary((end + 120).min(text.len()));
    if from > 0 {
        from = text
            .get(from..start)
            .and_then(|s| s.find(' '))
            .map_or(from, |at| from + at + 1);
    }
    if to < text.len() {
        to = text
            .get(end..to)
            .and_then(|s| s.rfind(' '))
            .map_or(to, |at| end + at);
    }
    text.get(from..to).unwrap_or_default().to_owned()
}

/// The numbers of the lexicon groups that the families use, looked up once.
#[derive(Debug, Clone, Copy)]
#[allow(
    missing_docs,
    reason = "each field is the lexicon group of the same name"
)]
pub struct Groups {
    pub crypto: usize,
    pub give: usize,
    pub get: usize,
    pub action: usize,
    pub detail: usize,
    pub life: usize,
    pub rate_fixing: usize,
    pub rate_source: usize,
    pub operator: usize,
    pub refused_name: usize,
    pub refusal: usize,
    pub card_check: usize,
    pub aml: usize,
    pub reserve: usize,
    pub card_purchase: usize,
    pub manager: usize,
    pub bot: usize,
    pub side_give: usize,
    pub side_get: usize,
    pub rate_buy: usize,
    pub rate_sell: usize,
    pub direction_to: usize,
    pub direction_by: usize,
    pub direction_verb: usize,
    pub direction_money: usize,
    pub direction_rail: usize,
    pub exchanger: usize,
    pub spot: usize,
    pub account: usize,
    pub p2p: usize,
    pub cash: usize,
    pub offer: usize,
    pub anonymous: usize,
    pub country: usize,
    pub kz_address: usize,
    pub kazakh_latin: usize,
    pub of_law: usize,
    pub service: usize,
    pub geo_block: usize,
    pub offer_country: usize,
    pub tenge: usize,
    pub tenge_short: usize,
    pub office: usize,
    pub cis: usize,
    pub city: usize,
    pub fiat: usize,
    pub aggregator: usize,
    pub affiliate: usize,
    pub licence: usize,
    pub negation: usize,
    pub denial_after: usize,
    pub shut: usize,
    pub shut_list: usize,
    pub shut_except: usize,
    pub trade_own: usize,
    pub trade_act: usize,
    pub trade_none: usize,
    pub talk_law: usize,
    pub talk_news: usize,
    pub talk_learning: usize,
    pub talk_goods: usize,
    pub talk_bank: usize,
    pub talk_monitoring: usize,
}

impl Groups {
    /// Looks the groups up.
    #[must_use]
    pub fn of(lexicon: &Lexicon) -> Self {
        let at = |id| lexicon.group(id);
        Self {
            crypto: at("crypto"),
            give: at("order.give"),
            get: at("order.get"),
            action: at("order.action"),
            detail: at("order.detail"),
            life: at("order.life"),
            rate_fixing: at("rate.fixing"),
            rate_source: at("rate.source"),
            operator: at("operator.mode"),
            refused_name: at("refused.name"),
            refusal: at("refused.refusal"),
            card_check: at("card.check"),
            aml: at("aml.check"),
            reserve: at("reserve"),
            card_purchase: at("card.purchase"),
            manager: at("manager"),
            bot: at("bot"),
            side_give: at("side.give"),
            side_get: at("side.get"),
            rate_buy: at("rate.buy"),
            rate_sell: at("rate.sell"),
            direction_to: at("direction.to"),
            direction_by: at("direction.by"),
            direction_verb: at("direction.verb"),
            direction_money: at("direction.money"),
            direction_rail: at("direction.rail"),
            exchanger: at("exchanger"),
            spot: at("spot"),
            account: at("account"),
            p2p: at("p2p"),
            cash: at("cash"),
            offer: at("offer"),
            anonymous: at("anonymous"),
            country: at("country"),
            kz_address: at("address.kz"),
            kazakh_latin: at("kazakh.latin"),
            of_law: at("restricted.law"),
            service: at("restricted.service"),
            geo_block: at("restricted.geo"),
            offer_country: at("offer.country"),
            tenge: at("tenge"),
            tenge_short: at("tenge.short"),
            office: at("office"),
            cis: at("cis"),
            city: at("city"),
            fiat: at("fiat"),
            aggregator: at("aggregator"),
            affiliate: at("affiliate"),
            licence: at("licence"),
            negation: at("negation"),
            denial_after: at("negation.after"),
            shut: at("restricted.negation"),
            shut_list: at("restricted.list"),
            shut_except: at("restricted.exception"),
            trade_own: at("trade.own"),
            trade_act: at("trade.act"),
            trade_none: at("trade.none"),
            talk_law: at("talk.law"),
            talk_news: at("talk.news"),
            talk_learning: at("talk.learning"),
            talk_goods: at("talk.goods"),
            talk_bank: at("talk.bank"),
            talk_monitoring: at("talk.monitoring"),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What the shipped lexicons find on a page of our own writing.
    pub(crate) fn signals_of(url: &str, html: &str) -> Vec<Signal> {
        let lexicon = Lexicon::shipped().unwrap();
        let groups = Groups::of(&lexicon);
        let url = Url::parse(url).unwrap();
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
