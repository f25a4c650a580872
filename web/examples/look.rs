//! Serves the pages over invented cases, to look at them: `cargo run -p web --example look`.
//!
//! Everybody's login is `officer-1` or `officer-2`, the password `a password for tests`. The store
//! is a temporary directory and goes with the process.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a tool for people who work on the pages"
)]

use std::{future::Future, sync::Arc};

use blocklist::{Digest, DomainName, Timestamp, matching, register::Snapshot};
use data::{
    Officer, Store,
    case::{self, NewCase},
    ceremony, decide,
    network::{self, Rules, Shared},
    testing::{self, NOW, PASSWORD},
};
use serde_json::{Value, json};
use web::{CapturedBody, Centre, block_page_router, evidence_router, public_router};

const REGISTER: &[u8] = include_bytes!("../../data/demo/registers/afsa-demo.json");

/// Puts one site before the officers.
async fn plant(
    centre: &testing::Centre,
    number: i64,
    host: &str,
    mut report: Value,
    claims: &[(&str, &str)],
    titles: &[&str],
) -> String {
    let name = DomainName::parse(host).unwrap();
    let host = name.as_str();
    let quoted = |text: &str| text.replace('\'', "''");
    let body = |index: usize| Digest::of(format!("{host} {index}").as_bytes()).to_string();
    for (index, signal) in report["signals"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        let page = index % titles.len();
        signal["url"] = format!("https://{host}/{}", if page == 0 { "" } else { "kurs" }).into();
        signal["capture"] = body(page).into();
    }
    let root = Digest::of(host.as_bytes()).to_string();
    let (exchange, serves_kz) = (
        report["exchange"].as_f64().unwrap(),
        report["serves_kz"].as_f64().unwrap(),
    );
    let verdict = report["verdict"].as_str().unwrap().to_owned();
    let mut statements = vec![
        format!(
            "INSERT INTO site (id, host, discovered_at, discovered_from, state) VALUES ({number}, '{host}', {NOW}, 'seed', 'assessed')"
        ),
        format!(
            "INSERT INTO evidence (root, host, manifest, created_at) VALUES ('{root}', '{host}', '[]', {NOW})"
        ),
        format!(
            "INSERT INTO assessment (id, host, assessed_at, exchange, serves_kz, verdict, evidence_root, report) VALUES ({number}, '{host}', {NOW}, {exchange}, {serves_kz}, '{verdict}', '{root}', '{}')",
            quoted(&report.to_string())
        ),
    ];
    for (index, title) in titles.iter().enumerate() {
        let id = number * 100 + i64::try_from(index).unwrap();
        let path = if index == 0 { "" } else { "kurs" };
        let hash = body(index);
        statements.push(format!(
            "INSERT INTO capture VALUES ({id}, '{host}', 'https://{host}/{path}', {NOW}, 200, 'text/html', 'utf-8', '{}', '{hash}', 18321, FALSE, 'evidence/2026-11-21-000001.warc.gz', {}, 5120, '{hash}')",
            quoted(title), id * 5_120
        ));
    }
    for statement in statements {
        centre.sql(&statement).await.unwrap();
    }
    let known = centre.store.known(Timestamp(NOW)).await.unwrap();
    let claims: Vec<_> = claims
        .iter()
        .map(|(number, quote)| matching::Claim {
            licence_no: (*number).into(),
            legal_name: String::new(),
            bin: String::new(),
            quote: (*quote).into(),
        })
        .collect();
    let found = json!({
        "match": matching::check_host(&name, &known, Timestamp(NOW)),
        "claims": matching::check_claims(&name, &claims, &known, Timestamp(NOW)),
    });
    let new = NewCase {
        host: &name,
        assessment_id: number,
        evidence_root: &root,
        licence_match: &found.to_string(),
        at: NOW - number * 311,
    };
    case::open(&centre.store, new).await.unwrap().unwrap()
}

fn signal(id: &str, axis: &str, weight: f64, quote: &str, matched: &[&str]) -> Value {
    json!({ "id": id, "axis": axis, "weight": weight, "quote": quote, "where": "form", "matched": matched })
}

fn exchanger() -> Value {
    json!({ "exchange": 0.981, "serves_kz": 0.964, "kinds": ["instant_exchanger"], "verdict": "flag", "guards": [], "contradictions": [],
        "ledger": {"exchange": {"bias": -4.0}, "serves_kz": {"bias": -2.5}},
        "signals": [
            signal("order_form", "exchange", 4.0, "Отдаёте: USDT TRC-20 Получаете: Kaspi KZT Курс 1 = 518,40 ₸ Обменять", &["Отдаёте", "USDT", "Получаете"]),
            signal("rail_in_order_form", "serves_kz", 3.5, "Карта получателя Kaspi Gold или Halyk, от 5 000 до 900 000 ₸", &["Kaspi Gold", "Halyk"]),
            signal("tenge_in_order_form", "serves_kz", 3.0, "Сумма в тенге (KZT) зачисляется за 10 минут", &["тенге", "KZT"]),
            signal("city_with_office", "serves_kz", 1.5, "Алматы, Абай даңғылы 150, кеңсе 4 – қолма-қол теңге", &["Алматы", "кеңсе"]),
            signal("word_crypto", "exchange", 1.2, "Bitcoin, Ethereum, Tether, TON – без проверки и регистрации", &["Bitcoin", "Tether"]),
            signal("word_anonymous", "exchange", 0.6, "без проверки и регистрации", &["без проверки"]),
            signal("kz_phone", "serves_kz", 0.5, "+7 (700) 000-00-17", &[]),
        ] })
}

/// A wallet or a counter links alone, two contacts do together; what six sites show counts nothing.
struct Weights;

impl Rules for Weights {
    fn points(&self, kind: &str, sites: i64) -> i64 {
        match kind {
            "wallet.tron" | "analytics.metrika" if sites < 6 => 100,
            "phone" | "telegram" | "email" => 50,
            _ => 0,
        }
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        shared.iter().map(|one| one.points).sum()
    }
}

/// Two networks among the planted sites, with a cut and two volumes.
async fn tie(store: &Store, officer: &Officer) {
    let (first, second) = (
        "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
        "TXLAQ63Xg1NAzckPwKHvzw7CSEmLMEqcdj",
    );
    let shows: [(&str, &[(&str, &str)]); 6] = [
        (
            "tez-almas.test",
            &[
                ("wallet.tron", first),
                ("analytics.metrika", "90112233"),
                ("phone", "+77010000017"),
                ("chat.jivo", "aB3dE5fG7h"),
            ],
        ),
        (
            "kerbez-kz.test",
            &[
                ("analytics.metrika", "90112233"),
                ("email", "aliya@mail.test"),
                ("chat.jivo", "aB3dE5fG7h"),
            ],
        ),
        (
            "жедел-теңге.test",
            &[
                ("wallet.tron", first),
                ("wallet.tron", second),
                ("phone", "+77010000017"),
                ("telegram", "jedel_tenge"),
            ],
        ),
        (
            "www.kеrbez.test",
            &[("wallet.tron", second), ("telegram", "jedel_tenge")],
        ),
        ("dala-habar.test", &[("analytics.metrika", "44556677")]),
        (
            "birlik.test",
            &[
                ("analytics.metrika", "44556677"),
                ("wallet.tron", "TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),
            ],
        ),
    ];
    for (host, shown) in shows {
        let host = DomainName::parse(host).unwrap();
        let url = data::frontier::NewUrl {
            url: format!("http://{host}/"),
            host: host.clone(),
            depth: 0,
            priority: 1,
            source: data::frontier::Source::Seed,
            found_on: None,
        };
        data::frontier::add(store, &[url], 40, NOW).await.unwrap();
        let found = |(kind, value): &(&str, &str)| network::Found {
            kind: (*kind).into(),
            value: (*value).into(),
            role: network::Role::Own,
            place: "footer > p".into(),
            url: format!("https://{host}/"),
            capture: Digest::of(format!("{host} 0").as_bytes()).to_string(),
            quote: format!("Төлем: {value} <b>тез</b> \u{202e}, байланыс +7 (701) 000-00-17"),
        };
        let found: Vec<_> = shown.iter().map(found).collect();
        network::update(store, host.as_str(), &found, NOW, &Weights)
            .await
            .unwrap();
    }
    let day = |text| blocklist::time::Day::parse(text).unwrap();
    for (kzt, usdt, source) in [
        (
            Some(24_000_000_000),
            None,
            "№ 12 хат, «Дала» банкі (ойдан шығарылған), 03.11.2026",
        ),
        (
            None,
            Some(1_250_000_500_000),
            "Tron: екі әмиянға түскен аударымдар",
        ),
    ] {
        let amounts = network::Amounts {
            kzt,
            usdt,
            rate: usdt.map(|_| (5_123_500, day("2026-10-31"))),
            period: (day("2026-10-01"), day("2026-10-31")),
        };
        let new = network::NewVolume {
            amounts,
            source,
            document: None,
            replaces: None,
        };
        network::add_volume(store, officer, "N-2026-000001", new, NOW)
            .await
            .unwrap();
    }
    let pair = ("dala-habar.test", "birlik.test");
    network::cut(
        store,
        officer,
        pair,
        "Санауышты бір веб-студия қойған.",
        NOW,
    )
    .await
    .unwrap();
}

#[tokio::main]
async fn main() {
    let centre = testing::Centre::new().await;
    let store = centre.store.clone();
    let officers = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];
    let snapshot = Snapshot::from_json(REGISTER).unwrap();
    ceremony::enter_register(&store, &snapshot, officers, NOW)
        .await
        .unwrap();
    centre.publisher().await.step(NOW).await.unwrap();

    let copy = {
        let mut report = exchanger();
        report["contradictions"] = json!([
            "licence AFSA-D-LA-2025-9001 names kerbez.test, yet the site is kerbez-kz.test"
        ]);
        report
    };
    let news = json!({ "exchange": 0.55, "serves_kz": 0.91, "kinds": ["other"], "verdict": "review", "guards": ["news"], "contradictions": [],
        "signals": [signal("word_exchanger", "exchange", 1.8, "<script>alert('x')</script> Полиция закрыла три обменника в Астане", &["обменника"]),
            signal("country_named", "serves_kz", 0.5, "по всему Казахстану \u{202e}txet neddih", &["Казахстану"]),
            signal("licence_claim", "note", 0.0, "без лицензии AFSA", &["лицензии"])] });
    let titles = [
        "Тез Алмас – обмен USDT на тенге за 10 минут",
        "Курсы <b>сегодня</b> \u{202e}fdp",
    ];
    for (number, host, report, claims) in [
        (11, "tez-almas.test", exchanger(), &[][..]),
        (
            12,
            "kerbez-kz.test",
            copy,
            &[("AFSA-D-LA-2025-9001", "Лицензия AFSA-D-LA-2025-9001")][..],
        ),
        (13, "жедел-теңге.test", exchanger(), &[][..]),
        (14, "www.kеrbez.test", exchanger(), &[][..]),
        (15, "dala-habar.test", news, &[][..]),
    ] {
        plant(&centre, number, host, report, claims, &titles).await;
    }
    tie(&store, &centre.first).await;
    // One proposal waits, one listing is in force, one was lifted.
    let mut listings = Vec::new();
    for (number, host) in [
        (21, "birden-obmen.test"),
        (22, "saqa-p2p.test"),
        (23, "jabyq.test"),
    ] {
        let case = plant(&centre, number, host, exchanger(), &[], &titles).await;
        let mut form = testing::proposal();
        form.authority = "Цифрлық нарықтарды қадағалау комитеті (demo)".into();
        form.order_number = format!("№ {number}-Қ");
        form.reason =
            "Сайт меняет USDT на тенге через карты Kaspi, офис в Алматы. Лицензии нет.".into();
        let id = decide::propose(&store, &centre.first, PASSWORD, &case, form, NOW + 60)
            .await
            .unwrap();
        listings.push(id);
    }
    for id in &listings[1..] {
        let shown = case::proposal(&store, id.as_str())
            .await
            .unwrap()
            .unwrap()
            .statement_sha256;
        decide::approve(
            &store,
            &centre.second,
            PASSWORD,
            id.as_str(),
            &shown,
            NOW + 600,
        )
        .await
        .unwrap();
    }
    centre.publisher().await.step(NOW + 601).await.unwrap();
    decide::lift(
        &store,
        &centre.second,
        PASSWORD,
        listings[2].as_str(),
        "closed",
        "Сайт закрыт владельцем.",
        NOW + 3_600,
    )
    .await
    .unwrap();
    centre.publisher().await.step(NOW + 3_601).await.unwrap();

    let mut web = Centre::new(
        store.clone(),
        centre.dir.path().join("release"),
        "http://127.0.0.1:8980",
    )
    .await
    .unwrap();
    web.demo = true;
    web.evidence_url = Some("http://127.0.0.1:8982".into());
    web.clock = Arc::new(|| NOW + 7_200);
    web.load_body = Some(Arc::new(|id| {
        Box::pin(async move {
            let text = format!(
                "<!doctype html>\n<title>Capture {id}</title>\n<script>alert('never runs')</script>\n<p>Обмен USDT на тенге \u{202e}олаков</p>\n"
            );
            Some(CapturedBody {
                bytes: text.into_bytes(),
                charset: "utf-8".into(),
            })
        })
    }));
    let web = Arc::new(web);
    println!("http://127.0.0.1:8980/  login officer-1, password `{PASSWORD}`");
    let serve =
        |port: u16, router: axum::Router| -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
            Box::pin(async move {
                let listener = tokio::net::TcpListener::bind(("127.0.0.1", port))
                    .await
                    .unwrap();
                axum::serve(listener, router).await.unwrap();
            })
        };
    tokio::join!(
        serve(8980, public_router(Arc::clone(&web))),
        serve(8981, block_page_router(Arc::clone(&web))),
        serve(8982, evidence_router(web)),
    );
}
