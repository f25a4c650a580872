//! The pages are what they claim to be: numbers check, encodings are as said, nobody real is named.

use std::collections::{BTreeMap, BTreeSet};

use blocklist::register::{Basis, Mapping};
use scraper::{Html, Selector};
use sha2::{Digest, Sha256};

use super::super::files::Files;
use super::{is_html, site_of, snapshots, text, world};

/// Base58Check: version byte 0x41, twenty bytes, four bytes of double SHA-256.
fn is_tron(address: &str) -> bool {
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let mut bytes = [0_u8; 25];
    for c in address.chars() {
        let Some(digit) = ALPHABET.find(c) else {
            return false;
        };
        let mut carry = digit;
        for byte in bytes.iter_mut().rev() {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
    }
    let sum = Sha256::digest(Sha256::digest(&bytes[..21]));
    bytes[0] == 0x41 && bytes[21..] == sum[..4]
}

#[test]
fn wallets_have_valid_checksums_and_each_operator_shares_one() {
    let shape = regex::Regex::new(r"\bT[1-9A-HJ-NP-Za-km-z]{33}\b").unwrap();
    let world = world();
    let mut wallets: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for site in &world.sites {
        for answer in site.answers.values() {
            for found in shape.find_iter(&text(site, answer)) {
                assert!(is_tron(found.as_str()), "{}: {}", site.host, found.as_str());
                wallets
                    .entry(found.as_str().to_owned())
                    .or_default()
                    .insert(&site.host);
            }
        }
    }
    assert!(wallets.len() >= 4);
    let shared = wallets.values().filter(|hosts| hosts.len() > 1).count();
    assert_eq!(
        shared, 2,
        "each of the two operators pays into one wallet on two sites"
    );
    let wrong = wallets
        .keys()
        .next()
        .unwrap()
        .replace(|c: char| c.is_ascii_digit(), "A");
    assert!(!is_tron(&wrong), "the check can fail");
}

#[test]
fn the_register_is_readable_and_names_the_licensed_site_as_the_site_names_itself() {
    let world = world();
    // Reading refuses a BIN with a wrong check digit.
    let snapshots = snapshots(&world);
    let rows = || snapshots.iter().flat_map(|snapshot| &snapshot.rows);
    let row = rows()
        .find(|r| r.hosts.iter().any(|h| h.as_str() == "kerbez.test"))
        .unwrap();
    let page = |host: &str, path: &str| {
        let site = site_of(&world, host).unwrap();
        text(site, &site.answers[path])
    };
    for l in ["kk", "ru", "en"] {
        let home = page("kerbez.test", &format!("/{l}/"));
        for claim in [&row.legal_name, &row.bin, &row.licence_no] {
            assert!(home.contains(claim), "/{l}/ does not say {claim}");
        }
    }
    assert!(page("kerbez.test", "/ru/").contains(&row.banks[0]));
    let copy = page("xn--kerbz-2we.test", "/kk/");
    assert!(
        copy.contains(&row.licence_no) && copy.contains(&row.legal_name),
        "the copy carries the claim"
    );
    assert!(snapshots.len() >= 2, "several registers");
    for basis in [Basis::Register, Basis::Letter, Basis::Secondary] {
        assert!(rows().any(|r| r.basis == basis), "{basis:?}");
    }
    assert!(rows().any(|r| {
        r.hosts
            .iter()
            .all(|h| site_of(&world, h.as_str()).is_none())
    }));
}

#[test]
fn one_site_is_windows_1251_and_only_its_pages_say_so() {
    let world = world();
    let site = site_of(&world, "rubinwm.test").unwrap();
    for (path, answer) in site.answers.iter().filter(|(_, answer)| is_html(answer)) {
        assert!(
            std::str::from_utf8(&answer.body).is_err(),
            "{path} is UTF-8"
        );
        let sent = answer.content_type.as_deref().unwrap();
        assert!(!sent.contains("1251"), "{path}: {sent}");
        let page = text(site, answer);
        assert!(
            page.contains("charset=windows-1251") && page.contains("Обмен электронных валют"),
            "{path}"
        );
    }
}

#[test]
fn the_hostile_title_is_hostile() {
    let world = world();
    let site = site_of(&world, "shapshan.test").unwrap();
    let page = Html::parse_document(&text(site, &site.answers["/"]));
    let title: String = page
        .select(&Selector::parse("title").unwrap())
        .flat_map(|t| t.text())
        .collect();
    assert!(
        title.contains("<script>") && title.contains('\u{202e}'),
        "{title:?}"
    );
}

#[test]
fn feeds_hold_tenge_directions() {
    let world = world();
    for (host, path) in [
        ("tezaina.test", "/request-exportxml.xml"),
        ("shapshan.test", "/exportxml.xml"),
        ("rubinwm.test", "/valuta.xml"),
        ("cambiazul.test", "/valuta.xml"),
    ] {
        let site = site_of(&world, host).unwrap();
        let feed = text(site, &site.answers[path]);
        let count = |tag: &str| {
            (
                feed.matches(&format!("<{tag}>")).count(),
                feed.matches(&format!("</{tag}>")).count(),
            )
        };
        let (items, closed) = count("item");
        assert!(items >= 3 && items == closed, "{host}");
        for tag in [
            "from",
            "to",
            "in",
            "out",
            "amount",
            "minamount",
            "maxamount",
        ] {
            // Feeds in the wild repeat an element now and then; none is left out.
            let (open, close) = count(tag);
            assert!(open >= items && open == close, "{host} {tag}");
        }
        assert!(feed.contains("KZT</to>"), "{host}");
    }
}

#[test]
fn the_json_feed_holds_tenge_directions() {
    let world = world();
    let site = site_of(&world, "torsyq.test").unwrap();
    let feed: serde_json::Value =
        serde_json::from_slice(&site.answers["/export/rates.json"].body).unwrap();
    let rates = feed["rates"].as_array().unwrap();
    assert!(rates.iter().all(|rate| rate["from"].is_string()));
    assert!(rates.iter().any(|rate| {
        rate["to"]
            .as_str()
            .is_some_and(|code| code.ends_with("KZT"))
            && rate["out"].is_number()
    }));
}

#[test]
fn warnings_name_brands_and_hosts_of_the_world() {
    let world = world();
    let warnings: Vec<_> = snapshots(&world)
        .into_iter()
        .flat_map(|snapshot| snapshot.warnings)
        .collect();
    assert!(warnings.len() >= 3);
    for warning in &warnings {
        assert_eq!(warning.mapping, Mapping::Ours);
        for host in &warning.hosts {
            assert!(
                site_of(&world, host.as_str()).is_some(),
                "{host} is not in world.toml"
            );
        }
    }
}

#[test]
fn no_file_names_what_is_real() {
    // Real firms of the trade and of the country; codes of rails (KSPBKZT) are codes, not names.
    const REAL: [&str; 14] = [
        "kaspi",
        "каспи",
        "halyk",
        "халык",
        "forte",
        "jusan",
        "binance",
        "bybit",
        "okx",
        "bestchange",
        "garantex",
        "google",
        "yandex",
        "coinbase",
    ];
    let files = Files::embedded().unwrap();
    for (path, bytes) in files.below("") {
        let text = encoding_rs::UTF_8.decode(bytes).0.to_lowercase();
        for name in REAL {
            assert!(!text.contains(name), "data/demo/{path} names {name}");
        }
    }
}
