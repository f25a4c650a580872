//! `network show`: what it prints, what it leaves out, and the trace of who asked for more.

use std::fs;

use data::{
    network::{self, Amounts, Found, NewVolume, Role, Rules, Shared},
    testing::{Centre, NOW},
};

use super::{DONE, NEGATIVE, USAGE, qalqan, schema::conforms, snapshot};

/// One identifier of any kind links.
struct Any;

impl Rules for Any {
    fn points(&self, _: &str, _: i64) -> i64 {
        100
    }

    fn strength(&self, shared: &[Shared<'_>]) -> i64 {
        shared.iter().map(|one| one.points).sum()
    }
}

async fn planted() -> Centre {
    let centre = Centre::new().await;
    for host in ["obmen.test", "tez.test"] {
        centre.plant_case(host).await;
        let found = [
            ("wallet.tron", "TBqqP1BaK9mVPFZzxtkNopgJXtyeSc3bw8"),
            ("phone", "+77012345679"),
            ("email", "aliya@mail.test"),
            ("telegram", "tez_aiyrbas"),
        ];
        let found = found.map(|(kind, value)| Found {
            kind: kind.into(),
            value: value.into(),
            role: Role::Own,
            place: "footer>p".into(),
            url: format!("http://{host}/contacts?tel=77012345679"),
            capture: "ab".repeat(32),
            quote: "call \u{1b}[2J+7 701 234 56 79 <b>, @tez_aiyrbas".into(),
        });
        network::update(&centre.store, host, &found, NOW, &Any)
            .await
            .unwrap();
    }
    let day = |text| blocklist::time::Day::parse(text).unwrap();
    let volume = NewVolume {
        amounts: Amounts {
            kzt: None,
            usdt: Some(1_500_000),
            rate: Some((5_123_500, day("2026-10-31"))),
            period: (day("2026-10-01"), day("2026-10-31")),
        },
        source: "Letter 12 of the bank",
        document: None,
        replaces: None,
    };
    network::add_volume(&centre.store, &centre.first, "N-2026-000001", volume, NOW)
        .await
        .unwrap();
    centre
}

#[tokio::test]
async fn networks_are_shown_without_what_points_to_a_person() {
    let centre = planted().await;
    let data = centre.dir.path();
    let empty = Centre::new().await;
    let none = qalqan(
        empty.dir.path(),
        ["--format", "json", "network", "show", "--totals"],
    )
    .await;
    conforms("network-show", &none.done("networks").out);

    let graph = data.join("network.graphml");
    let graph = graph.to_str().unwrap();
    let shown = [
        "network",
        "show",
        "tez.test",
        "--totals",
        "--graphml",
        graph,
    ];
    let text = qalqan(data, shown).await;
    snapshot::holds(
        "network-show",
        &snapshot::steady(&text.done("tez.test").out),
    );
    let json = qalqan(data, [&["--format", "json"], &shown[..]].concat()).await;
    conforms("network-show", &json.done("N-2026-000001").out);
    assert_eq!(json.json()["totals"]["kzt_of_usdt"], 768);
    let list = qalqan(data, ["--format", "json", "network", "show"]).await;
    conforms("network-show", &list.done("N-2026-000001").out);
    let graph = fs::read_to_string(graph).unwrap();
    assert!(
        graph.contains("<edge source=\"obmen.test\" target=\"tez.test\">"),
        "{graph}"
    );
    for out in [&text.out, &json.out, &list.out, &graph] {
        for person in ["701", "aliya", "aiyrbas", "officer-1", "\u{1b}"] {
            assert!(!out.contains(person), "{person}: {out}");
        }
    }

    let unmask = [
        "--format",
        "json",
        "network",
        "show",
        "tez.test",
        "--unmask",
        "Letter 9 asks for it",
    ];
    let full = qalqan(data, unmask).await;
    conforms("network-show", &full.done("aliya@mail.test").out);
    assert!(!full.out.contains('\u{1b}'), "{full}");
    let trace = centre.sql("UPDATE meta SET value = value WHERE EXISTS (SELECT 1 FROM audit WHERE action = 'network.unmask' AND subject = 'N-2026-000001' AND detail LIKE '%Letter 9%')").await;
    assert!(trace.unwrap() > 0, "no trace in the audit chain");
    let empty = qalqan(data, ["network", "show", "--unmask", " "]).await;
    empty.with(USAGE, "needs a reason");
    let other = qalqan(data, ["network", "show", "nobody.test"]).await;
    other.with(NEGATIVE, "is no network");
    assert_eq!(full.code, Some(DONE));
}
