//! Many processes on one store, each with connections of its own: what is numbered stays dense, what
//! is chained stays whole, and of two that do the same thing one does it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::{collections::BTreeSet, sync::Arc};

use data::{
    audit, case,
    ceremony::{self, CeremonyError, NewLog},
    decide::{self, DecideError},
    publish::{PublishError, Publisher},
    testing::{Centre, Engine, NOW, PASSWORD, Scratch, person, proposal},
};
use tokio::sync::Barrier;

/// Runs `work` on `count` stores, all beginning at one moment, and gives what each came to.
async fn at_once<T, F>(
    centre: &Centre,
    count: usize,
    work: impl Fn(usize, data::Store) -> F,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let mut stores = Vec::new();
    for _ in 0..count {
        stores.push(centre.another().await);
    }
    let ready = Arc::new(Barrier::new(count));
    let mut tasks = Vec::new();
    for (index, store) in stores.into_iter().enumerate() {
        let (ready, work) = (ready.clone(), work(index, store));
        tasks.push(tokio::spawn(async move {
            ready.wait().await;
            work.await
        }));
    }
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

async fn the_audit_chain_has_one_end(engine: Engine) {
    let centre = Centre::on(engine).await;
    let rows = audit::verify(&centre.store).await.unwrap().0;
    at_once(&centre, 6, |index, store| async move {
        for round in 0..5 {
            let subject = format!("{index}/{round}");
            audit::record(&store, NOW, "cli", "test", &subject, &serde_json::json!({}))
                .await
                .unwrap();
        }
    })
    .await;
    let after = audit::verify(&centre.store).await.unwrap().0;
    assert_eq!(after, rows + 6 * 5);
}

/// Numbers of listings, the audit chain and the queue each continue one sequence.
async fn sequences_have_no_gap_and_no_double(engine: Engine) {
    const CASES: usize = 6;
    let centre = Centre::on(engine).await;
    let mut cases = Vec::new();
    for index in 0..CASES {
        cases.push(centre.plant_case(&format!("h{index}.test")).await);
    }
    assert_eq!(cases.last().unwrap(), &format!("C-2026-{CASES:06}"));
    let rows = audit::verify(&centre.store).await.unwrap().0;
    let proposed = at_once(&centre, CASES, |index, store| {
        let (officer, case) = (centre.first.clone(), cases[index].clone());
        async move {
            decide::propose(&store, &officer, PASSWORD, &case, proposal(), NOW)
                .await
                .unwrap()
                .to_string()
        }
    })
    .await;
    let numbers: BTreeSet<_> = proposed.iter().cloned().collect();
    let expected: BTreeSet<_> = (1..=CASES).map(|n| format!("Q-2026-{n:06}")).collect();
    assert_eq!(numbers, expected);

    let mut shown = Vec::new();
    for listing in &proposed {
        let row = case::proposal(&centre.store, listing).await.unwrap();
        shown.push(row.unwrap().statement_sha256);
    }
    let publisher = tokio::spawn({
        let (store, dir) = (centre.another().await, centre.dir.path().to_owned());
        async move {
            // Sequences while others still sign.
            let mut publisher = Publisher::open(store, &dir, NOW).await.unwrap();
            while publisher.published().map_or(0, |p| p.release.size) < 4 + CASES as u64 {
                publisher.step(NOW).await.unwrap();
                tokio::task::yield_now().await;
            }
            publisher.published().unwrap().folded.listings.len()
        }
    });
    at_once(&centre, CASES, |index, store| {
        let (officer, listing) = (centre.second.clone(), proposed[index].clone());
        let shown = shown[index].clone();
        async move {
            decide::approve(&store, &officer, PASSWORD, &listing, &shown, NOW)
                .await
                .unwrap();
        }
    })
    .await;
    assert_eq!(publisher.await.unwrap(), CASES);
    let (after, _) = audit::verify(&centre.store).await.unwrap();
    assert_eq!(after, rows + 2 * CASES as i64);
}

async fn one_of_many_approvals_counts(engine: Engine) {
    let centre = Centre::on(engine).await;
    let listing = centre.proposed("obmen.test", proposal()).await;
    let row = case::proposal(&centre.store, &listing).await.unwrap();
    let shown = row.unwrap().statement_sha256;
    let ended = at_once(&centre, 4, |index, store| {
        let (officer, listing, shown) = (centre.second.clone(), listing.clone(), shown.clone());
        async move {
            if index % 2 == 0 {
                decide::approve(&store, &officer, PASSWORD, &listing, &shown, NOW).await
            } else {
                decide::send_back(&store, &officer, &listing, "another host", NOW).await
            }
        }
    })
    .await;
    let done = ended.iter().filter(|ended| ended.is_ok()).count();
    assert_eq!(done, 1, "{ended:?}");
    for refused in ended.iter().filter_map(|ended| ended.as_ref().err()) {
        assert!(matches!(refused, DecideError::Stale), "{refused:?}");
    }
    audit::verify(&centre.store).await.unwrap();
}

/// Two crawls judge one host at the same moment.
async fn a_host_has_one_live_case(engine: Engine) {
    let centre = Centre::on(engine).await;
    let first = centre.plant_case("obmen.test").await;
    let file = case::load(&centre.store, &first).await.unwrap().unwrap();
    decide::dismiss(
        &centre.store,
        &centre.first,
        &first,
        "not-an-exchange",
        "",
        1,
        NOW,
    )
    .await
    .unwrap();
    let assessment = data::assessment::latest(&centre.store, "obmen.test")
        .await
        .unwrap();
    let assessment_id = assessment.unwrap().id;
    let opened = at_once(&centre, 4, |_, store| {
        let root = file.evidence_root.clone();
        async move {
            let host = blocklist::testing::name("obmen.test");
            let new = case::NewCase {
                host: &host,
                assessment_id,
                evidence_root: &root,
                licence_match: "{}",
                at: NOW + 86_400,
            };
            case::open(&store, new).await.unwrap()
        }
    })
    .await;
    let opened: Vec<_> = opened.into_iter().flatten().collect();
    assert_eq!(opened, ["C-2026-000002"]);
}

/// Many programs meet an empty database at once: each finds whole tables, and one makes the log.
async fn a_log_is_made_once(engine: Engine) {
    // Two at once on a new SQLite file are refused by its own lock; one machine starts one program.
    let scratch = Scratch::new(engine).await;
    if engine == Engine::Sqlite {
        scratch.open().await;
    }
    let mut tasks = Vec::new();
    for index in 0..4 {
        let (url, dir) = (
            scratch.url.clone(),
            scratch.dir.path().join(index.to_string()),
        );
        tasks.push(tokio::spawn(async move {
            let store = data::Store::open(&url).await.unwrap();
            let new = NewLog {
                origin: "qalqan.test/log",
                public_url: "http://qalqan.test",
                policy: ceremony::default_policy(blocklist::testing::name("qalqan.test"), 1),
                demo: true,
                guards: Vec::new(),
                admins: ["admin-1", "admin-2"]
                    .map(|login| person(login, blocklist::key::Role::Admin)),
            };
            let made = ceremony::init(&store, &dir, new, NOW).await;
            (made, dir.join(ceremony::LOG_KEY).exists())
        }));
    }
    let mut made = 0;
    for task in tasks {
        let (ended, has_key) = task.await.unwrap();
        assert_eq!(ended.is_ok(), has_key);
        match ended {
            Ok(_) => made += 1,
            Err(error) => assert!(
                matches!(error, CeremonyError::Exists | CeremonyError::LoginTaken(_)),
                "{error:?}"
            ),
        }
    }
    assert_eq!(made, 1);
}

/// Two publishers of one log on two machines: each has a directory, the key, and a clock.
async fn the_lease_goes_to_another_machine_when_it_runs_out(engine: Engine) {
    let centre = Centre::on(engine).await;
    let other = tempfile::tempdir().unwrap();
    let key = std::fs::read(centre.dir.path().join(ceremony::LOG_KEY)).unwrap();
    std::fs::create_dir(other.path().join("keys")).unwrap();
    std::fs::write(other.path().join(ceremony::LOG_KEY), key).unwrap();

    let mut here = centre.publisher().await;
    let there = Publisher::open(centre.another().await, other.path(), NOW + 1).await;
    assert!(matches!(there, Err(PublishError::Leased)));
    centre.approved("obmen.test", proposal()).await;
    // It is silent for longer than the lease.
    let mut there = Publisher::open(centre.another().await, other.path(), NOW + 60)
        .await
        .unwrap();
    there.step(NOW + 60).await.unwrap();
    let late = here.step(NOW + 61).await;
    assert!(matches!(late, Err(PublishError::Leased)), "{late:?}");
    assert_eq!(there.published().unwrap().release.size, 5);
    drop(there);
    here.step(NOW + 120).await.unwrap();
    assert_eq!(
        here.published().unwrap().release.size,
        5,
        "the same history"
    );
}

/// A statement that another process queues wakes whoever waits for one.
#[tokio::test]
async fn what_is_queued_elsewhere_is_heard_of() {
    if !Engine::Postgres.is_here() {
        return;
    }
    let centre = Centre::on(Engine::Postgres).await;
    let mut wakeups = centre.another().await.wakeups().await.unwrap();
    assert!(wakeups.hears());
    centre.approved("obmen.test", proposal()).await;
    // Without the call this waits for ever; the time is only how long a failure takes.
    let within = std::time::Duration::from_secs(60);
    tokio::time::timeout(within, wakeups.next()).await.unwrap();
}

data::both_engines!(
    the_audit_chain_has_one_end,
    sequences_have_no_gap_and_no_double,
    one_of_many_approvals_counts,
    a_host_has_one_live_case,
    a_log_is_made_once,
    the_lease_goes_to_another_machine_when_it_runs_out,
);
