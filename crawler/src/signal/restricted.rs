//! Kazakhstan shut out in the site's own words: a sentence that denies service and names the
//! country, or a list of restricted countries that holds it. Sentences with "except" or "only" are
//! noted but not counted, because they can mean the opposite.

use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal};

/// The signal's id; `assessment` sets it against what the form offers.
pub const ID: &str = "kazakhstan_restricted";

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Option<Signal> {
    let country: Vec<&Hit> = page.of_group(groups.country).collect();
    for named in country {
        let Some(block) = page.document.blocks.get(named.block) else {
            continue;
        };
        let (from, to) = sentence(&block.text, named.range.start);
        let inside = |group: usize| {
            page.of_group(group).any(|hit| {
                hit.block == named.block && hit.range.start >= from && hit.range.end <= to
            })
        };
        let listed = inside(groups.shut_list) || under_list_heading(page, groups, named.block);
        if !listed && !inside(groups.shut) {
            continue;
        }
        if inside(groups.shut_except) {
            return Some(page.signal("kazakhstan_in_exception", named));
        }
        let quote = block.text.get(from..to).unwrap_or(&block.text).trim();
        return Some(page.note(ID, quote, &block.place));
    }
    None
}

/// Byte range of the sentence around `at`.
fn sentence(text: &str, at: usize) -> (usize, usize) {
    let end_mark = |c: char| matches!(c, '.' | '!' | '?' | ';' | '\n');
    let from = text
        .get(..at)
        .and_then(|before| before.rfind(end_mark))
        .map_or(0, |found| found + 1);
    let to = text
        .get(at..)
        .and_then(|after| after.find(end_mark))
        .map_or(text.len(), |found| at + found);
    (from, to)
}

/// True when the nearest earlier heading or introduction within 60 blocks opens a list of
/// restricted countries.
fn under_list_heading(page: &Page, groups: &Groups, block: usize) -> bool {
    let opener = page
        .of_group(groups.shut_list)
        .filter(|hit| hit.block < block && block - hit.block <= 60)
        .last();
    let Some(opener) = opener else { return false };
    let between = page
        .document
        .blocks
        .get(opener.block + 1..block)
        .unwrap_or_default();
    // Another heading, or a long paragraph, ends the list.
    !between
        .iter()
        .any(|between| between.heading || between.text.chars().count() > 200)
}
