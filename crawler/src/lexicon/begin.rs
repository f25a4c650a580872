//! Which entries may begin at a word: the first step of finding, which leaves out nearly all of them.
//! A word is read letter by letter against the first pieces of all entries at once; phrases that share
//! their first word are told apart by how the next word begins.

use std::collections::HashMap;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;

use super::LexiconError;
use super::entry::{Fit, Piece};
use crate::words::Words;

/// The first pieces of all entries.
#[derive(Debug)]
pub(super) struct Beginnings {
    /// Reads a word from its first letter to the space behind it.
    automaton: NFA,
    start: StateID,
    /// By pattern of the automaton, the entries that begin with it.
    begun: Vec<Vec<Begun>>,
}

#[derive(Debug)]
struct Begun {
    entry: usize,
    next: Opening,
}

impl Beginnings {
    /// Of the pieces of each entry, in order of entry.
    pub(super) fn of<'a>(
        entries: impl IntoIterator<Item = &'a [Piece]>,
    ) -> Result<Self, LexiconError> {
        let mut patterns: Vec<String> = Vec::new();
        let mut begun: Vec<Vec<Begun>> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        for (entry, pieces) in entries.into_iter().enumerate() {
            let Some(first) = pieces.first() else {
                continue;
            };
            let end = if first.fit == Fit::Exact { " " } else { "" };
            let pattern = format!("{}{end}", first.word);
            let at = *seen.entry(pattern.clone()).or_insert_with(|| {
                patterns.push(pattern);
                begun.push(Vec::new());
                patterns.len() - 1
            });
            if let Some(list) = begun.get_mut(at) {
                let next = Opening::of(pieces.get(1));
                list.push(Begun { entry, next });
            }
        }
        let automaton =
            NFA::new(&patterns).map_err(|error| LexiconError::Size(error.to_string()))?;
        let start = automaton
            .start_state(Anchored::Yes)
            .map_err(|error| LexiconError::Size(error.to_string()))?;
        Ok(Self {
            automaton,
            start,
            begun,
        })
    }

    /// Adds the entries that may begin at the word `first`, in no order.
    pub(super) fn at(&self, first: usize, words: &Words, out: &mut Vec<usize>) {
        let mut state = self.start;
        for byte in words.spaced(first).bytes() {
            // Anchored, so that most words are left at one of their first letters.
            state = self.automaton.next_state(Anchored::Yes, state, byte);
            if !self.automaton.is_special(state) {
                continue;
            }
            if self.automaton.is_dead(state) {
                return;
            }
            if self.automaton.is_match(state) {
                let next = opening(words.spaced(first + 1).as_bytes());
                for index in 0..self.automaton.match_len(state) {
                    let pattern = self.automaton.match_pattern(state, index);
                    let begun = self.begun.get(pattern.as_usize()).into_iter().flatten();
                    out.extend(begun.filter(|b| b.next.fits(next)).map(|b| b.entry));
                }
            }
        }
    }
}

/// How the word after the first must begin.
#[derive(Debug, Clone, Copy)]
struct Opening {
    octets: u32,
    mask: u32,
}

impl Opening {
    /// Of a phrase's second piece; any word's when there is none, or others may stand before it.
    fn of(second: Option<&Piece>) -> Self {
        let piece = second.filter(|piece| !piece.after_gap);
        let word = piece.map_or(&[][..], |piece| piece.word.as_bytes());
        let mask = word.iter().map(|_| 0xff).take(4).collect::<Vec<u8>>();
        Self {
            octets: opening(word),
            mask: opening(&mask),
        }
    }

    fn fits(self, word: u32) -> bool {
        word & self.mask == self.octets
    }
}

/// The first four octets, zeros for those that are missing.
fn opening(word: &[u8]) -> u32 {
    let mut octets = [0; 4];
    let pairs = octets.iter_mut().zip(word);
    pairs.for_each(|(to, from)| *to = *from);
    u32::from_le_bytes(octets)
}
