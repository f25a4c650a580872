//! Directions of exchange in addresses: those a page links to on its own host, and its own.

use url::Url;

use crate::currency::{Money, names_system, of_direction_url, of_pair_url};
use crate::lexicon::Lexicon;
use crate::signal::{Page, Signal, ids};
use crate::words::Words;

/// Reads one page.
#[must_use]
pub fn read(page: &Page, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = Vec::new();
    let own = page
        .document
        .links
        .iter()
        .map(|link| &link.url)
        .filter(|url| url.host() == page.url.host());
    let mut pairs: Vec<(&Url, (Money, Money))> = own
        .chain([&page.url])
        .filter_map(|url| Some((url, of_pair_url(url)?)))
        .collect();
    pairs.sort_by(|a, b| a.0.cmp(b.0));
    pairs.dedup_by(|a, b| a.0 == b.0);
    if let Some((first, _)) = pairs.first()
        && let Some(id) = ids::at_step("pair_url", pairs.len())
    {
        let signal = page.note(&id, first.as_str(), "url");
        out.push(if pairs.len() >= 2 {
            signal.transaction()
        } else {
            signal
        });
    }
    let about_one = is_direction_page(page, lexicon);
    if about_one {
        out.push(
            page.note("pair_page", page.url.as_str(), "url")
                .transaction(),
        );
    }
    let mut tenge = pairs
        .iter()
        .filter(|(_, (a, b))| *a == Money::Tenge || *b == Money::Tenge);
    if let Some((url, _)) = tenge.clone().next() {
        out.push(page.note("tenge_pair_url", url.as_str(), "url"));
    }
    if about_one && tenge.any(|(url, _)| **url == page.url) {
        out.push(page.note("tenge_pair_page", page.url.as_str(), "url"));
    }
    out
}

/// Whether the page is about one direction, by its own address: in the shape of exchangers' programs,
/// or with the bank that pays out named beside the pair (`usdt-to-kzt-kaspi`), which no converter has.
fn is_direction_page(page: &Page, lexicon: &Lexicon) -> bool {
    let by_bank = || names_system(&page.url) || lexicon.names_rail(&Words::of([page.url.path()]));
    of_direction_url(&page.url).is_some() || of_pair_url(&page.url).is_some() && by_bank()
}

#[cfg(test)]
mod tests {
    use crate::signal::tests::ids_of;

    #[test]
    fn a_page_of_one_direction_is_known_by_its_address() {
        let has = |url: &str, id: &str| ids_of(url, "<p>…").iter().any(|found| found == id);
        for url in [
            "https://a.test/exchange-usdttrc20-to-cardkzt",
            "https://a.test/ru/usdt-trc20-to-kzt-kaspi",
            "https://a.test/btc-to-kzt-visa",
        ] {
            assert!(
                has(url, "pair_page") && has(url, "tenge_pair_page"),
                "{url}"
            );
        }
        let other = "https://a.test/exchange-btc-to-sberrub";
        assert!(has(other, "pair_page") && !has(other, "tenge_pair_page"));
        for url in [
            "https://a.test/convert/btc-to-kzt",
            "https://a.test/news/kaspi-to-expand",
        ] {
            assert!(!has(url, "pair_page"), "{url}");
        }
    }

    #[test]
    fn links_to_other_hosts_are_not_its_own_directions() {
        let list = |host: &str| {
            let link = |pair: &str| format!("<a href=https://{host}/exchange-{pair}>x</a>");
            format!("<p>{}{}", link("btc-to-cardkzt"), link("eth-to-cardkzt"))
        };
        assert!(ids_of("https://a.test/", &list("a.test")).contains(&"pair_url.2".to_owned()));
        assert!(
            ids_of("https://a.test/", &list("b.test"))
                .iter()
                .all(|id| !id.starts_with("pair_url"))
        );
    }
}
