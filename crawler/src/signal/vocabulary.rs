//! Words of the trade. News, price and law pages are full of them, so they are capped and can
//! never make a flag by themselves.

use crate::signal::{Axis, Groups, Page, Signal};

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups) -> Vec<Signal> {
    let mut out = Vec::new();
    let families = [
        ("word_crypto", groups.crypto, 0.4, 3),
        ("word_exchanger", groups.exchanger, 0.5, 3),
        ("word_anonymous", groups.anonymous, 0.5, 1),
        ("word_account", groups.account, 0.3, 1),
    ];
    for (id, group, weight, most) in families {
        let hits = page.distinct(group);
        let hits = hits.into_iter().filter(|hit| !page.negated(hit, groups));
        for (number, hit) in hits.take(most).enumerate() {
            out.push(page.signal(&format!("{id}.{}", number + 1), Axis::Exchange, weight, hit));
        }
    }
    out
}
