//! One text with the words that the vocabulary knows in it, and what they say of a number: whether it is
//! a licence's, whose else it may be, or how many of something there are. Every look is at a few words
//! around the number, so that a hostile text costs no more than its length.

use std::ops::Range;

use super::super::shape::{Looks, Shape};
use super::Vocabulary;
use crate::lexicon::Hit;
use crate::words::Words;

/// Bytes between a word of licence and its number: who gave it, for what and when.
const MOST_BETWEEN: usize = 320;
/// Words between them where no mark says that a number follows.
const MOST_WORDS: usize = 4;
/// Bytes that a word of the vocabulary has at most.
const LONGEST_WORD: usize = 120;
/// Characters between a mark and its number: spaces, a colon, a quotation mark.
const MOST_BEHIND_MARK: usize = 8;

pub(super) struct Reading<'a> {
    text: &'a str,
    /// Where the next block begins in it.
    own: usize,
    words: Words,
    /// In order of place.
    hits: Vec<Hit>,
    /// Words of licence that are neither another paper's nor denied, in order.
    licences: Vec<Hit>,
    vocabulary: &'a Vocabulary,
}

impl<'a> Reading<'a> {
    pub(super) fn of(text: &'a str, own: usize, vocabulary: &'a Vocabulary) -> Self {
        let words = Words::of([text]);
        let hits = vocabulary.lexicon.find(&words);
        let mut reading = Self {
            text,
            own,
            words,
            hits,
            licences: Vec::new(),
            vocabulary,
        };
        let hits = reading.hits.iter();
        reading.licences = hits
            .filter(|hit| reading.is_licence_word(hit))
            .cloned()
            .collect();
        reading
    }

    /// Whether a number is a licence's; `before` is the one found before it.
    pub(super) fn is_licence(&self, shape: &Shape, before: Option<&Shape>) -> bool {
        let marked = self.is_marked(shape);
        if self.counts_something(shape, marked) {
            return false;
        }
        // The second of two numbers: `№ 12-34 и № 56-78`.
        if let Some(before) = before
            && self.follows(before, shape)
        {
            return marked || shape.looks >= Looks::Long && before.looks == shape.looks;
        }
        let next = self
            .licences
            .partition_point(|hit| hit.range.end <= shape.at.start);
        let behind = next.checked_sub(1).and_then(|at| self.licences.get(at));
        let is_led_to = behind.is_some_and(|hit| {
            let is_free = before.is_none_or(|before| before.at.end <= hit.range.start);
            is_free && self.leads_to(hit, shape, marked)
        });
        let ahead = self.licences.get(next).filter(|_| marked);
        is_led_to || ahead.is_some_and(|hit| self.belongs_to(shape, hit))
    }

    /// Whether nothing but a mark stands in it: what a number in the next block may have before it.
    pub(super) fn opens(&self, between: &Range<usize>) -> bool {
        self.words_in(between) <= self.of_group(self.vocabulary.mark, between).count()
    }

    fn is_licence_word(&self, hit: &Hit) -> bool {
        let (word, passive) = (self.vocabulary.word, self.vocabulary.passive);
        let from = hit.range.start.saturating_sub(LONGEST_WORD);
        let unlike = self.of_group(
            self.vocabulary.unlike,
            &(from..hit.range.end + LONGEST_WORD),
        );
        let mut beside = unlike.filter(|other| {
            other.words.start <= hit.words.end && hit.words.start <= other.words.end
        });
        [word, passive].contains(&hit.group) && beside.next().is_none()
    }

    /// Whether a word of licence, said before the number, is said of it.
    fn leads_to(&self, licence: &Hit, shape: &Shape, marked: bool) -> bool {
        let between = licence.range.end..shape.at.start;
        if between.len() > MOST_BETWEEN
            || self.holds(self.vocabulary.other, &between)
            || self.ends_sentence(&between)
        {
            return false;
        }
        let is_named = shape.looks >= Looks::Long && licence.group == self.vocabulary.word;
        marked || is_named && self.names_alone(&between)
    }

    /// Whether a word of licence, said after the number, is said of it: `№ 1.2.47/188 лицензиясы`.
    fn belongs_to(&self, shape: &Shape, licence: &Hit) -> bool {
        let between = shape.at.end..licence.range.start;
        let first = self.word_from(shape.at.start).saturating_sub(4);
        let before = self.words.marks.get(first).map_or(0, |mark| mark.start);
        let apart = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '«' | '"');
        licence.group == self.vocabulary.word
            && self.words_in(&between) <= 2
            && self.slice(&between).chars().all(apart)
            && !self.holds(self.vocabulary.other, &between)
            && !self.holds(self.vocabulary.other, &(before..shape.at.start))
    }

    /// Whether the text says that a number follows, or that it was one: `№ 5`, `No. 5`, `5 нөмірлі`.
    fn is_marked(&self, shape: &Shape) -> bool {
        let before = self.slice(&(0..shape.at.start));
        let is_sign = |c: char| matches!(c, '№' | '#');
        let mark = before.trim_end_matches(|c: char| !c.is_alphanumeric() && !is_sign(c));
        let near = before
            .get(mark.len()..)
            .is_some_and(|gap| gap.chars().count() <= MOST_BEHIND_MARK);
        near && (mark.ends_with(is_sign) || self.ends_at(self.vocabulary.mark, mark.len()))
            || self.stands_at(self.vocabulary.mark, shape.at.end)
    }

    /// Whether it is so many of something: `150000 тенге`, `2024 года`. Behind a mark it is a number all
    /// the same (`№ 000123 г. Алматы`), unless the mark stands in the block before.
    fn counts_something(&self, shape: &Shape, marked: bool) -> bool {
        let number = self.slice(&shape.at);
        let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
        let is_numbered = marked && shape.at.start < self.own && !is_year;
        !is_numbered && self.stands_at(self.vocabulary.unit, shape.at.end)
    }

    /// Whether one number directly follows another: a comma, a mark or `and` between them.
    fn follows(&self, before: &Shape, shape: &Shape) -> bool {
        let between = before.at.end..shape.at.start;
        let text = self.slice(&between);
        let words = text.split(|c: char| !c.is_alphanumeric());
        let joining = words.filter(|word| matches!(*word, "и" | "та" | "және" | "мен" | "and"));
        let marks = self.of_group(self.vocabulary.mark, &between).count();
        between.len() <= 20
            && !text.contains('.')
            && self.words_in(&between) <= marks + joining.count()
    }

    /// Whether only names stand in it: `Лицензия АРРФР 1.2.77/41`, `лицензия Кюрасао 8048/JAZ`.
    fn names_alone(&self, between: &Range<usize>) -> bool {
        let inside = self.word_from(between.start)..self.word_from(between.end);
        let marks = self.words.marks.get(inside.clone()).unwrap_or_default();
        inside.len() <= MOST_WORDS
            && marks.iter().all(|mark| {
                let word = self.slice(&(mark.start..mark.end));
                word.starts_with(char::is_uppercase) || matches!(word, "of" | "the" | "от")
            })
    }

    /// Whether a sentence ends in it. A point after a figure or a shortened word ends none, nor does one
    /// before a mark.
    fn ends_sentence(&self, between: &Range<usize>) -> bool {
        let text = self.slice(between);
        text.char_indices().any(|(at, c)| {
            let after = text.get(at + c.len_utf8()..).unwrap_or_default();
            let at = between.start + at;
            match c {
                '·' | '•' | '|' | '!' | '?' | ';' => true,
                '.' if after.starts_with(char::is_whitespace) => {
                    let figure = self.slice(&(0..at)).ends_with(|c: char| c.is_ascii_digit());
                    let marked = after.trim_start().starts_with(['№', '#'])
                        || self.stands_at(self.vocabulary.mark, at + 1);
                    !figure && !marked && !self.ends_at(self.vocabulary.short, at)
                }
                _ => false,
            }
        })
    }

    /// Words of a group that begin in a part of the text.
    fn of_group(
        &self,
        group: usize,
        within: &Range<usize>,
    ) -> impl Iterator<Item = &Hit> + use<'_> {
        let first = self
            .hits
            .partition_point(|hit| hit.range.start < within.start);
        let last = self
            .hits
            .partition_point(|hit| hit.range.start < within.end);
        let hits = self.hits.get(first..last).unwrap_or_default();
        hits.iter().filter(move |hit| hit.group == group)
    }

    fn holds(&self, group: usize, within: &Range<usize>) -> bool {
        self.of_group(group, within).next().is_some()
    }

    /// Whether a word of a group stands at a place, or after the space there.
    fn stands_at(&self, group: usize, place: usize) -> bool {
        let rest = self.text.get(place..).unwrap_or_default();
        let start = place + (rest.len() - rest.trim_start().len());
        self.holds(group, &(start..start + 1))
    }

    /// Whether a word of a group ends at a place.
    fn ends_at(&self, group: usize, place: usize) -> bool {
        let near = place.saturating_sub(LONGEST_WORD)..place;
        self.of_group(group, &near)
            .any(|hit| hit.range.end == place)
    }

    /// The first word that begins at a place or after it.
    fn word_from(&self, place: usize) -> usize {
        self.words.marks.partition_point(|mark| mark.start < place)
    }

    fn words_in(&self, within: &Range<usize>) -> usize {
        self.word_from(within.end)
            .saturating_sub(self.word_from(within.start))
    }

    fn slice(&self, range: &Range<usize>) -> &'a str {
        self.text.get(range.clone()).unwrap_or_default()
    }
}
