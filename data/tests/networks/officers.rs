//! What officers say of identifiers and ties, and that nothing written is ever changed.

use data::{
    network::{self, NetworkError, Rules},
    testing::{Centre, Engine, NOW},
};

use crate::{Simple, of, site};

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

data::both_engines!(an_identifier_may_be_nobodys, what_was_written_stays,);
