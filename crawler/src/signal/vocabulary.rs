//! Words of the trade. News, price and law pages are full of them, so they
//! never make a flag by themselves.

use crate::lexicon::Hit;
use crate::signal::{Groups, Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let mut out = Vec::new();
    let said = |group| -> Vec<&Hit> {
        let hits = page.distinct(group).into_iter();
        hits.filter(|hit| !page.negated(hit, groups)).collect()
    };
    for (id, group) in [
        ("word_crypto", groups.crypto),
        ("word_exchanger", groups.exchanger),
    ] {
        out.extend(page.stepped(id, &said(group)));
    }
    for (id, group) in [
        ("word_anonymous", groups.anonymous),
        ("word_account", groups.account),
    ] {
        out.extend(said(group).first().map(|hit| page.signal(id, hit)));
    }
    out
}
