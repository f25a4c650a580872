use super::*;
use crate::testing::{Engine, Scratch};

fn url(host: &str, path: &str, priority: i64) -> NewUrl {
    NewUrl {
        url: format!("http://{host}{path}"),
        host: DomainName::parse(host).unwrap(),
        depth: 0,
        priority,
        source: Source::Seed,
        found_on: None,
    }
}

async fn one_worker_a_host_and_the_most_urgent_first(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let store = scratch.open().await;
    let urls = [
        url("a.test", "/1", 1),
        url("a.test", "/2", 9),
        url("b.test", "/1", 5),
    ];
    assert_eq!(add(&store, &urls, 10, 0).await.unwrap(), [Added::New; 3]);
    assert_eq!(
        add(&store, &urls[..1], 10, 0).await.unwrap(),
        [Added::Known]
    );
    let first = lease(&store, "w1", 100, 60).await.unwrap().unwrap();
    assert_eq!(first.url, "http://a.test/2");
    assert_eq!(
        lease(&store, "w2", 100, 60).await.unwrap().unwrap().host,
        "b.test"
    );
    assert_eq!(
        lease(&store, "w3", 100, 60).await.unwrap(),
        None,
        "both hosts are being visited"
    );
    assert!(end(&store, &first, Visited::Done("200"), 0).await.unwrap());
    assert_eq!(
        lease(&store, "w3", 100, 60).await.unwrap().unwrap().url,
        "http://a.test/1"
    );
}

async fn a_dead_workers_lease_is_taken_again(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let store = scratch.open().await;
    add(&store, &[url("a.test", "/", 1)], 10, 0).await.unwrap();
    let late = lease(&store, "dead", 100, 60).await.unwrap().unwrap();
    assert_eq!(lease(&store, "w", 159, 60).await.unwrap(), None);
    let again = lease(&store, "w", 160, 60).await.unwrap().unwrap();
    assert_eq!(again.attempts, 2);
    // It was not dead, only slow: what it says now is about a visit that is another's.
    assert!(!end(&store, &late, Visited::Done("200"), 0).await.unwrap());
    assert_eq!(pending(&store, "a.test").await.unwrap(), 1);
    assert!(end(&store, &again, Visited::Done("200"), 0).await.unwrap());
}

async fn workers_never_share_an_address(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let store = scratch.open().await;
    let urls: Vec<NewUrl> = (0..40)
        .map(|i| url(&format!("h{i}.test"), "/", 1))
        .collect();
    add(&store, &urls, 10, 0).await.unwrap();
    let mut workers = Vec::new();
    for worker in 0..8 {
        let store = store.clone();
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            while let Some(lease) = lease(&store, &format!("w{worker}"), 100, 60).await.unwrap() {
                taken.push(lease.url);
            }
            taken
        }));
    }
    let mut taken = Vec::new();
    for worker in workers {
        taken.extend(worker.await.unwrap());
    }
    let all = taken.len();
    taken.sort();
    taken.dedup();
    assert_eq!((all, taken.len()), (40, 40));
}

async fn a_host_has_a_cap_and_retries_wait(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let store = scratch.open().await;
    let urls = [
        url("a.test", "/1", 1),
        url("a.test", "/2", 1),
        url("a.test", "/3", 1),
    ];
    assert_eq!(
        add(&store, &urls, 2, 0).await.unwrap(),
        [Added::New, Added::New, Added::HostFull]
    );
    let taken = lease(&store, "w", 10, 60).await.unwrap().unwrap();
    let again = Visited::Again("timed out", 50);
    assert!(end(&store, &taken, again, 0).await.unwrap());
    let other = lease(&store, "w", 10, 60).await.unwrap().unwrap();
    let refused = Visited::Refused("robots.txt\0");
    assert!(end(&store, &other, refused, 0).await.unwrap());
    assert_eq!(lease(&store, "w", 49, 60).await.unwrap(), None);
    assert_eq!(
        lease(&store, "w", 50, 60).await.unwrap().unwrap().attempts,
        2
    );
    assert_eq!(
        outcome(&store, "http://a.test/2").await.unwrap(),
        Some(("refused".into(), Some("robots.txt\u{fffd}".into())))
    );
    assert_eq!(
        counts(&store).await.unwrap(),
        Counts {
            queued: 0,
            leased: 1,
            done: 0,
            refused: 1
        }
    );
}

async fn a_site_left_between_crawl_and_assessment_is_found(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let store = scratch.open().await;
    add(&store, &[url("a.test", "/", 1)], 10, 0).await.unwrap();
    let taken = lease(&store, "w", 10, 60).await.unwrap().unwrap();
    assert!(unassessed(&store).await.unwrap().is_empty());
    assert!(end(&store, &taken, Visited::Done("200"), 0).await.unwrap());
    assert_eq!(unassessed(&store).await.unwrap(), ["a.test"]);
    assessed(&store, "a.test", 20).await.unwrap();
    assert!(unassessed(&store).await.unwrap().is_empty());
    assert_eq!(pending(&store, "a.test").await.unwrap(), 0);
}

/// Two crawls on two machines: of one host only one address is in work, and between two visits by
/// different crawls lies the rest.
async fn politeness_holds_across_crawls(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let (here, there) = (scratch.open().await, scratch.open().await);
    let urls = [url("a.test", "/1", 9), url("a.test", "/2", 1)];
    add(&here, &urls, 10, 0).await.unwrap();
    let first = lease(&here, "here", 100, 60).await.unwrap().unwrap();
    assert_eq!(lease(&there, "there", 100, 60).await.unwrap(), None);
    assert!(end(&here, &first, Visited::Done("200"), 103).await.unwrap());
    assert_eq!(lease(&there, "there", 102, 60).await.unwrap(), None);
    let second = lease(&there, "there", 103, 60).await.unwrap().unwrap();
    assert_eq!(second.url, "http://a.test/2");
    // The crawl that was there holds the interval by itself.
    let again = Visited::Again("timed out", 103);
    assert!(end(&there, &second, again, 110).await.unwrap());
    assert_eq!(lease(&here, "here", 103, 60).await.unwrap(), None);
    assert!(lease(&there, "there", 103, 60).await.unwrap().is_some());
}

/// Many workers of several crawls race for few hosts; at no moment two of them are at one host.
async fn races_for_a_host_have_one_winner(engine: Engine) {
    const HOSTS: usize = 3;
    let scratch = Scratch::new(engine).await;
    let store = scratch.open().await;
    let urls: Vec<NewUrl> = (0..HOSTS * 12)
        .map(|i| url(&format!("h{}.test", i % HOSTS), &format!("/{i}"), 1))
        .collect();
    add(&store, &urls, 100, 0).await.unwrap();
    // Many addresses that are not due make each look at the frontier take long enough for others to
    // come and go meanwhile.
    let waiting = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
        INSERT INTO frontier (url, host, depth, priority, source, state, lease_until)
        SELECT 'http://h0.test/later/' || i, 'h0.test', 0, 0, 'link', 'queued', 1000 FROM n";
    on!(store, |db| sqlx::query(waiting)
        .execute(db)
        .await
        .map(|_| ()))
    .unwrap();
    let at: std::sync::Arc<[std::sync::atomic::AtomicI64]> =
        (0..HOSTS).map(|_| Default::default()).collect();
    let mut stores = Vec::new();
    for _ in 0..6 {
        stores.push(scratch.open().await);
    }
    let mut workers = Vec::new();
    for (worker, store) in stores.into_iter().enumerate() {
        let at = at.clone();
        workers.push(tokio::spawn(async move {
            let mut visits = 0;
            while counts(&store).await.unwrap().done < i64::try_from(HOSTS * 12).unwrap() {
                let Some(taken) = lease(&store, &format!("w{worker}"), 100, 60).await.unwrap()
                else {
                    continue;
                };
                let host: usize = taken.host[1..2].parse().unwrap();
                let before = at[host].fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                assert_eq!(before, 0, "two at {}", taken.host);
                tokio::task::yield_now().await;
                at[host].fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                assert!(end(&store, &taken, Visited::Done("200"), 0).await.unwrap());
                visits += 1;
            }
            visits
        }));
    }
    let mut visits = 0;
    for worker in workers {
        visits += worker.await.unwrap();
    }
    assert_eq!(visits, HOSTS * 12, "each address once");
}

/// Offers of the same addresses by several crawls at once: the cap of a host holds, and nobody waits
/// in a circle.
async fn a_cap_holds_for_all_crawls_together(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let mut stores = Vec::new();
    for _ in 0..4 {
        stores.push(scratch.open().await);
    }
    let mut crawls = Vec::new();
    for (crawl, store) in stores.into_iter().enumerate() {
        crawls.push(tokio::spawn(async move {
            let mut urls: Vec<NewUrl> = (0..30)
                .map(|i| url(&format!("h{}.test", i % 5), &format!("/{crawl}/{i}"), 1))
                .chain((0..10).map(|i| url(&format!("h{}.test", i % 5), &format!("/{i}"), 1)))
                .collect();
            if crawl % 2 == 0 {
                urls.reverse();
            }
            add(&store, &urls, 4, 0).await.unwrap()
        }));
    }
    let mut new = 0;
    for crawl in crawls {
        let added = crawl.await.unwrap();
        new += added.iter().filter(|added| **added == Added::New).count();
    }
    assert_eq!(new, 5 * 4);
    let store = scratch.open().await;
    assert_eq!(counts(&store).await.unwrap().queued, 5 * 4);
}

crate::both_engines!(
    one_worker_a_host_and_the_most_urgent_first,
    a_dead_workers_lease_is_taken_again,
    workers_never_share_an_address,
    a_host_has_a_cap_and_retries_wait,
    a_site_left_between_crawl_and_assessment_is_found,
    politeness_holds_across_crawls,
    races_for_a_host_have_one_winner,
    a_cap_holds_for_all_crawls_together,
);
