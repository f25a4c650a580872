//! Whom the offer is for: tenge, Kazakh rails, language, phones, cities, addresses.
//! Language is not market, so no single weak sign is enough; the strong ones are read from the
//! order form, the feed and the pair URLs by their own families.

use std::sync::LazyLock;

use regex::Regex;

use crate::currency::Money;
use crate::lexicon::Lexicon;
use crate::signal::{Groups, Page, Signal, around};

/// Kazakh mobile and city numbers. Russia shares +7: a 7 after it is Kazakhstan.
static PHONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?:\+7|(?-u:\b)8)[ \u{a0}(\-]*7(?:0[0-9]|47|7[15678]|[12][0-9])[0-9) \u{a0}\-]{0,3}[ \u{a0})\-]*[0-9]{2,3}[ \u{a0}\-]?[0-9]{2}[ \u{a0}\-]?[0-9]{2}(?-u:\b)").ok()
});

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = Vec::new();
    language(page, &mut out);
    if let Some((tag, url)) = page
        .document
        .hreflang
        .iter()
        .find(|(tag, _)| is_kz_tag(tag))
    {
        out.push(page.note(
            "hreflang_kz",
            &format!("hreflang=\"{tag}\" {url}"),
            "link[hreflang]",
        ));
    }
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
    rails(page, lexicon, &mut out);
    phones(page, &mut out);
    country_picker(page, lexicon, groups, &mut out);
    telegram(page, &mut out);
    out
}

/// `kk`, `kk-kz`, `ru-kz`, `en-kz`, `ru-kaz`.
fn is_kz_tag(tag: &str) -> bool {
    let mut parts = tag.split(['-', '_']);
    parts.next() == Some("kk") || parts.any(|part| part == "kz" || part == "kaz")
}

/// A page in Kazakh: letters that only Kazakh has among the neighbours, in enough words.
fn language(page: &Page, out: &mut Vec<Signal>) {
    let own = |word: &str| {
        word.chars()
            .any(|c| matches!(c, 'қ' | 'ғ' | 'ұ' | 'һ' | 'ә' | 'ң' | 'ө' | 'ү' | 'і'))
    };
    let strict = |word: &str| word.chars().any(|c| matches!(c, 'қ' | 'ғ' | 'ұ'));
    let total = page.words.marks.len();
    let kazakh = (0..total)
        .filter(|index| own(page.words.word(*index)))
        .count();
    let sure = (0..total).find(|index| strict(page.words.word(*index)));
    if let Some(mark) = sure.and_then(|index| page.words.marks.get(index))
        && kazakh >= 12
        && kazakh * 6 >= total
        && let Some(block) = page.document.blocks.get(mark.block)
    {
        out.push(page.note(
            "kazakh_language",
            &around(&block.text, mark.start, mark.end),
            &block.place,
        ));
    }
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
        page.of_group(groups.crypto).any(|coin| {
            let beside = coin.words.end == tenge.words.start || tenge.words.end == coin.words.start;
            coin.block == tenge.block && beside
        })
    });
    if let Some(hit) = found {
        out.push(page.signal("tenge_pair", hit));
    }
}

/// A Kazakh city within twelve words of an office, cash or a courier.
fn cities(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let found = page.of_group(groups.city).find(|city| {
        page.of_group(groups.office).any(|office| {
            let apart = office.words.start.abs_diff(city.words.start);
            office.block.abs_diff(city.block) <= 2 && apart <= 12
        })
    });
    if let Some(hit) = found {
        out.push(page.signal("city_with_office", hit));
    }
}

/// Kazakh banks named anywhere on the page.
fn rails(page: &Page, lexicon: &Lexicon, out: &mut Vec<Signal>) {
    let hit = page.hits.iter().find(|hit| {
        lexicon
            .groups()
            .get(hit.group)
            .is_some_and(|(id, _)| id.starts_with("rail."))
    });
    if let Some(hit) = hit {
        out.push(page.signal("rail_named", hit));
    }
}

fn phones(page: &Page, out: &mut Vec<Signal>) {
    let Some(pattern) = PHONE.as_ref() else {
        return;
    };
    for block in &page.document.blocks {
        if let Some(found) = pattern.find(&block.text) {
            out.push(page.note("kz_phone", found.as_str(), &block.place));
            return;
        }
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
