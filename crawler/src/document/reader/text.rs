//! Runs of visible text, cut into blocks.

use scraper::ElementRef;

use super::Reader;
use crate::document::parts::path;
use crate::document::{Block, MAX_BLOCK_CHARS, MAX_BLOCKS, collapse};

/// Bytes of a run of text that surely fit into one block: a character of our scripts takes at most two
/// bytes, hardly any three.
const MAX_RUN: usize = MAX_BLOCK_CHARS;

/// The parts of a text node that are blocks of their own: lines where lines are lines, else what blank
/// lines set apart.
fn paragraphs(text: &str, lines: bool) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let cut = if lines {
            text.find('\n')
        } else {
            blank_line(text)
        };
        let Some(at) = cut else {
            rest = None;
            return Some(text);
        };
        let (part, after) = text.split_at(at);
        rest = after.get(1..);
        Some(part)
    })
}

/// Where a blank line stands between words of one text node.
fn blank_line(text: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('\n').map(|at| from + at) {
        let after = text.get(at + 1..)?;
        let blank = after
            .trim_start_matches([' ', '\t', '\r'])
            .starts_with('\n');
        if blank && !text.get(..at)?.trim().is_empty() && !after.trim().is_empty() {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

impl Reader {
    pub(super) fn text(&mut self, text: &str, parent: Option<ElementRef<'_>>) {
        if self.run_place.is_none() && !text.trim().is_empty() {
            self.run_place = parent.map(path);
        }
        let lines = self.preformatted > 0;
        for (number, part) in paragraphs(text, lines).enumerate() {
            if number > 0 {
                self.flush();
                self.run_place = parent.map(path);
            }
            self.add_to_run(part, parent);
        }
        for open in [
            self.anchor.as_mut().map(|(_, text, _)| text),
            self.button.as_mut(),
        ] {
            if let Some(open) = open
                && open.len() < 1_000
            {
                open.push_str(text);
            }
        }
    }

    /// Adds text to the current run; what does not fit into one block becomes the next, so that a page
    /// that is one long text is read to its end.
    fn add_to_run(&mut self, text: &str, parent: Option<ElementRef<'_>>) {
        let mut rest = text;
        while self.run.len() + rest.len() > MAX_RUN {
            let room = MAX_RUN.saturating_sub(self.run.len());
            let cut = rest.floor_char_boundary(room);
            let head = rest.get(..cut).unwrap_or_default();
            let end = head
                .rfind(['.', '!', '?', '\n', ' '])
                .map_or(cut, |at| at + 1);
            let (head, tail) = rest.split_at(if end == 0 { cut } else { end });
            self.run.push_str(head);
            let before = self.document.blocks.len();
            self.flush();
            if tail.len() == rest.len() && self.document.blocks.len() == before {
                return;
            }
            self.run_place = parent.map(path);
            rest = tail;
        }
        self.run.push_str(rest);
    }

    /// Ends the current run of text.
    pub(super) fn flush(&mut self) {
        let run = std::mem::take(&mut self.run);
        let place = self.run_place.take();
        let text = collapse(&run, MAX_BLOCK_CHARS);
        if !text.is_empty() {
            let form = self.forms.last().copied();
            let heading = self.heading > 0;
            self.push(&place.unwrap_or_default(), &text, form, heading);
        }
    }

    pub(super) fn push(&mut self, place: &str, text: &str, form: Option<usize>, heading: bool) {
        if self.document.blocks.len() < MAX_BLOCKS && !text.is_empty() {
            self.document.blocks.push(Block {
                text: text.to_owned(),
                place: place.to_owned(),
                form,
                heading,
                embedded: false,
            });
        }
    }
}
