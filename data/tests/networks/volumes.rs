//! Volumes that officers state for a network add up, with their sources.

use blocklist::time::Day;
use data::{
    decide::Document,
    network::{self, Amounts, NetworkError, NewVolume, Role},
    testing::{Centre, Engine, NOW},
};

use crate::{Simple, found, of};

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

data::both_engines!(volumes_add_up_with_their_sources);
