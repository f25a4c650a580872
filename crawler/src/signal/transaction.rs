//! Evidence that orders can be placed on this page. Nothing is flagged without it.

use crate::currency::{Money, of_code, of_label, of_pair_url};
use crate::document::{Field, Form};
use crate::lexicon::Lexicon;
use crate::signal::identifiers::wallets;
use crate::signal::{Groups, Page, Signal, ids};
use crate::words::Words;

/// Marks that exchangers' programs leave in markup, scripts and asset paths.
const PLATFORM_MARKS: &[&str] = &[
    "/premiumbox/",
    "js_amount",
    "xchange_",
    "iexexchanger",
    "boxexchanger",
    "/plugins/premiumexchanger",
];

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = Vec::new();
    forms(page, groups, lexicon, &mut out);
    pair_urls(page, &mut out);
    phrases(page, groups, &mut out);
    deposit_address(page, groups, &mut out);
    platform(page, &mut out);
    out
}

fn evidence(signal: Signal, decisive: bool) -> Signal {
    Signal {
        transaction: true,
        decisive,
        ..signal
    }
}

/// What a form offers.
#[derive(Default)]
struct Offer {
    crypto: Option<String>,
    tenge: Option<String>,
    fiat: bool,
    currency_fields: usize,
    give: Option<String>,
    get: Option<String>,
    asks: Option<String>,
    acts: Option<String>,
}

fn forms(page: &Page, groups: &Groups, lexicon: &Lexicon, out: &mut Vec<Signal>) {
    for (index, form) in page.document.forms.iter().enumerate() {
        let offer = offer(page, index, form, groups, lexicon);
        let sides = usize::from(offer.tenge.is_some())
            + usize::from(offer.fiat)
            + usize::from(offer.crypto.is_some());
        let labelled = offer.give.is_some() && offer.get.is_some();
        let two_sided = labelled || offer.currency_fields >= 2;
        let Some(crypto) = offer.crypto.as_deref().filter(|_| two_sided) else {
            continue;
        };
        let quote = [
            offer.give.as_deref(),
            offer.get.as_deref(),
            Some(crypto),
            offer.tenge.as_deref(),
            offer.asks.as_deref(),
            offer.acts.as_deref(),
        ]
        .into_iter()
        .flatten()
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" … ");
        let order = offer.asks.is_some() || offer.acts.is_some();
        // Both sides named, a coin against money, where to pay, and a button: the whole of a trade
        // stands in one form, and how much else the site writes does not matter.
        let whole = labelled && sides >= 2 && offer.asks.is_some() && offer.acts.is_some();
        if order && (labelled || sides >= 2 || offer.asks.is_some()) {
            out.push(evidence(page.note("order_form", &quote, &form.place), true));
            if whole {
                out.push(page.note("order_form_whole", &quote, &form.place));
            }
        } else {
            // A converter or a filter: two currencies, but nothing can be ordered.
            out.push(page.note("direction_picker", &quote, &form.place));
        }
        if let Some(tenge) = &offer.tenge {
            let id = if order {
                "tenge_in_order_form"
            } else {
                "tenge_in_picker"
            };
            out.push(page.note(id, tenge, &form.place));
        }
        rails(page, form, lexicon, out);
    }
}

/// Kazakh banks and wallets offered in a form, by name.
fn rails(page: &Page, form: &Form, lexicon: &Lexicon, out: &mut Vec<Signal>) {
    for field in &form.fields {
        for option in &field.options {
            let words = Words::of([option.text.as_str()]);
            let rail = lexicon.find(&words).into_iter().find(|hit| {
                lexicon
                    .groups()
                    .get(hit.group)
                    .is_some_and(|(id, _)| id.starts_with("rail."))
            });
            if rail.is_some() {
                out.push(page.note("rail_in_order_form", &option.text, &field.place));
                return;
            }
        }
    }
}

fn offer(page: &Page, index: usize, form: &Form, groups: &Groups, lexicon: &Lexicon) -> Offer {
    let mut offer = Offer::default();
    // Labels: the form's own blocks; for fields outside any form, short blocks of the page.
    let loose = form.action.is_empty() && form.method.is_empty();
    for hit in &page.hits {
        let Some(block) = page.document.blocks.get(hit.block) else {
            continue;
        };
        let mine = block.form == Some(index)
            || loose && block.form.is_none() && block.text.chars().count() <= 80;
        if !mine {
            continue;
        }
        let text = || page.quote(hit);
        match hit.group {
            g if g == groups.give => offer.give = offer.give.take().or_else(|| Some(text())),
            g if g == groups.get => offer.get = offer.get.take().or_else(|| Some(text())),
            g if g == groups.detail => offer.asks = offer.asks.take().or_else(|| Some(text())),
            g if g == groups.crypto => offer.crypto = offer.crypto.take().or_else(|| Some(text())),
            g if g == groups.tenge => offer.tenge = offer.tenge.take().or_else(|| Some(text())),
            _ => {}
        }
    }
    for field in &form.fields {
        read_field(field, &mut offer, groups, lexicon);
    }
    for button in &form.buttons {
        let acts = lexicon
            .find(&Words::of([button.as_str()]))
            .into_iter()
            .any(|hit| hit.group == groups.action);
        if acts && offer.acts.is_none() {
            offer.acts = Some(button.clone());
        }
    }
    offer
}

fn read_field(field: &Field, offer: &mut Offer, groups: &Groups, lexicon: &Lexicon) {
    let name = field.name.to_ascii_lowercase();
    let named = |words: &[&str]| {
        name.split(|c: char| !c.is_ascii_alphanumeric())
            .any(|part| words.contains(&part))
    };
    if named(&["give", "from", "send", "sell", "otdaete", "give1", "sum1"]) && offer.give.is_none()
    {
        offer.give = Some(String::new());
    }
    if named(&["get", "to", "receive", "buy", "poluchaete", "sum2"]) && offer.get.is_none() {
        offer.get = Some(String::new());
    }
    let mut currencies = 0;
    for option in &field.options {
        let money = of_label(&option.text).or_else(|| of_code(&option.value));
        let seen = if option.text.is_empty() {
            &option.value
        } else {
            &option.text
        };
        currencies += usize::from(money.is_some());
        match money {
            Some(Money::Crypto) if offer.crypto.is_none() => offer.crypto = Some(seen.clone()),
            Some(Money::Tenge) if offer.tenge.is_none() => offer.tenge = Some(seen.clone()),
            Some(Money::Fiat) => offer.fiat = true,
            _ => {}
        }
    }
    offer.currency_fields += usize::from(currencies > 0);
    let visible = !matches!(
        field.kind.as_str(),
        "hidden" | "radio" | "checkbox" | "password" | "search" | "select"
    );
    let asked = visible
        && (named(&[
            "card",
            "wallet",
            "address",
            "account",
            "requisites",
            "payout",
            "iban",
            "schet",
            "koshelek",
            "karta",
        ]) || lexicon
            .find(&Words::of([field.hint.as_str()]))
            .iter()
            .any(|hit| hit.group == groups.detail));
    if asked && offer.asks.is_none() {
        offer.asks = Some(if field.hint.is_empty() {
            field.name.clone()
        } else {
            field.hint.clone()
        });
    }
}

/// Pages of single directions: `/exchange-usdt-to-kzt`.
fn pair_urls(page: &Page, out: &mut Vec<Signal>) {
    let own = page
        .document
        .links
        .iter()
        .map(|link| &link.url)
        .filter(|url| url.host() == page.url.host());
    let mut pairs: Vec<(&url::Url, (Money, Money))> = own
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
            evidence(signal, false)
        } else {
            signal
        });
    }
    let tenge = pairs
        .iter()
        .find(|(_, (a, b))| *a == Money::Tenge || *b == Money::Tenge);
    if let Some((url, _)) = tenge {
        out.push(page.note("tenge_pair_url", url.as_str(), "url"));
    }
}

/// Kinds of trade told by several different phrases on one page that also speaks of crypto assets.
fn phrases(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    if page.of_group(groups.crypto).next().is_none() {
        return;
    }
    let families = [
        ("order_terms", groups.life),
        ("spot_trading", groups.spot),
        ("p2p_offers", groups.p2p),
        ("cash_desk", groups.cash),
    ];
    for (id, group) in families {
        let hits: Vec<_> = page
            .distinct(group)
            .into_iter()
            .filter(|hit| !page.negated(hit, groups))
            .collect();
        let signal = page.stepped(id, &hits);
        out.extend(signal.map(|signal| evidence(signal, false)));
    }
    let offer = page
        .distinct(groups.offer)
        .into_iter()
        .find(|hit| !page.negated(hit, groups));
    if let Some(hit) = offer {
        out.push(evidence(page.signal("own_offer", hit), false));
    }
}

/// A wallet to pay into, on a page that speaks of orders.
fn deposit_address(page: &Page, groups: &Groups, out: &mut Vec<Signal>) {
    if page.distinct(groups.life).len() < 2 {
        return;
    }
    for block in &page.document.blocks {
        if let Some(wallet) = wallets(&block.text).into_iter().next() {
            let signal = page.note("deposit_address", &wallet.value, &block.place);
            out.push(evidence(signal, true));
            return;
        }
    }
}

/// The exchanger program behind the site.
fn platform(page: &Page, out: &mut Vec<Signal>) {
    let document = &page.document;
    for text in document.assets.iter().chain(&document.scripts) {
        if let Some(mark) = PLATFORM_MARKS.iter().find(|mark| text.contains(*mark)) {
            out.push(evidence(
                page.note("platform", mark, "script or asset"),
                false,
            ));
            return;
        }
    }
}
