//! In whatever order sites come, by one machine or many: the same partition.

use data::{
    Store,
    network::{self, Found, Role},
    testing::{Centre, Engine, NOW},
};
use proptest::prelude::*;

use crate::{Simple, found, partition, shows, site};

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

data::both_engines!(many_at_once_come_to_one_partition);

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
