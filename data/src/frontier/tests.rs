use super::*;

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.path().join("t.db").display()))
        .await
        .unwrap();
    (dir, store)
}

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

#[tokio::test]
async fn one_worker_a_host_and_the_most_urgent_first() {
    let (_dir, store) = store().await;
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
    done(&store, &first.url, "200").await.unwrap();
    assert_eq!(
        lease(&store, "w3", 100, 60).await.unwrap().unwrap().url,
        "http://a.test/1"
    );
}

#[tokio::test]
async fn a_dead_workers_lease_is_taken_again() {
    let (_dir, store) = store().await;
    add(&store, &[url("a.test", "/", 1)], 10, 0).await.unwrap();
    lease(&store, "dead", 100, 60).await.unwrap().unwrap();
    assert_eq!(lease(&store, "w", 159, 60).await.unwrap(), None);
    let again = lease(&store, "w", 160, 60).await.unwrap().unwrap();
    assert_eq!(again.attempts, 2);
}

#[tokio::test]
async fn workers_never_share_an_address() {
    let (_dir, store) = store().await;
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

#[tokio::test]
async fn a_host_has_a_cap_and_retries_wait() {
    let (_dir, store) = store().await;
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
    retry(&store, &taken.url, "timed out", 50).await.unwrap();
    refuse(&store, "http://a.test/2", "robots.txt")
        .await
        .unwrap();
    assert_eq!(lease(&store, "w", 49, 60).await.unwrap(), None);
    assert_eq!(
        lease(&store, "w", 50, 60).await.unwrap().unwrap().attempts,
        2
    );
    assert_eq!(
        outcome(&store, "http://a.test/2").await.unwrap(),
        Some(("refused".into(), Some("robots.txt".into())))
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

#[tokio::test]
async fn a_site_left_between_crawl_and_assessment_is_found() {
    let (_dir, store) = store().await;
    add(&store, &[url("a.test", "/", 1)], 10, 0).await.unwrap();
    let taken = lease(&store, "w", 10, 60).await.unwrap().unwrap();
    assert!(unassessed(&store).await.unwrap().is_empty());
    done(&store, &taken.url, "200").await.unwrap();
    assert_eq!(unassessed(&store).await.unwrap(), ["a.test"]);
    assessed(&store, "a.test", 20).await.unwrap();
    assert!(unassessed(&store).await.unwrap().is_empty());
    assert_eq!(pending(&store, "a.test").await.unwrap(), 0);
}
