//! What must hold of the demo world's content: it is whole, invented, and says what it claims.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use blocklist::guard::{Guard, Tier};
use blocklist::matching::{Claim, ClaimKind, Known, check_claims, check_host};
use blocklist::register::{Basis, Snapshot};
use blocklist::{DomainName, Scope, Timestamp};
use scraper::{Html, Selector};
use sha2::{Digest, Sha256};

use super::files::Files;
use super::plan::{Action, DnsAnswer};
use super::world::{Answer, Site, World};

/// The only places outside the world that a page may link to: they are signals, not destinations.
const OUTSIDE: [&str; 2] = ["https://t.me/", "https://wa.me/"];

fn name(host: &str) -> DomainName {
    DomainName::parse(host).unwrap()
}

fn world() -> World {
    World::embedded().unwrap()
}

/// Pages as text, whatever their encoding, with `{{base:HOST}}` made `http://HOST`.
fn text(site: &Site, answer: &Answer) -> String {
    let bytes = super::http::with_bases(&answer.body, 80);
    if site.host == "rubinwm.test" {
        encoding_rs::WINDOWS_1251.decode(&bytes).0.into_owned()
    } else {
        String::from_utf8(bytes).unwrap()
    }
}

fn is_html(answer: &Answer) -> bool {
    answer
        .content_type
        .as_deref()
        .is_some_and(|t| t.starts_with("text/html"))
        && !answer.body.starts_with(b"<?xml")
}

/// Every address a page points at: links, forms, images, scripts, styles.
fn pointers(html: &str) -> Vec<(String, bool)> {
    let page = Html::parse_document(html);
    let mut out = Vec::new();
    for (css, attribute, link) in [
        ("a[href]", "href", true),
        ("link[href]", "href", true),
        ("form[action]", "action", false),
        ("[src]", "src", false),
    ] {
        let selector = Selector::parse(css).unwrap();
        let found = page
            .select(&selector)
            .filter_map(|e| e.attr(attribute).map(str::to_owned));
        out.extend(found.map(|url| (url, link)).collect::<Vec<_>>());
    }
    out
}

/// Where a pointer on a page of `site` leads: (host, path). `None`: outside, or no page at all.
fn target(site: &Site, path: &str, pointer: &str) -> Option<(String, String)> {
    if pointer.starts_with('#') || ["mailto:", "tel:"].iter().any(|s| pointer.starts_with(s)) {
        return None;
    }
    let here = url::Url::parse(&format!("http://{}{path}", site.host)).unwrap();
    let there = here.join(pointer).unwrap();
    if OUTSIDE
        .iter()
        .any(|prefix| there.as_str().starts_with(prefix))
    {
        return None;
    }
    Some((
        there.host_str().unwrap().to_owned(),
        there.path().to_owned(),
    ))
}

fn site_of<'a>(world: &'a World, host: &str) -> Option<&'a Site> {
    world
        .sites
        .iter()
        .find(|s| s.host == host || s.aliases.iter().any(|a| a.host == host))
}

#[test]
fn every_link_leads_to_a_page_or_is_meant_to_leave() {
    let world = world();
    for site in &world.sites {
        for (path, answer) in site.answers.iter().filter(|(_, answer)| is_html(answer)) {
            for (pointer, _) in pointers(&text(site, answer)) {
                let Some((host, to)) = target(site, path, &pointer) else {
                    continue;
                };
                let there = site_of(&world, &host)
                    .unwrap_or_else(|| panic!("{}{path} points outside: {pointer}", site.host));
                assert!(
                    there.answers.contains_key(&to),
                    "{}{path} points at a missing page: {pointer}",
                    site.host
                );
            }
        }
    }
}

#[test]
fn sitemaps_name_only_pages_that_exist() {
    let world = world();
    for site in &world.sites {
        for (path, answer) in site
            .answers
            .iter()
            .filter(|(path, _)| path.contains("sitemap"))
        {
            let urls = locations(&text(site, answer));
            assert!(!urls.is_empty(), "{}{path} is empty", site.host);
            for url in urls {
                let (host, to) = target(site, path, &url).unwrap();
                assert!(
                    host == site.host && site.answers.contains_key(&to),
                    "{path}: {url}"
                );
            }
        }
    }
}

fn locations(xml: &str) -> Vec<String> {
    xml.split("<loc>")
        .skip(1)
        .filter_map(|rest| rest.split_once("</loc>"))
        .map(|(url, _)| url.to_owned())
        .collect()
}

/// robots.txt, links, redirects and sitemaps: what an ordinary polite crawler can follow from the seeds.
#[test]
fn every_site_is_found_from_the_seeds_but_few_are_seeds() {
    let world = world();
    let seeds: Vec<_> = world
        .plan
        .seeds
        .iter()
        .map(|seed| String::from_utf8(super::http::with_bases(seed.url.as_bytes(), 80)).unwrap())
        .collect();
    assert!((5..=6).contains(&seeds.len()));
    let mut queue: VecDeque<(String, String)> = VecDeque::new();
    for seed in &seeds {
        let site = site_of(&world, url::Url::parse(seed).unwrap().host_str().unwrap()).unwrap();
        queue.push_back(target(site, "/", seed).unwrap());
    }
    let mut seen = BTreeSet::new();
    while let Some((host, path)) = queue.pop_front() {
        let site = site_of(&world, &host).unwrap();
        let closed = site
            .answers
            .get("/robots.txt")
            .map(|a| text(site, a))
            .unwrap_or_default();
        let closed = closed
            .lines()
            .filter_map(|l| l.strip_prefix("Disallow: "))
            .any(|rule| path.starts_with(rule));
        if closed || !seen.insert((site.host.clone(), path.clone())) {
            continue;
        }
        let Some(answer) = site.answers.get(&path) else {
            continue;
        };
        if site.answers.contains_key("/sitemap.xml") {
            queue.push_back((host.clone(), "/sitemap.xml".to_owned()));
        }
        let next: Vec<_> = match &answer.location {
            Some(to) => {
                vec![String::from_utf8(super::http::with_bases(to.as_bytes(), 80)).unwrap()]
            }
            None if path.contains("sitemap") => locations(&text(site, answer)),
            None if is_html(answer) => pointers(&text(site, answer))
                .into_iter()
                .filter(|(_, link)| *link)
                .map(|(to, _)| to)
                .collect(),
            None => Vec::new(),
        };
        queue.extend(next.iter().filter_map(|to| target(site, &path, to)));
    }
    let found: BTreeSet<_> = seen.iter().map(|(host, _)| host.as_str()).collect();
    let all: BTreeSet<_> = world.sites.iter().map(|s| s.host.as_str()).collect();
    assert_eq!(found, all);
}

#[test]
fn everything_stands_under_test_and_has_an_expectation() {
    let world = world();
    let expected: BTreeMap<_, _> = world
        .plan
        .expectations
        .iter()
        .map(|e| (e.host.as_str(), e))
        .collect();
    assert_eq!(
        expected.len(),
        world.plan.expectations.len(),
        "one expectation per site"
    );
    assert!(world.sites.len() >= 12);
    for site in &world.sites {
        assert!(site.host.ends_with(".test"));
        let expectation = expected[site.host.as_str()];
        assert!(["flag", "review", "clear"].contains(&expectation.verdict.as_str()));
        assert_eq!(
            expectation.case,
            expectation.verdict != "clear",
            "{}",
            site.host
        );
        assert_eq!(expectation.dns_before, DnsAnswer::Address);
        assert!(expectation.why.len() > 20);
        let robots = site
            .answers
            .get("/robots.txt")
            .map(|a| text(site, a))
            .unwrap_or_default();
        for closed in &expectation.never_fetched {
            assert!(
                robots.contains(&format!("Disallow: {closed}")),
                "{} does not close {closed}",
                site.host
            );
        }
    }
    for list in &world.plan.guards {
        assert!(
            !list.reason.is_empty() && list.names.iter().all(|n| n.as_str().ends_with(".test")),
            "{}",
            list.list
        );
    }
}

#[test]
fn the_script_agrees_with_the_expectations_and_the_guards() {
    let world = world();
    let mut guard = Guard::floor(true, &name("qalqan.test"));
    world.plan.guards.iter().for_each(|list| guard.add(list));
    assert!(
        guard.check(&name("tobylgy.test"), Scope::Host).is_err(),
        "the bank is guarded"
    );
    let (mut listed, mut subtrees, mut counts) = (BTreeSet::new(), Vec::new(), [0; 3]);
    for step in &world.plan.script.steps {
        let expectation = world
            .plan
            .expectations
            .iter()
            .find(|e| e.host == step.host)
            .unwrap();
        assert!(
            expectation.case,
            "{}: only what has a case can be decided",
            step.host
        );
        match &step.action {
            Action::List { scope, order, .. } => {
                counts[0] += 1;
                listed.insert(step.host.as_str());
                guard.check(&name(&step.host), *scope).unwrap();
                if *scope == Scope::Subtree {
                    subtrees.push(name(&step.host));
                }
                let document = world.files.text(&order.document, "script.toml").unwrap();
                assert!(
                    document.starts_with("DEMO")
                        && document.contains(&step.host)
                        && document.contains(&order.number)
                );
            }
            Action::Dismiss { .. } => {
                counts[1] += 1;
                assert_eq!(expectation.verdict, "flag", "what is dismissed was flagged");
            }
            Action::Lift { .. } => {
                counts[2] += 1;
                listed.remove(step.host.as_str());
            }
        }
    }
    assert!(
        counts[0] >= 4 && counts[1] >= 1 && counts[2] >= 1,
        "{counts:?}"
    );
    for expectation in &world.plan.expectations {
        let host = name(&expectation.host);
        let covered = subtrees.iter().any(|top| host.is_at_or_below(top));
        let blocked = covered || listed.contains(expectation.host.as_str());
        assert_eq!(
            expectation.dns_after == DnsAnswer::Nxdomain,
            blocked,
            "{}",
            expectation.host
        );
        assert_eq!(
            expectation.check_after == "blocked",
            blocked,
            "{}",
            expectation.host
        );
    }
    assert!(world.plan.guards.iter().any(|g| g.tier == Tier::Never));
    assert!(world.plan.guards.iter().any(|g| g.tier == Tier::Raised));
}

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
fn wallets_have_valid_checksums_and_two_sites_share_one() {
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
    let shared: Vec<_> = wallets.values().filter(|hosts| hosts.len() > 1).collect();
    assert_eq!(shared, [&BTreeSet::from(["tezaina.test", "shapshan.test"])]);
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
    let json = world
        .files
        .bytes("registers/afsa-demo.json", "test")
        .unwrap();
    // from_json refuses a BIN with a wrong check digit.
    let snapshot = Snapshot::from_json(json).unwrap();
    let row = snapshot
        .rows
        .iter()
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
    let bases: Vec<_> = snapshot.rows.iter().map(|r| r.basis).collect();
    assert!(bases.contains(&Basis::Secondary));
    assert!(snapshot.rows.iter().any(|r| {
        r.hosts
            .iter()
            .all(|h| site_of(&world, h.as_str()).is_none())
    }));
}

#[test]
fn the_public_check_answers_as_expected_before_anyone_signs() {
    let world = world();
    let json = world
        .files
        .bytes("registers/afsa-demo.json", "test")
        .unwrap();
    let known = Known {
        snapshots: vec![Snapshot::from_json(json).unwrap()],
        warnings: Vec::new(),
        listings: Vec::new(),
        register_days: 30,
    };
    let now = Timestamp(world.day.midnight().assume_utc().unix_timestamp());
    for expectation in &world.plan.expectations {
        let found = check_host(&name(&expectation.host), &known, now);
        assert_eq!(
            found.verdict.as_str(),
            expectation.check,
            "{}",
            expectation.host
        );
    }
    let row = &known.snapshots[0].rows[0];
    let claim = Claim {
        licence_no: row.licence_no.clone(),
        legal_name: row.legal_name.clone(),
        bin: row.bin.clone(),
        quote: String::new(),
    };
    for (host, kind) in [
        ("kerbez.test", ClaimKind::Agrees),
        ("xn--kerbz-2we.test", ClaimKind::OtherHost),
    ] {
        let findings = check_claims(&name(host), std::slice::from_ref(&claim), &known, now);
        assert_eq!(findings[0].kind, kind, "{host}");
    }
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
            assert_eq!(count(tag), (items, items), "{host} {tag}");
        }
        assert!(feed.contains("KZT</to>"), "{host}");
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
