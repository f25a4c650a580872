//! Whom the offer is for: tenge, Kazakh rails, cities, addresses, and the site's own words.
//! Language is not market, so no single weak sign is enough; the strong ones are read from the
//! order form, the feed and the pair URLs by their own families.

use std::collections::HashSet;

use crate::currency::Money;
use crate::lexicon::{Hit, Lexicon};
use crate::signal::{Groups, Page, Signal, own_name};

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
    } else if let Some(label) = own_name::label(page).filter(|label| names_country(label)) {
        out.push(page.note("kz_host", label, "url"));
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

/// Whether the name that an owner chose has the country in it.
fn names_country(label: &str) -> bool {
    let whole = [
        "kazakh",
        "qazaq",
        "qazaqstan",
        "tenge",
        "almaty",
        "astana",
        "shymkent",
    ];
    whole.iter().any(|name| label.contains(name))
        || label.starts_with("kz")
        || ["kz", "kaz", "qaz"].iter().any(|end| label.ends_with(end))
}

/// Tenge beside a number, and how many different numbers. Short names of it are Telegram's too and count
/// only right behind one.
fn amounts(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let number = |index: usize, block: usize| {
        let here = page
            .words
            .marks
            .get(index)
            .is_some_and(|mark| mark.block == block);
        here && page
            .words
            .word(index)
            .starts_with(|c: char| c.is_ascii_digit())
    };
    let named = page.of_group(groups.tenge).filter_map(|hit| {
        let mut near = hit.words.start.saturating_sub(2)..hit.words.end + 2;
        Some((hit, near.find(|index| number(*index, hit.block))?))
    });
    let short = page.of_group(groups.tenge_short).filter_map(|hit| {
        let before = hit.words.start.checked_sub(1)?;
        number(before, hit.block).then_some((hit, before))
    });
    let mut different = HashSet::new();
    let amounts = named.chain(short);
    let amounts = amounts.filter(|(_, number)| different.insert(page.words.word(*number)));
    let amounts: Vec<&Hit> = amounts.map(|(hit, _)| hit).collect();
    out.extend(amounts.first().map(|hit| page.signal("tenge_amount", hit)));
    out.extend(page.stepped("tenge_amounts", &amounts));
}

/// A coin against tenge, side by side: `BTC/KZT`, `USDT → ₸`. Price pages have such pairs for every
/// money there is; it takes words of trade for the pair to be an offer.
fn pairs(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let found = page.of_group(groups.tenge).find(|tenge| {
        page.of_group_in(groups.crypto, tenge.block)
            .any(|coin| coin.words.end == tenge.words.start || tenge.words.end == coin.words.start)
    });
    let trades = [groups.spot, groups.p2p, groups.life, groups.exchanger]
        .iter()
        .any(|group| page.distinct(*group).len() >= 2);
    if let Some(hit) = found.filter(|_| trades) {
        out.push(page.signal("tenge_pair", hit));
    }
}

/// Kazakh cities: several different ones, and one within twelve words of an office, cash or a courier.
fn cities(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    let found = page.of_group(groups.city).find(|city| {
        let near = city.block.saturating_sub(2)..=city.block + 2;
        near.flat_map(|block| page.of_group_in(groups.office, block))
            .any(|office| office.words.start.abs_diff(city.words.start) <= 12)
    });
    if let Some(hit) = found {
        out.push(page.signal("city_with_office", hit));
    }
    out.extend(page.stepped("cities_named", &page.distinct(groups.city)));
}

/// Kazakh banks named anywhere on the page, how many different ones, and one beside a coin.
fn rails(page: &Page, lexicon: &Lexicon, groups: &Groups, out: &mut Vec<Signal>) {
    let rails = || page.hits.iter().filter(|hit| lexicon.is_rail(hit.group));
    out.extend(rails().next().map(|hit| page.signal("rail_named", hit)));
    let mut banks = HashSet::new();
    let banks: Vec<&Hit> = rails().filter(|hit| banks.insert(hit.group)).collect();
    out.extend(page.stepped("rails_named", &banks));
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

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    fn has(text: &str, id: &str) -> bool {
        let found = ids_of("https://a.test/", &format!("<p>{text}"));
        found.iter().any(|found| found == id)
    }

    #[test]
    fn short_names_of_tenge_count_behind_a_number_only() {
        assert!(has("от 5000 тг", "tenge_amount") && has("15 000 тнг", "tenge_amount"));
        assert!(has("500 ₸", "tenge_amount") && has("₸ 500", "tenge_amount"));
        assert!(
            has("5000 тг, 6 000 ₸, 7000 тенге", "tenge_amounts.3")
                && !has("5000 тг и ещё 5000 тг", "tenge_amounts.2")
        );
        assert!(!has("пишите в тг 24 часа", "tenge_amount") && !has("тг: 5", "tenge_amount"));
    }

    #[test]
    fn banks_are_met_as_units_and_their_namesakes_are_not() {
        for text in [
            "Kaspi Gold",
            "на Каспи",
            "Kaspi-ге",
            "Kaspiге",
            "Халык банк",
            "ForteBank",
            "БЦК",
            "KSPBKZT",
            "Bank Freedom Kazakhstan, Freedom Bank",
        ] {
            assert!(has(text, "rail_named"), "{text}");
        }
        for text in [
            "монета Kaspa",
            "Каспийское море",
            "форте в музыке",
            "halykaralyq",
            "халық саны",
            "алтын бағасы",
            "freedom of speech",
            "Тенгиз",
            "kaspiysk",
            "Caspian Sea",
            "береке болсын",
        ] {
            assert!(!has(text, "rail_named"), "{text}");
        }
        assert!(has("USDT можно получить на Kaspi", "rail_beside_coin"));
        assert!(!has(
            "USDT растёт.</p><p>Оплата ремонта через Kaspi",
            "rail_beside_coin"
        ));
    }

    #[test]
    fn cities_and_addresses() {
        assert!(has(
            "Наш офис: Караганда, рядом с рынком",
            "city_with_office"
        ));
        assert!(!has("Погода: Караганда, дождь", "city_with_office"));
        for text in ["Z05T3D8, Astana", "пр. Мәңгілік Ел, 1", "55/17 Mangilik El"] {
            assert!(has(text, "kz_address"), "{text}");
        }
        assert!(!has("модель Z0500000, улица Пушкина", "kz_address"));
    }
}
