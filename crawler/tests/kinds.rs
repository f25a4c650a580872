//! What kind of business a site is, on pages of our own writing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use crawler::assessment::{Assessment, Assessor};
use url::Url;

fn judge(html: &str) -> Assessment {
    let url = Url::parse("https://what.example/").unwrap();
    Assessor::shipped()
        .unwrap()
        .assess_file(html.as_bytes(), &url)
}

#[track_caller]
fn is(kind: &str, html: &str) {
    let found = judge(html);
    let signals: Vec<&str> = found
        .signals
        .iter()
        .map(|signal| signal.id.as_str())
        .collect();
    assert_eq!(found.kinds[0], kind, "{:?} {signals:?}", found.kind_reasons);
    let reason = &found.kind_reasons[0];
    assert_eq!(reason.kind, kind);
    assert!((1..=3).contains(&reason.signals.len()), "{reason:?}");
    for carried in &reason.signals {
        let held = found.signals.iter().find(|signal| signal.id == carried.id);
        assert!(
            carried.points > 0.0 && held.is_some_and(|signal| !signal.quote.is_empty()),
            "{carried:?}"
        );
    }
}

#[test]
fn kinds_that_no_guard_tells() {
    is(
        "telegram_bot",
        "<html lang=ru><title>Бот для обмена USDT</title><h1>Наш Telegram-бот меняет USDT на тенге</h1>\
        <p>Запустите бота, нажмите Start и выберите сумму. Всё в Telegram. <a href=https://t.me/obmen_usdt_bot>Открыть бота</a>",
    );
    is(
        "broker",
        "<html lang=en><title>Crypto broker</title><h1>Buy bitcoin with card from a licensed broker</h1>\
        <p>Open a trading account, pay by debit card or Apple Pay. Our price includes the spread. Brokerage fees from 1%.",
    );
    is(
        "wallet",
        "<html lang=en><title>Self custody wallet</title><h1>A wallet where you hold the keys</h1>\
        <p>Download the app for iOS and Android. Write down your seed phrase; your private keys never leave the phone.",
    );
    is(
        "casino",
        "<html lang=ru><title>Онлайн казино</title><h1>Слоты и рулетка</h1><p>Ставки, фриспины и джекпот. Пополнение в USDT.",
    );
    is(
        "remittance",
        "<html lang=ru><title>Денежные переводы</title><h1>Денежные переводы за рубеж</h1>\
        <p>Отправьте деньги родным: Western Union, Золотая Корона. Комиссия за перевод 1 %, получатель забирает наличными.",
    );
}

#[test]
fn a_page_that_shows_nothing_is_other_and_says_how_unsure_that_is() {
    let found = judge("<html><title>Welcome</title><p>Hello.");
    assert_eq!(found.kinds, ["other"]);
    assert!(found.kind_reasons[0].probability < 1.0);
}
