//! An invented web of operators and hubs, for tests and measurements. Its shape is that of the one
//! public set of shared wallets (2,577 domains, 590 wallets; one wallet on 492 domains): most sites
//! stand alone, operators have a handful, and a few identifiers are on hundreds of unrelated sites.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use data::network::Sight;
use data::network::ties::{Counts, Row};

/// Sites of one planted operator.
pub const OPERATOR: usize = 5;

/// `sites` sites: every third of ten belongs to an operator of [`OPERATOR`] sites, all show things
/// of their own, and each shows one of four hubs: the first is on a fifth of all.
#[must_use]
pub fn web(sites: usize) -> (Vec<Row>, Counts) {
    let mut rows = Vec::new();
    for site in 0..sites {
        let mut add = |kind: &str, value: String| {
            rows.push(Row {
                host: format!("s{site:06}.test"),
                key: (kind.to_owned(), value),
                sight: Sight {
                    url: String::new(),
                    place: String::new(),
                    capture: String::new(),
                    quote: String::new(),
                    first_seen: 0,
                },
            });
        };
        for (kind, own) in [
            ("email", 0),
            ("phone", 1),
            ("analytics.google", 2),
            ("favicon", 3),
        ] {
            add(kind, format!("own-{site}-{own}"));
        }
        let operator = site / OPERATOR;
        if operator % 10 < 3 {
            add("wallet.tron", format!("operator-{operator}"));
            add("telegram", format!("operator-{operator}"));
        }
        match site % 5 {
            0 => add("wallet.tron", "hub-wallet".to_owned()),
            1 => add("analytics.metrika", format!("hub-{}", site % 3)),
            2 => {
                add("phone", "hub-phone".to_owned());
                add("email", "hub-mail".to_owned());
            }
            _ => add("chat.jivo", format!("template-{}", site % 7)),
        }
    }
    let mut counts = Counts::new();
    for row in &rows {
        counts.entry(row.key.clone()).or_default().own += 1;
    }
    (rows, counts)
}

/// The size of the largest set when every shared identifier joins.
#[must_use]
pub fn joined_raw(rows: &[Row]) -> usize {
    let mut first: HashMap<&(String, String), &str> = HashMap::new();
    let mut links = BTreeSet::new();
    for row in rows {
        let one = *first.entry(&row.key).or_insert(&row.host);
        if one != row.host {
            links.insert((one, row.host.as_str()));
        }
    }
    let sets = data::network::group::components(links);
    sets.iter().map(BTreeSet::len).max().unwrap_or(0)
}

/// The planted operators by their first site.
#[must_use]
pub fn operators(sites: usize) -> BTreeMap<String, BTreeSet<String>> {
    let mut planted: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for site in 0..sites {
        let operator = site / OPERATOR;
        if operator % 10 < 3 {
            let set = planted.entry(operator).or_default();
            set.insert(format!("s{site:06}.test"));
        }
    }
    planted
        .into_values()
        .filter(|set| set.len() > 1)
        .filter_map(|set| Some((set.first()?.clone(), set)))
        .collect()
}

/// A page of about `bytes` octets with some of everything.
#[must_use]
pub fn page(bytes: usize) -> String {
    let mut html = String::from(
        "<html lang=kk><head><script>ym(87654321,'init');gtag('config','G-AB12CD34EF')</script>\
         <meta name=yandex-verification content=0a1b2c3d4e5f></head><body>",
    );
    let mut number = 0_u32;
    while html.len() < bytes {
        number += 1;
        html += "<div class=row><p>USDT айырбастау: бағам бекітіледі, оператор 24/7 байланыста, өтінім 15 минутта орындалады. ";
        let words = [
            "Отдаёте карту, получаете тезер",
            "reserve is shown for each direction",
            "қолма-қол ақша Алматыда",
        ];
        html += words.get(number as usize % 3).copied().unwrap_or_default();
        html += &format!(" №{number}</p>");
        if number.is_multiple_of(10) {
            html += &format!(
                "<p>Telegram: @tez_{number}, +7 701 {:03} 45 6{}, pay{number}@tez.test, TBqqP1BaK9mVPFZzxtkNopgJXtyeSc3bw8</p>",
                number % 1000,
                number % 10
            );
        }
        html += "</div>";
    }
    html + "</body></html>"
}
