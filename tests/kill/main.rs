//! Kill -9 between any two steps from signature to enforcement, then start again: nothing signed is
//! lost, nothing unsigned is served, and what is served is one release, whole.
//!
//! A child process publishes and aborts (no destructor runs, nothing is flushed) right after a
//! chosen step; the test then looks at what it left behind, and starts a publisher over it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]

mod child;
mod secondary;
mod served;

use std::path::PathBuf;

use blocklist::{PolicyZone, Timestamp, testing::name};
use child::{CHANGED, Child, LATER, Moment};
use data::{
    publish::{Publisher, Step},
    testing::{Centre, Engine, proposal},
};
use resolver::{ListConfig, ListSource, Node, ResolverConfig, Upstream};

const NAMES: [&str; 4] = ["before.test", "brief.test", "signed.test", "half.test"];

/// A node that never had a list starts on the release directory; gives which names it blocks.
async fn enforced(centre: &Centre, now: i64) -> Vec<&'static str> {
    let upstream = Upstream::udp("127.0.0.1:9".parse().unwrap());
    let state = tempfile::tempdir().unwrap();
    let mut config = ResolverConfig::new(vec!["127.0.0.1:0".parse().unwrap()], vec![upstream]);
    config.list = Some(ListConfig {
        source: ListSource::Directory(base(centre)),
        trust: centre.trust.clone(),
        state_dir: state.path().to_owned(),
        start_empty: false,
        poll: std::time::Duration::from_secs(3600),
    });
    let clock = std::sync::Arc::new(move || Timestamp(now));
    let running = Node::open_with_clock(config, clock)
        .unwrap()
        .start()
        .await
        .unwrap();
    running
        .watch()
        .wait_for(|status| status.pulls > 0)
        .await
        .unwrap();
    let blocked = NAMES
        .into_iter()
        .filter(|text| running.explain(&name(text)).blocked)
        .collect();
    running.stop().await;
    blocked
}

fn base(centre: &Centre) -> PathBuf {
    centre.dir.path().join("release")
}

data::both_engines!(a_kill_after_any_step_loses_and_invents_nothing);

async fn a_kill_after_any_step_loses_and_invents_nothing(engine: Engine) {
    for moment in Moment::all() {
        let centre = Centre::on(engine).await;
        // One listing for long and one for a day; then one fully signed, and one half.
        centre.approved("before.test", proposal()).await;
        let mut brief = proposal();
        brief.days = 1;
        centre.approved("brief.test", brief).await;
        let child = Child::start(&centre, moment);
        let before = served::check(&base(&centre), &centre.trust);
        centre.approved("signed.test", proposal()).await;
        centre.proposed("half.test", proposal()).await;
        child.go_on_and_die();

        // Whatever the kill left is one release: the old one until the moment of release, then the new.
        let (old, new): (&[&str], &[&str]) = if moment.is_later() {
            (&NAMES[..3], &["before.test", "signed.test"])
        } else {
            (&NAMES[..2], &NAMES[..3])
        };
        let left = served::check(&base(&centre), &centre.trust);
        let expected = if moment.is_released() { new } else { old };
        assert_eq!(
            enforced(&centre, moment.now()).await,
            expected,
            "{moment:?}"
        );
        assert_eq!(
            moment.is_released(),
            left.serial() > before.serial() && expected == new,
            "{moment:?}"
        );

        // Started again, all that was signed is served, and every leaf stands once.
        let now = moment.now() + 10;
        let store = centre.another().await;
        let mut publisher = Publisher::open(store, centre.dir.path(), now)
            .await
            .unwrap();
        publisher.step(now).await.unwrap();
        publisher.packed().await;
        let whole = served::check(&base(&centre), &centre.trust);
        assert_eq!(
            enforced(&centre, now).await,
            new,
            "{moment:?} and a new start"
        );
        let listed = |host: &str| {
            let all = whole.listings.iter();
            all.filter(|listing| listing.statement.name.as_str() == host)
                .count()
        };
        assert_eq!(
            NAMES.map(listed),
            [1, 1, 1, 0],
            "{moment:?}: sequenced once"
        );
        assert!(whole.remarks.is_empty(), "{moment:?}: {:?}", whole.remarks);
        served::packed(&base(&centre));
        served::leads_to_now(&base(&centre), before.serial());

        // A secondary that has the zone of before gets the new one: by its difference where that had been
        // written down, and otherwise whole, once.
        let server = secondary::primary(&centre.dir.path().join(child::JOURNAL)).await;
        let zone = PolicyZone::new(&whole);
        server.set_zone(&zone).unwrap();
        let got = secondary::fetch(server.address(), &before).await;
        assert_eq!(got.records, secondary::records(&zone), "{moment:?}");
        assert_eq!(got.whole, moment != Moment::JournalWritten, "{moment:?}");
        centre.approved("next.test", proposal()).await;
        assert!(publisher.step(now + 1).await.unwrap());
        let next = &publisher.published().unwrap().folded;
        let zone_of_next = PolicyZone::new(next);
        server.set_zone(&zone_of_next).unwrap();
        let got = secondary::fetch(server.address(), &whole).await;
        assert_eq!(got.records, secondary::records(&zone_of_next), "{moment:?}");
        assert!(!got.whole, "{moment:?}: from then on by differences");
        server.stop().await;
    }
}

#[test]
fn every_step_is_a_moment_to_die_at() {
    let moments: Vec<_> = Moment::all().collect();
    for step in Step::ALL {
        assert!(moments.contains(&Moment::After(*step)), "{step:?}");
    }
    const { assert!(CHANGED < LATER) };
}
