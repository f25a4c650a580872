//! Kill -9 between any two steps from signature to enforcement, then start again: nothing signed is
//! lost, nothing unsigned is served.
//!
//! A child process publishes and aborts (no destructor runs, nothing is flushed) right after a
//! chosen step; the test then starts a publisher and a resolver node over what it left behind.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::{path::Path, process::Command};

use blocklist::testing::name;
use data::{
    Store,
    publish::{Publisher, Step},
    testing::{Centre, Engine, NOW, proposal},
};
use resolver::{ListConfig, ListSource, Node, ResolverConfig, Upstream};

const DIR: &str = "QALQAN_KILL_DIR";
const DATABASE: &str = "QALQAN_KILL_DATABASE";
const STEP: &str = "QALQAN_KILL_AFTER";

const STEPS: [Step; 5] = [
    Step::Sequenced,
    Step::TilesWritten,
    Step::CheckpointWritten,
    Step::ArtefactsWritten,
    Step::Released,
];

/// Not a test of its own: the body of the child process.
#[tokio::test]
async fn child_that_dies() {
    let [Ok(dir), Ok(step), Ok(url)] = [DIR, STEP, DATABASE].map(std::env::var) else {
        return;
    };
    let dir = Path::new(&dir);
    let last = STEPS[step.parse::<usize>().unwrap()];
    let store = Store::open(&url).await.unwrap();
    let mut publisher = Publisher::open(store, dir, NOW + 10).await.unwrap();
    publisher.on_step(move |done| {
        if done == last {
            std::process::abort();
        }
    });
    publisher.step(NOW + 10).await.unwrap();
    panic!("the step {last:?} never came");
}

fn run_child(centre: &Centre, step: usize) {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_that_dies", "--nocapture"])
        .env(DIR, centre.dir.path())
        .env(DATABASE, &centre.url)
        .env(STEP, step.to_string())
        .output()
        .unwrap()
        .status;
    assert!(
        !status.success() && status.code().is_none(),
        "the child must die by a signal: {status}"
    );
}

/// Starts a node on the release directory and gives which of the names it blocks.
async fn enforced(centre: &Centre, names: &[&str]) -> Vec<bool> {
    let upstream = Upstream {
        address: "127.0.0.1:9".parse().unwrap(),
        validates: false,
    };
    let mut config = ResolverConfig::new(vec!["127.0.0.1:0".parse().unwrap()], vec![upstream]);
    config.list = Some(ListConfig {
        source: ListSource::Directory(centre.dir.path().join("release")),
        trust: centre.trust.clone(),
        state_dir: centre.dir.path().join("node"),
        start_empty: false,
        poll: std::time::Duration::from_secs(3600),
    });
    let clock = std::sync::Arc::new(|| blocklist::Timestamp(NOW + 60));
    let running = Node::open_with_clock(config, clock)
        .unwrap()
        .start()
        .await
        .unwrap();
    // The first pull is done, whatever came of it: a torn directory leaves the list held before.
    running
        .watch()
        .wait_for(|status| status.pulls > 0)
        .await
        .unwrap();
    let blocked = names
        .iter()
        .map(|text| running.explain(&name(text)).blocked)
        .collect();
    running.stop().await;
    blocked
}

data::both_engines!(a_kill_between_any_two_steps_loses_and_invents_nothing);

async fn a_kill_between_any_two_steps_loses_and_invents_nothing(engine: Engine) {
    for (index, step) in STEPS.into_iter().enumerate() {
        let centre = Centre::on(engine).await;
        // Listed and released before the kill.
        centre.approved("before.test", proposal()).await;
        centre.publisher().await.step(NOW + 1).await.unwrap();
        assert_eq!(enforced(&centre, &["before.test"]).await, [true]);
        // Fully signed, and half signed, when the publisher dies.
        centre.approved("signed.test", proposal()).await;
        centre.proposed("half.test", proposal()).await;
        run_child(&centre, index);

        let names = ["before.test", "signed.test", "half.test"];
        // Whatever the kill left, a node serves the old list or the new one, and nothing unsigned.
        let after_kill = enforced(&centre, &names).await;
        assert!(
            after_kill[0] && !after_kill[2],
            "after {step:?}: {after_kill:?}"
        );

        let mut publisher = Publisher::open(centre.another().await, centre.dir.path(), NOW + 20)
            .await
            .unwrap();
        publisher.step(NOW + 20).await.unwrap();
        drop(publisher);
        assert_eq!(
            enforced(&centre, &names).await,
            [true, true, false],
            "after {step:?} and a new start"
        );
        let positions = blocklist_positions(&centre, "signed.test").await;
        assert_eq!(positions, 1, "after {step:?}: sequenced once, never twice");
    }
}

/// How often a name was listed in the log.
async fn blocklist_positions(centre: &Centre, host: &str) -> usize {
    let folded = centre
        .another()
        .await
        .folded(blocklist::Timestamp(NOW + 60))
        .await
        .unwrap();
    folded
        .listings
        .iter()
        .filter(|listing| listing.statement.name.as_str() == host)
        .count()
        + folded.remarks.len()
}
