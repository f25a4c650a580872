//! Words of the trade. News, price and law pages are full of them, so they
//! never make a flag by themselves.

use crate::signal::{Groups, Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let mut out = Vec::new();
    for (id, group) in [
        ("word_crypto", groups.crypto),
        ("word_exchanger", groups.exchanger),
    ] {
        out.extend(page.stepped(id, &page.said(group, groups)));
    }
    for (id, group) in [
        ("word_anonymous", groups.anonymous),
        ("word_account", groups.account),
    ] {
        let said = page.said(group, groups);
        out.extend(said.first().map(|hit| page.signal(id, hit)));
    }
    out
}
