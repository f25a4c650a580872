//! What a site says against what it offers: such sites go to people, with both quotes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;

use crawler::assessment::{Assessment, Assessor, Standing, Verdict};
use url::Url;

fn judge(pages: &[(&str, &str)]) -> Assessment {
    let assessor = Assessor::shipped().unwrap();
    let base = Url::parse("https://sayer.example/").unwrap();
    let pages: Vec<_> = pages
        .iter()
        .map(|(path, html)| {
            Arc::new(assessor.page(base.join(path).unwrap(), "00".repeat(32), html))
        })
        .collect();
    assessor.assess(&pages, &[], &Standing::default())
}

/// The arguments of a contradiction, if it was found.
fn args<'a>(found: &'a Assessment, code: &str) -> Option<&'a BTreeMap<&'static str, String>> {
    let mut all = found.contradictions.iter();
    all.find(|one| one.code == code).map(|one| &one.args)
}

/// An order of coins for tenge.
const FORM: &str = "<form method=post><label>Отдаёте</label><select name=from><option>Tether TRC20 USDT<option>Bitcoin BTC</select><input name=sum1>\
    <label>Получаете</label><select name=to><option>Kaspi Bank KZT<option>Halyk Bank KZT</select><input name=sum2>\
    <input name=card placeholder='Номер карты получателя'><button>Обменять</button></form>";

const TRADE: &str = "<p>Обмен USDT на карту Kaspi. Курс фиксируется после 2 подтверждений сети. Резервы обменника. Оператор онлайн. \
    Создайте заявку, оплатите, статус заявки придёт на почту.";

#[test]
fn notes_only_yet_an_order_of_coins() {
    for said in [
        "Меняем только наличную валюту: доллары, евро, рубли.",
        "Обмен валют, доллары и евро. Криптовалюту не меняем.",
        "Біз тек қолма-қол валюта айырбастаймыз.",
        "We only exchange cash: US dollars and euros.",
    ] {
        let found = judge(&[(
            "/",
            &format!("<h1>Обменный пункт</h1><p>{said}</p>{FORM}{TRADE}"),
        )]);
        let told = args(&found, "fiat-only-yet-coins");
        let told = told.unwrap_or_else(|| panic!("{said}: {:?}", found.signals));
        assert!(
            said.contains(told["said"].split(" … ").next().unwrap()) || told["said"].contains(said),
            "{told:?}"
        );
        assert!(told["offered"].contains("Отдаёте"), "{told:?}");
        assert_eq!(found.verdict, Verdict::Review);
    }
}

#[test]
fn who_keeps_to_notes_or_never_said_so_contradicts_nothing() {
    let booth = "<h1>Обменный пункт</h1><p>Меняем только наличную валюту: доллары, евро. Криптовалюту не меняем, USDT не принимаем.\
        <p>Алматы, пр. Абая. Курс доллара 520 тенге.";
    let found = judge(&[("/", booth)]);
    assert_eq!(
        args(&found, "fiat-only-yet-coins"),
        None,
        "{:?}",
        found.signals
    );
    assert_eq!(found.verdict, Verdict::Clear);
    let both = format!("<h1>Обменник</h1><p>Меняем доллары, евро и USDT.</p>{FORM}{TRADE}");
    let found = judge(&[("/", &both)]);
    assert_eq!(found.contradictions, [], "{:?}", found.signals);
}

#[test]
fn a_monitor_with_an_order_form_of_its_own() {
    let list: String = (1..6)
        .map(|n| format!("<li><a href=https://obmen{n}.example/>Перейти в обменник {n}</a>, курс USDT к тенге"))
        .collect();
    let page = format!(
        "<h1>Мониторинг обменников</h1><p>Рейтинг обменников, отзывы об обменниках: сравните курсы и выберите обменник.<ul>{list}</ul>{FORM}"
    );
    let found = judge(&[("/", &page)]);
    let told =
        args(&found, "aggregator-with-form").unwrap_or_else(|| panic!("{:?}", found.signals));
    assert!(told["list"].to_lowercase().contains("обменник"), "{told:?}");
    assert!(told["form"].contains("Отдаёте"), "{told:?}");
    assert_eq!(args(&found, "guard-with-order"), None, "said once");
    assert_eq!(found.verdict, Verdict::Review);
    let without = judge(&[("/", &page.replace(FORM, ""))]);
    assert_eq!(args(&without, "aggregator-with-form"), None);
}

#[test]
fn an_exchanger_that_names_its_monitors_is_no_monitor() {
    let links: String = (1..6)
        .map(|n| format!("<a href=https://monitor{n}.example/>{n}</a>"))
        .collect();
    let page = format!(
        "<h1>Обмен USDT на тенге</h1>{FORM}{TRADE}<p>Правила обмена. Покупаем USDT, продаем USDT, выкупаем USDT. Номер заявки, время обработки заявки, \
         минимальная сумма обмена. Мы есть на BestChange, мониторинг обменников: {links}"
    );
    let found = judge(&[("/", &page)]);
    assert_eq!(found.contradictions, [], "{:?}", found.signals);
    assert_eq!(found.verdict, Verdict::Flag);
}
