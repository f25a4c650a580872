//! An order form: two sides, a coin on one of them, something to pay with, a button. What a visitor
//! without a form reads instead stands in `terms` and `directions`.

use crate::currency::{Money, of_code, of_label};
use crate::document::{Field, Form};
use crate::lexicon::Lexicon;
use crate::signal::{Groups, Page, Signal};
use crate::words::Words;

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

/// Reads one page.
#[must_use]
pub fn read(page: &Page, groups: &Groups, lexicon: &Lexicon) -> Vec<Signal> {
    let mut out = Vec::new();
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
            out.push(page.note("order_form", &quote, &form.place).decisive());
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
        rails(page, form, lexicon, &mut out);
    }
    out
}

/// Kazakh banks and wallets offered in a form, by name.
fn rails(page: &Page, form: &Form, lexicon: &Lexicon, out: &mut Vec<Signal>) {
    for field in &form.fields {
        for option in &field.options {
            if lexicon.names_rail(&Words::of([option.text.as_str()])) {
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
            g if g == groups.tenge && !page.negated(hit, groups) => {
                offer.tenge = offer.tenge.take().or_else(|| Some(text()));
            }
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
