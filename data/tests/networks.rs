//! Networks in the store: they grow, merge and split under stable numbers, a cut stays cut, and one
//! site after another comes to what everything at once comes to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::{BTreeMap, BTreeSet};

use blocklist::time::Day;
use data::{
    Store,
    decide::Document,
    network::{self, Amounts, Found, NetworkError, NewVolume, Role, Rules, Shared},
    testing::{Centre, Engine, NOW},
};
use proptest::prelude::*;

/// `strong` links alone while five sites show it, `weak.*` needs another kind and counts among three.
struct Simple;

impl Rules for Simple {
    fn points(&self, kind: &str, sites: i64) -> i64 {
        match kind {
            "strong" if sites <= 5 => 100,
            kind if kind.starts_with("weak.") && sites <= 3 => 50,
            _ => 0,
        }
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        let mut best: BTreeMap<&str, i64> = BTreeMap::new();
        for one in shared {
            let points = best.entry(one.kind).or_default();
            *points = (*points).max(one.points);
        }
        best.values().sum()
    }
}

fn found(kind: &str, value: &str, role: Role) -> Found {
    Found {
        kind: kind.into(),
        value: value.into(),
        role,
        place: "footer>p".into(),
        url: "http://x.test/".into(),
        capture: "ab".repeat(32),
        quote: format!("… {value} …"),
    }
}

/// Enters a site that shows these strong identifiers.
async fn site(store: &Store, host: &str, strong: &[&str]) {
    let all: Vec<Found> = strong
        .iter()
        .map(|value| found("strong", value, Role::Own))
        .collect();
    shows(store, host, &all).await;
}

async fn shows(store: &Store, host: &str, all: &[Found]) {
    data::frontier::add(
        store,
        &[data::frontier::NewUrl {
            url: format!("http://{host}/"),
            host: blocklist::DomainName::parse(host).unwrap(),
            depth: 0,
            priority: 1,
            source: data::frontier::Source::Seed,
            found_on: None,
        }],
        40,
        NOW,
    )
    .await
    .unwrap();
    network::update(store, host, all, NOW, &Simple)
        .await
        .unwrap();
}

async fn of(store: &Store, host: &str) -> Option<String> {
    network::of_host(store, host).await.unwrap()
}

async fn partition(store: &Store) -> BTreeSet<BTreeSet<String>> {
    let mut sets = BTreeSet::new();
    for line in network::list(store).await.unwrap() {
        let file = network::load(store, &line.id).await.unwrap().unwrap();
        sets.insert(file.sites.into_iter().map(|site| site.host).collect());
    }
    sets
}

async fn a_network_grows_merges_and_splits_under_its_number(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    site(store, "a.test", &["W1"]).await;
    assert_eq!(of(store, "a.test").await, None);
    site(store, "b.test", &["W1"]).await;
    let first = of(store, "a.test").await.unwrap();
    assert_eq!(first, "N-2026-000001");
    site(store, "c.test", &["W1", "W2"]).await;
    assert_eq!(of(store, "c.test").await.as_ref(), Some(&first));
    site(store, "x.test", &["W9"]).await;
    site(store, "y.test", &["W9"]).await;
    let second = of(store, "y.test").await.unwrap();
    assert_eq!(second, "N-2026-000002");
    // One that shows the wallets of both.
    site(store, "z.test", &["W2", "W9"]).await;
    assert_eq!(of(store, "x.test").await.as_ref(), Some(&first));
    assert_eq!(
        network::resolve(store, &second).await.unwrap().as_ref(),
        Some(&first)
    );

    let file = network::load(store, &second).await.unwrap().unwrap();
    assert_eq!(
        (file.line.id.as_str(), file.sites.len()),
        (first.as_str(), 6)
    );
    let told: Vec<(&str, i64)> = file
        .events
        .iter()
        .map(|event| (event.kind.as_str(), event.sites))
        .collect();
    assert_eq!(told, [("formed", 2), ("grown", 3), ("merged", 6)]);
    let edge = file
        .edges
        .iter()
        .find(|edge| edge.b == "z.test" && edge.a == "c.test")
        .unwrap();
    assert_eq!((edge.strength, edge.reasons[0].value.as_str()), (100, "W2"));
    assert_eq!(edge.reasons[0].a.quote, "… W2 …");

    // An officer says that c and z are not one operator's: what hung on that tie comes apart.
    network::cut(
        store,
        &centre.first,
        ("z.test", "c.test"),
        "A partner's wallet.",
        NOW,
    )
    .await
    .unwrap();
    assert_eq!(of(store, "c.test").await.as_ref(), Some(&first));
    let third = of(store, "x.test").await.unwrap();
    assert_ne!(third, first);
    let again = network::cut(store, &centre.first, ("c.test", "z.test"), "Again.", NOW).await;
    assert!(matches!(again, Err(NetworkError::Stale)), "{again:?}");
    // It stays cut, whatever is seen later and however often everything is computed.
    site(store, "z.test", &["W2", "W9", "W7"]).await;
    site(store, "c.test", &["W1", "W2", "W7"]).await;
    network::rebuild(store, NOW, &Simple).await.unwrap();
    assert_eq!(of(store, "z.test").await, Some(third.clone()));
    assert_eq!(of(store, "c.test").await.as_ref(), Some(&first));
    let file = network::load(store, &first).await.unwrap().unwrap();
    assert_eq!(file.past.len(), 3, "{:?}", file.past);
    // Until somebody takes the cut back; the audit names both moves.
    network::undo_cut(
        store,
        &centre.second,
        ("c.test", "z.test"),
        "They are the same people.",
        NOW,
    )
    .await
    .unwrap();
    assert_eq!(of(store, "z.test").await.as_ref(), Some(&first));
    let (rows, _) = data::audit::verify(store).await.unwrap();
    assert!(rows >= 2);
}

async fn a_network_of_two_comes_back_under_its_number(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    site(store, "a.test", &["W1"]).await;
    site(store, "b.test", &["W1"]).await;
    let pair = ("a.test", "b.test");
    network::cut(store, &centre.first, pair, "Not so.", NOW)
        .await
        .unwrap();
    assert_eq!(of(store, "a.test").await, None);
    assert!(network::list(store).await.unwrap().is_empty());
    let file = network::load(store, "N-2026-000001")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(file.sites.len(), 0);
    network::undo_cut(store, &centre.first, pair, "It is so.", NOW)
        .await
        .unwrap();
    assert_eq!(of(store, "a.test").await.as_deref(), Some("N-2026-000001"));
}

async fn what_is_common_mentioned_or_a_licensed_hosts_ties_nobody(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    for number in 0..5 {
        site(store, &format!("s{number}.test"), &["HUB"]).await;
    }
    assert_eq!(network::list(store).await.unwrap()[0].sites, 5);
    // The sixth makes it common: what hung on it alone comes apart.
    site(store, "s5.test", &["HUB"]).await;
    assert!(network::list(store).await.unwrap().is_empty());

    site(store, "desk.test", &["W1"]).await;
    shows(
        store,
        "news.test",
        &[found("strong", "W1", Role::Mentioned)],
    )
    .await;
    assert_eq!(of(store, "news.test").await, None);

    site(store, "copy1.test", &["W5"]).await;
    site(store, "copy2.test", &["W5"]).await;
    assert!(of(store, "copy1.test").await.is_some());
    // The counter was the licensed one's all along: both copied it, which ties them to nobody.
    shows(
        store,
        "licensed.test",
        &[found("strong", "W5", Role::Reserved)],
    )
    .await;
    for host in ["copy1.test", "copy2.test", "licensed.test"] {
        assert_eq!(of(store, host).await, None, "{host}");
    }

    shows(store, "p.test", &[found("weak.phone", "+7", Role::Own)]).await;
    shows(
        store,
        "q.test",
        &[
            found("weak.phone", "+7", Role::Own),
            found("weak.mail", "m", Role::Own),
        ],
    )
    .await;
    assert_eq!(of(store, "q.test").await, None);
    shows(
        store,
        "p.test",
        &[
            found("weak.phone", "+7", Role::Own),
            found("weak.mail", "m", Role::Own),
        ],
    )
    .await;
    assert!(of(store, "q.test").await.is_some());
}

fn amounts(kzt: Option<i64>, usdt: Option<i64>, rate: bool) -> Amounts {
    let day = |text| Day::parse(text).unwrap();
    Amounts {
        kzt,
        usdt,
        rate: rate.then(|| (5_123_500, day("2026-11-01"))),
        period: (day("2026-10-01"), day("2026-10-31")),
    }
}

async fn volumes_add_up_with_their_sources(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    for host in ["a.test", "b.test"] {
        centre.plant_case(host).await;
        network::update(
            store,
            host,
            &[found("strong", "W1", Role::Own)],
            NOW,
            &Simple,
        )
        .await
        .unwrap();
    }
    let id = of(store, "a.test").await.unwrap();
    let new = |amounts, replaces| NewVolume {
        amounts,
        source: "Letter 12 of the bank",
        document: Some(Document {
            file_name: "letter.txt".into(),
            content_type: "text/plain".into(),
            bytes: b"Letter".to_vec(),
        }),
        replaces,
    };
    let wrong = network::add_volume(
        store,
        &centre.first,
        &id,
        new(amounts(Some(7), None, false), None),
        NOW,
    )
    .await
    .unwrap();
    network::add_volume(
        store,
        &centre.first,
        &id,
        new(amounts(Some(24_000_000_000), None, false), Some(wrong)),
        NOW,
    )
    .await
    .unwrap();
    network::add_volume(
        store,
        &centre.second,
        &id,
        new(amounts(None, Some(1_000_000_000_000), true), None),
        NOW,
    )
    .await
    .unwrap();
    let twice = network::add_volume(
        store,
        &centre.second,
        &id,
        new(amounts(Some(1), None, false), None),
        NOW,
    )
    .await
    .unwrap();
    network::withdraw_volume(store, &centre.second, &id, twice, "Counted before.", NOW)
        .await
        .unwrap();
    let gone = network::withdraw_volume(store, &centre.second, &id, twice, "Again.", NOW).await;
    assert!(
        matches!(gone, Err(NetworkError::Field("replaces"))),
        "{gone:?}"
    );
    let totals = network::totals(store).await.unwrap();
    assert_eq!((totals.groups, totals.sites, totals.flagged), (1, 2, 2));
    assert_eq!(
        (totals.volumes, totals.kzt, totals.usdt),
        (2, 24_000_000_000, 1_000_000_000_000)
    );
    assert_eq!(
        (totals.kzt_of_usdt, totals.without_rate, totals.overlapping),
        (512_350_000, 0, 1)
    );
    assert_eq!(totals.from.as_deref(), Some("2026-10-01"));
    assert_eq!(totals.sources[0].source, "Letter 12 of the bank");

    for (new, field) in [
        (amounts(None, None, false), "kzt"),
        (amounts(Some(-1), None, false), "kzt"),
        (amounts(None, Some(i64::MAX), false), "usdt"),
    ] {
        let refused = network::add_volume(
            store,
            &centre.first,
            &id,
            NewVolume {
                amounts: new,
                source: "x",
                document: None,
                replaces: None,
            },
            NOW,
        )
        .await;
        assert!(
            matches!(refused, Err(NetworkError::Field(named)) if named == field),
            "{refused:?}"
        );
    }
    let nowhere = network::add_volume(
        store,
        &centre.first,
        "N-2026-999999",
        NewVolume {
            amounts: amounts(Some(1), None, false),
            source: "x",
            document: None,
            replaces: None,
        },
        NOW,
    )
    .await;
    assert!(
        matches!(nowhere, Err(NetworkError::Unknown(_))),
        "{nowhere:?}"
    );
}

/// What an officer calls nobody's ties nobody, whatever comes later, until the mark is taken back.
async fn an_identifier_may_be_nobodys(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    let phone = ("strong", "+77010000001");
    site(store, "a.test", &[phone.1, "W1"]).await;
    site(store, "b.test", &[phone.1, "W1"]).await;
    site(store, "c.test", &[phone.1]).await;
    let id = of(store, "a.test").await.unwrap();
    assert_eq!(of(store, "c.test").await.as_ref(), Some(&id));

    let mark = async |officer, at| {
        network::mark_nobodys(store, officer, phone, "A studio's.", at, &Simple).await
    };
    mark(&centre.first, NOW).await.unwrap();
    assert_eq!(of(store, "c.test").await, None);
    assert_eq!(of(store, "b.test").await.as_ref(), Some(&id));
    site(store, "d.test", &[phone.1]).await;
    network::rebuild(store, NOW, &Simple).await.unwrap();
    assert_eq!(of(store, "d.test").await, None);

    let mut file = network::load(store, &id).await.unwrap().unwrap();
    let told = file.identifiers.iter().find(|one| one.value == phone.1);
    let told = told.unwrap().nobodys.clone().unwrap();
    assert_eq!(
        (told.officer.as_str(), told.why.as_str()),
        ("officer-1", "A studio's.")
    );
    assert_eq!(network::marks(store).await.unwrap(), [told]);
    assert_eq!(file.events.last().unwrap().cause, "mark");
    network::mask::network(&mut file);
    assert!(!format!("{:?}", file.identifiers).contains("studio"));

    let again = mark(&centre.second, NOW).await;
    assert!(matches!(again, Err(NetworkError::Stale)), "{again:?}");
    let unseen = network::mark_nobodys(
        store,
        &centre.first,
        ("strong", "W77"),
        "Nowhere.",
        NOW,
        &Simple,
    );
    assert!(matches!(unseen.await, Err(NetworkError::Stale)));
    let silent = network::undo_nobodys(store, &centre.second, phone, " ", NOW, &Simple).await;
    assert!(
        matches!(silent, Err(NetworkError::Field("why"))),
        "{silent:?}"
    );
    for sql in [
        "UPDATE identifier_mark SET why = 'x'",
        "DELETE FROM identifier_mark",
        "DELETE FROM network_event",
    ] {
        let refused = centre.sql(sql).await.expect_err(sql).to_string();
        assert!(refused.contains("append-only"), "{sql}: {refused}");
    }

    let why = "It is theirs after all.";
    // As the console has the rules: without knowing their type.
    let rules: &dyn Rules = &Simple;
    network::undo_nobodys(store, &centre.second, phone, why, NOW, &rules)
        .await
        .unwrap();
    for host in ["c.test", "d.test"] {
        assert_eq!(of(store, host).await.as_ref(), Some(&id), "{host}");
    }
    assert_eq!(network::marks(store).await.unwrap(), []);
}

async fn what_was_written_stays(engine: Engine) {
    let centre = Centre::on(engine).await;
    let store = &centre.store;
    site(store, "a.test", &["W1"]).await;
    site(store, "b.test", &["W1"]).await;
    network::cut(store, &centre.first, ("a.test", "b.test"), "Not so.", NOW)
        .await
        .unwrap();
    for sql in [
        "UPDATE network_cut SET why = 'x'",
        "DELETE FROM network_cut",
        "DELETE FROM network_edge",
        "UPDATE network_member SET at = 0",
        "DELETE FROM network_member",
        "UPDATE network_event SET cause = 'site'",
        "DELETE FROM network",
        "DELETE FROM identifier",
        "UPDATE identifier SET capture = 'x'",
    ] {
        let refused = centre.sql(sql).await.expect_err(sql).to_string();
        assert!(
            refused.contains("append-only") || refused.contains("first seen"),
            "{sql}: {refused}"
        );
    }
}

/// Crawls on several machines assess sites at once.
async fn many_at_once_come_to_one_partition(engine: Engine) {
    let centre = Centre::on(engine).await;
    let mut tasks = Vec::new();
    for number in 0..6 {
        let store = centre.another().await;
        tasks.push(tokio::spawn(async move {
            for round in 0..4 {
                let host = format!("h{number}-{round}.test");
                site(
                    &store,
                    &host,
                    &[&format!("W{round}"), &format!("V{number}")],
                )
                .await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let store = &centre.store;
    let found = partition(store).await;
    let again = network::rebuild(store, NOW, &Simple).await.unwrap();
    assert_eq!((again.ties, again.moved), (0, 0));
    assert_eq!(partition(store).await, found);
}

data::both_engines!(
    a_network_grows_merges_and_splits_under_its_number,
    a_network_of_two_comes_back_under_its_number,
    what_is_common_mentioned_or_a_licensed_hosts_ties_nobody,
    volumes_add_up_with_their_sources,
    an_identifier_may_be_nobodys,
    what_was_written_stays,
    many_at_once_come_to_one_partition,
);

/// Sites with identifiers: (site, kind, value, whether it is a licensed host's).
type Shown = Vec<(u8, u8, u8, bool)>;

async fn enter(store: &Store, shown: &Shown) {
    for (site, ..) in shown {
        let of_site: Vec<Found> = shown
            .iter()
            .filter(|(other, ..)| other == site)
            .map(|(_, kind, value, reserved)| {
                let kind = ["strong", "weak.a", "weak.b"][usize::from(*kind)];
                let role = if *reserved { Role::Reserved } else { Role::Own };
                found(kind, &format!("v{value}"), role)
            })
            .collect();
        shows(store, &format!("h{site}.test"), &of_site).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// In whatever order sites come, and one by one or all at once: the same partition.
    #[test]
    fn order_changes_nothing(
        shown in prop::collection::vec((0_u8..9, 0_u8..3, 0_u8..4, prop::bool::weighted(0.05)), 1..40).prop_shuffle(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let one = data::testing::Scratch::new(Engine::Sqlite).await;
            let other = data::testing::Scratch::new(Engine::Sqlite).await;
            let (one, other) = (one.open().await, other.open().await);
            enter(&one, &shown).await;
            let mut turned = shown.clone();
            turned.reverse();
            turned.sort_by_key(|(site, ..)| std::cmp::Reverse(*site));
            enter(&other, &turned).await;
            let found = partition(&one).await;
            assert_eq!(found, partition(&other).await);
            let again = network::rebuild(&one, NOW, &Simple).await.unwrap();
            assert_eq!((again.ties, again.moved), (0, 0));
            assert_eq!(partition(&one).await, found);
        });
    }
}
