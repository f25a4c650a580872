//! Two publishers on one database: the one that holds the lease is killed, the other goes on.

use data::testing::{Centre, Engine};

use super::{another_machine, listed_once, released, sign, start, until, verify};

const FREE: &str = "127.0.0.1:0";

#[tokio::test]
async fn a_killed_publisher_is_replaced_and_no_leaf_is_lost_or_doubled() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let centre = Centre::on(Engine::Postgres).await;
    let begun = centre
        .store
        .folded(blocklist::Timestamp(0))
        .await
        .unwrap()
        .size;
    let here = centre.dir.path().to_owned();
    let there = another_machine(&centre, "there");
    let publish = ["publish", "--standby", "--transfer", FREE];
    let first = start(&centre, &here, &publish);
    let size = |data: &std::path::Path| released(data, &centre.trust).map_or(0, |r| r.size);
    // The first leaf of its own shows that it holds the lease.
    let mut hosts = vec!["first.test".to_owned()];
    sign(&centre, &centre.store, &hosts[0]).await;
    until("the first publisher", async || size(&here) > begun).await;
    let second = start(&centre, &there, &publish);

    // Officers go on signing while one publisher is killed and the other takes over.
    let mut first = Some(first);
    for index in 0..12 {
        hosts.push(format!("h{index}.test"));
        sign(&centre, &centre.store, &hosts[index + 1]).await;
        if index == 4 {
            assert!(!there.join("release").exists(), "the other one only waits");
            drop(first.take());
        }
    }
    let all = begun + hosts.len() as u64;
    // By this machine's clock the log did not begin today, and so the audit chain is anchored.
    let anchors = async || {
        let anchors = data::audit::anchors(&centre.store).await.unwrap();
        anchors.len() as u64
    };
    until("the other takes over", async || {
        size(&there) == all + anchors().await
    })
    .await;
    verify(&there);
    let other = centre.another().await;
    listed_once(&other, &hosts).await;
    // What the first had published is the beginning of what the second publishes.
    let (held, goes_on) = (
        released(&here, &centre.trust).unwrap(),
        released(&there, &centre.trust).unwrap(),
    );
    let mut record = other.read_record().await.unwrap();
    let tree = record.replay().unwrap().tree();
    assert_eq!(tree.root_at(held.size).unwrap(), held.root);
    assert_eq!(tree.root_at(goes_on.size).unwrap(), goes_on.root);
    drop(record);

    // And back again: the first starts anew, waits, and takes over in turn.
    let _again = start(&centre, &here, &publish);
    drop(second);
    sign(&centre, &centre.store, "last.test").await;
    until("the first is back", async || {
        size(&here) == all + 1 + anchors().await
    })
    .await;
    verify(&here);
}
