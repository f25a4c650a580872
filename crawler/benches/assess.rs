//! How long judging takes: the page of about 60 KB that `crawler/tests` and the corpus are smaller
//! than, read and unread, and the claims on it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark"
)]

use std::hint::black_box;
use std::sync::Arc;

use crawler::assessment::{Assessor, Standing};
use crawler::identifier;
use crawler::lexicon::Lexicon;
use crawler::words::Words;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use url::Url;

/// An exchanger's page as such pages are: an order form, a table of directions, rules, reviews.
fn page(octets: usize) -> String {
    const COINS: [&str; 6] = [
        "USDT TRC20",
        "Bitcoin BTC",
        "Ethereum ETH",
        "TON",
        "Litecoin LTC",
        "Monero XMR",
    ];
    const RAILS: [&str; 4] = [
        "Kaspi Bank KZT",
        "Halyk Bank KZT",
        "Наличные KZT",
        "Visa/MC RUB",
    ];
    let mut html = String::from(
        "<!doctype html><html lang=ru><head><title>Обмен криптовалют на тенге</title><script src=/app.js></script></head><body>\
         <form id=order method=post action=/order><label>Отдаёте</label><select name=from>",
    );
    COINS
        .iter()
        .for_each(|coin| html += &format!("<option>{coin}</option>"));
    html += "</select><label>Получаете</label><select name=to>";
    RAILS
        .iter()
        .for_each(|rail| html += &format!("<option>{rail}</option>"));
    html += "</select><input name=card placeholder='Номер карты'><button>Обменять</button></form><table>";
    let mut number = 0_usize;
    while html.len() < octets {
        let (coin, rail) = (COINS[number % COINS.len()], RAILS[number % RAILS.len()]);
        html += &format!(
            "<tr><td><a href=/exchange-{number}-usdt-to-kzt>{coin}</a><td>{rail}<td>1 = {} ₸<td>резерв {} 000</tr>",
            500 + number % 40,
            number % 900
        );
        if number.is_multiple_of(8) {
            html += "</table><p>Создайте заявку, переведите монеты на указанный кошелёк и нажмите «Я оплатил». Курс фиксируется \
                после двух подтверждений сети, выплата на карту занимает до пятнадцати минут. Услуги оказывает ТОО «Пример», \
                БИН 123456789012, лицензия AFSA-A-LA-2099-0001, Алматы, +7 701 000 00 00.</p><table>";
        }
        number += 1;
    }
    html
}

fn assess(criterion: &mut Criterion) {
    let assessor = Assessor::shipped().unwrap();
    let html = page(60_000);
    let url = Url::parse("https://obmen.test/").unwrap();
    let read = || Arc::new(assessor.page(url.clone(), "00".repeat(32), &html));
    let pages = [read()];
    let standing = Standing::default();
    let mut group = criterion.benchmark_group("page of 60 KB");
    group.throughput(Throughput::Bytes(html.len() as u64));
    group.bench_function("assess after parsing", |bencher| {
        bencher.iter(|| assessor.assess(black_box(&pages), &[], &standing));
    });
    group.bench_function("parse and find words", |bencher| {
        bencher.iter(|| black_box(read()));
    });
    group.bench_function("parse and assess", |bencher| {
        bencher.iter(|| assessor.assess(&[read()], &[], &standing));
    });
    let lexicon = Lexicon::shipped().unwrap();
    let texts = || {
        pages[0]
            .document
            .blocks
            .iter()
            .map(|block| block.text.as_str())
    };
    group.bench_function("words after parsing", |bencher| {
        bencher.iter(|| black_box(Words::of(texts())));
    });
    group.bench_function("find in words", |bencher| {
        bencher.iter(|| black_box(lexicon.find(&pages[0].words)));
    });
    group.bench_function("identifiers after parsing", |bencher| {
        bencher.iter(|| black_box(identifier::read(&pages[0])));
    });
    group.bench_function("claims after parsing", |bencher| {
        bencher.iter(|| assessor.claims(black_box(&pages)));
    });
    group.finish();
}

criterion_group!(benches, assess);
criterion_main!(benches);
