//! A network forms, grows, merges, splits and ends under its number, by what ties sites and what does not.

use data::{
    network::{self, NetworkError, Role},
    testing::{Centre, Engine, NOW},
};

use crate::{Simple, found, of, shows, site};

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

data::both_engines!(
    a_network_grows_merges_and_splits_under_its_number,
    a_network_of_two_comes_back_under_its_number,
    what_is_common_mentioned_or_a_licensed_hosts_ties_nobody,
);
