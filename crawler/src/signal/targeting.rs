//! Whom the offer is for: tenge, Kazakh rails, cities, addresses, and the site's own words.
//! Language is not market, so no single weak sign is enough; the strong ones are read from the
//! order form, the feed and the pair URLs by their own families.

use crate::currency::Money;
use crate::lexicon::Lexicon;
use crate::signal::{Groups, Page, Signal};

/// Words between a coin and a bank of Kazakhstan at most, for the two to belong together.
const NEAR: usize = 8;

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = Vec::new();
    if page
        .url
        .domain()
        .is_some_and(|host| host.ends_with(".kz") || host.ends_with(".xn--80ao21a"))
    {
        out.push(page.note("kz_domain", page.url.domain().unwrap_or_default(), "url"));
    }
    for (id, group) in [
        ("offer_for_kazakhstan", groups.offer_country),
        ("country_named", groups.country),
        ("central_asia_named", groups.cis),
    ] {
        let found = page.of_group(group).find(|hit| !page.negated(hit, groups));
        if let Some(hit) = found {
            out.push(page.signal(id, hit));
        }
    }
    amounts(page, groups, &mut out);
    pairs(page, groups, &mut out);
    cities(page, groups, &mut out);
    rails(page, lexicon, groups, &mut out);
    address(page, groups, &mut out);
    country_picker(page, lexicon, groups, &mut out);
    telegram(page, &mut out);
    out
}

/// Tenge beside a number.
fn amounts(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let number = |index: usize| {
        page.words
            .word(index)
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_digit())
    };
    let found = page.of_group(groups.tenge).find(|hit| {
        let near = hit.words.start.saturating_sub(2)..hit.words.end + 2;
        near.into_iter().any(|index| {
            page.words
                .marks
                .get(index)
                .is_some_and(|mark| mark.block == hit.block)
                && number(index)
        })
    });
    if let Some(hit) = found {
        out.push(page.signal("tenge_amount", hit));
    }
}

/// A coin against tenge, side by side: `BTC/KZT`, `USDT → ₸`.
fn pairs(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let found = page.of_group(groups.tenge).find(|tenge| {
        page.of_group_in(groups.crypto, tenge.block)
            .any(|coin| coin.words.end == tenge.words.start || tenge.words.end == coin.words.start)
    });
    if let Some(hit) = found {
        out.push(page.signal("tenge_pair", hit));
    }
}

/// A Kazakh city within twelve words of an office, cash or a courier.
fn cities(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let found = page.of_group(groups.city).find(|city| {
        let near = city.block.saturating_sub(2)..=city.block + 2;
        near.flat_map(|block| page.of_group_in(groups.office, block))
            .any(|office| office.words.start.abs_diff(city.words.start) <= 12)
    });
    if let Some(hit) = found {
        out.push(page.signal("city_with_office", hit));
    }
}

/// Kazakh banks named anywhere on the page, and beside a coin.
fn rails(page: &Page, lexicon: &Lexicon, groups: &Groups, out: &mut Vec<Signal>) {
    let rails = || page.hits.iter().filter(|hit| lexicon.is_rail(hit.group));
    out.extend(rails().next().map(|hit| page.signal("rail_named", hit)));
    let beside = rails().find(|rail| {
        page.of_group_in(groups.crypto, rail.block)
            .any(|coin| coin.words.start.abs_diff(rail.words.start) <= NEAR)
    });
    out.extend(beside.map(|hit| page.signal("rail_beside_coin", hit)));
}

/// An address in Kazakhstan by words that stand nowhere else, or by a postcode of the financial centre
/// in Astana (`Z05…`).
fn address(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let named = page.of_group(groups.kz_address).next();
    if let Some(hit) = named {
        out.push(page.signal("kz_address", hit));
        return;
    }
    let postcode = (0..page.words.marks.len()).find(|index| {
        let word = page.words.word(*index);
        word.len() == 7 && word.starts_with("z05") && word.bytes().any(|b| b.is_ascii_alphabetic())
    });
    let mark = postcode.and_then(|index| page.words.marks.get(index));
    if let Some(mark) = mark
        && let Some(block) = page.document.blocks.get(mark.block)
    {
        let quote = super::around(&block.text, mark.start, mark.end);
        out.push(page.note("kz_address", &quote, &block.place));
    }
}

/// A choice of countries that offers Kazakhstan.
fn country_picker(page: &Page, lexicon: &Lexicon, groups: &Groups, out: &mut Vec<Signal>) {
    for form in &page.document.forms {
        for field in form.fields.iter().filter(|field| field.options.len() >= 2) {
            let option = field.options.iter().find(|option| {
                let words = crate::words::Words::of([option.text.as_str()]);
                crate::currency::of_label(&option.text) != Some(Money::Tenge)
                    && lexicon
                        .find(&words)
                        .iter()
                        .any(|hit| hit.group == groups.country)
            });
            if let Some(option) = option {
                out.push(page.note("country_picker", &option.text, &field.place));
                return;
            }
        }
    }
}

/// A Telegram name that says Kazakhstan.
fn telegram(page: &Page, out: &mut Vec<Signal>) {
    let found = page.document.links.iter().find(|link| {
        let name = link.url.path().to_lowercase();
        matches!(link.url.domain(), Some("t.me" | "telegram.me"))
            && ["kz", "almaty", "astana", "qazaq", "kazakh"]
                .iter()
                .any(|part| name.contains(part))
    });
    if let Some(link) = found {
        out.push(page.note("telegram_kz", link.url.as_str(), "a[href]"));
    }
}
