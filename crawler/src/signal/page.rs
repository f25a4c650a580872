//! A captured page, read and searched: what every family of signals reads.

use std::collections::HashSet;
use std::ops::Range;

use url::Url;

use super::{Groups, Signal, ids};
use crate::document::Document;
use crate::lexicon::{Hit, Lexicon};
use crate::words::Words;

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

    /// The words of the sentence in which a hit stands.
    #[must_use]
    pub fn sentence(&self, hit: &Hit) -> Range<usize> {
        let Range { mut start, mut end } = hit.words.clone();
        while start > 0 && !self.sentence_ends(start - 1, start) {
            start -= 1;
        }
        while end > start && !self.sentence_ends(end - 1, end) {
            end += 1;
        }
        start..end
    }

    /// True when a sentence, or the block, ends between one word and the next. A mark inside a name
    /// (`KZ007.org`) ends none.
    #[must_use]
    pub fn sentence_ends(&self, word: usize, next: usize) -> bool {
        let marks = self.words.marks.get(word).zip(self.words.marks.get(next));
        let Some((a, b)) = marks.filter(|(a, b)| a.block == b.block) else {
            return true;
        };
        let block = self.document.blocks.get(a.block);
        let between = block.and_then(|block| block.text.get(a.end..b.start));
        between.is_none_or(|text| {
            let stop = text.find(['.', '!', '?', ';']);
            stop.is_some_and(|at| text.len() > at + 1)
        })
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
