//! What is found, what is driven out, and the bound.

use std::{
    collections::HashMap,
    sync::{Barrier, atomic::AtomicBool, atomic::Ordering::Relaxed},
};

use super::*;

fn lasting(host: &str, now: u32, ttl: u32) -> Entry {
    let (_, query) = query(host, 1, None);
    let mut upstream = answer(host, 1, ResponseCode::NoError);
    upstream.answers = vec![address(host, ttl)];
    entry(&upstream, &query, now)
}

fn failing(host: &str, now: u32) -> Entry {
    let (_, query) = query(host, 1, None);
    entry(&answer(host, 1, ResponseCode::ServFail), &query, now)
}

fn freshness(cache: &AnswerCache, host: &str, now: u32) -> Option<Freshness> {
    let (_, query) = query(host, 1, None);
    cache
        .get(&cache.key((&query).into()), now)
        .map(|hit| hit.freshness)
}

#[test]
fn a_question_is_found_by_all_that_changes_its_answer() {
    let cache = AnswerCache::new(1 << 20);
    assert!(cache.put(lasting("a.test.", 0, 60)));
    let (_, query) = query("A.TEST.", 1, None);
    let asked = Asked::from(&query);
    assert!(cache.get(&cache.key(asked), 0).is_some());
    for other in [
        Asked { kind: 28, ..asked },
        Asked {
            dnssec_ok: true,
            ..asked
        },
        Asked {
            checking_disabled: true,
            ..asked
        },
        Asked {
            name: b"\x01b\x04test\x00",
            ..asked
        },
    ] {
        assert!(cache.get(&cache.key(other), 0).is_none(), "{other:?}");
    }
}

#[test]
fn what_is_for_this_moment_is_not_kept() {
    let cache = AnswerCache::new(1 << 20);
    assert!(!cache.put(lasting("a.test.", 0, 0)));
    assert_eq!(cache.stats().entries, 0);
    let none = AnswerCache::new(0);
    assert!(!none.put(lasting("a.test.", 0, 60)));
    assert_eq!(freshness(&none, "a.test.", 0), None);
}

#[test]
fn one_asker_is_told_to_fetch_ahead() {
    use Freshness::{Fresh, Prefetch, Stale, StaleResting};
    let cache = AnswerCache::new(1 << 20);
    cache.put(lasting("a.test.", 0, 100));
    cache.put(lasting("rare.test.", 0, 100));
    assert_eq!(freshness(&cache, "a.test.", 10), Some(Fresh));
    assert_eq!(freshness(&cache, "a.test.", 89), Some(Fresh));
    assert_eq!(freshness(&cache, "a.test.", 90), Some(Prefetch));
    assert_eq!(freshness(&cache, "a.test.", 90), Some(Fresh), "only once");
    assert_eq!(
        freshness(&cache, "rare.test.", 95),
        Some(Fresh),
        "not worth it"
    );
    let (_, query) = query("a.test.", 1, None);
    let key = cache.key((&query).into());
    // Upstreams failed: nobody asks again for a while, then one does.
    cache.get(&key, 91).unwrap().refresh_failed(91);
    assert_eq!(freshness(&cache, "a.test.", 99), Some(Fresh));
    assert_eq!(freshness(&cache, "a.test.", 100), Some(StaleResting));
    assert_eq!(freshness(&cache, "a.test.", 121), Some(Stale));
    assert_eq!(freshness(&cache, "a.test.", 100 + 86_399), Some(Stale));
    assert_eq!(freshness(&cache, "a.test.", 100 + 86_400), None);
    // A new answer takes its place.
    cache.put(lasting("a.test.", 200, 100));
    assert_eq!(freshness(&cache, "a.test.", 200), Some(Fresh));
    assert_eq!(cache.stats().entries, 2);
}

#[test]
fn a_failure_does_not_drive_out_what_can_still_be_given() {
    let cache = AnswerCache::new(1 << 20);
    cache.put(lasting("a.test.", 0, 100));
    let before = cache.stats();
    assert!(!cache.put(failing("a.test.", 150)));
    assert_eq!(cache.stats(), before);
    assert_eq!(
        freshness(&cache, "a.test.", 150),
        Some(Freshness::StaleResting)
    );
    // A failure alone is kept for seconds and never stale; an answer replaces it.
    assert!(cache.put(failing("b.test.", 150)));
    assert_eq!(freshness(&cache, "b.test.", 154), Some(Freshness::Fresh));
    assert_eq!(freshness(&cache, "b.test.", 155), None);
    assert!(cache.put(lasting("b.test.", 156, 9)));
    assert_eq!(freshness(&cache, "b.test.", 156), Some(Freshness::Fresh));
}

#[test]
fn flushing_forgets_a_name_or_all_below_it() {
    let cache = AnswerCache::new(1 << 20);
    for host in ["test.", "a.test.", "b.a.test.", "ba.test.", "c.b.a.test."] {
        cache.put(lasting(host, 0, 60));
    }
    assert_eq!(cache.flush_name(b"\x01a\x04test\x00", false), 1);
    assert_eq!(freshness(&cache, "a.test.", 0), None);
    assert_eq!(cache.flush_name(b"\x01a\x04test\x00", true), 2);
    assert!(freshness(&cache, "ba.test.", 0).is_some());
    assert!(freshness(&cache, "test.", 0).is_some());
    assert_eq!(cache.flush(), 2);
    let empty = AnswerCache::new(1 << 20).stats();
    assert_eq!(cache.stats(), empty);
}

#[test]
fn what_is_over_goes_first_then_what_was_not_used_for_longest() {
    // One set of eight ways.
    let cache = AnswerCache::new(1536 * 2 - 1);
    assert_eq!(cache.stats().octets, 128, "one set");
    let room = (1536 * 2 - 1 - 128) / lasting("n0.test.", 0, 9).size();
    let host = |at: usize| format!("n{at}.test.");
    for at in 0..room.min(8) {
        cache.put(lasting(
            &host(at),
            at as u32,
            if at == 2 { 10 } else { 1000 },
        ));
    }
    assert!(room >= 4);
    // The first was used again, so that the second is the oldest; the third is stale by then.
    assert!(freshness(&cache, &host(0), 50).is_some());
    cache.put(lasting("x.test.", 60, 1000));
    assert_eq!(freshness(&cache, &host(2), 60), None, "stale went first");
    cache.put(lasting("y.test.", 61, 1000));
    assert_eq!(freshness(&cache, &host(1), 61), None, "then the oldest");
    for host in [&host(0), "x.test.", "y.test."] {
        assert!(freshness(&cache, host, 61).is_some(), "{host}");
    }
    assert_eq!(cache.stats().evictions, 2);
}

#[test]
fn equal_tags_are_told_apart() {
    let cache = AnswerCache::new(1 << 12);
    let mut seen = HashMap::new();
    let mut pairs = Vec::new();
    for at in 0..400_000u32 {
        let wire = [&[8], format!("{at:08}").as_bytes(), b"\x00"].concat();
        let asked = Asked {
            name: &wire,
            kind: 1,
            dnssec_ok: false,
            checking_disabled: false,
        };
        let (set, tag) = cache.place(&cache.key(asked));
        if let Some(other) = seen.insert((set, tag), at) {
            pairs.push((other, at));
        }
    }
    assert!(!pairs.is_empty(), "of 400,000 tags some are equal");
    for (one, other) in pairs {
        let [one, other] = [one, other].map(|at| format!("{at:08}."));
        cache.flush();
        cache.put(lasting(&one, 0, 60));
        assert_eq!(freshness(&cache, &other, 0), None);
        cache.put(lasting(&other, 0, 60));
        assert!(freshness(&cache, &one, 0).is_some() && freshness(&cache, &other, 0).is_some());
        assert_eq!(cache.stats().entries, 2);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Writers, a reader and one who flushes at once: the bound holds at every moment, every answer
    /// found is the one of its question, and in the end the count is that of what is there.
    #[test]
    fn the_bound_holds_whoever_writes(octets in 2000..60_000usize, seeds in vec(any::<u32>(), 3)) {
        const NAMES: u32 = 300;
        let cache = AnswerCache::new(octets);
        let all: Vec<_> = (0..NAMES).map(|at| query(&format!("n{at}.test."), 1, None)).collect();
        let begin = Barrier::new(seeds.len() + 2);
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let writers: Vec<_> = seeds.iter().map(|&seed| {
                let (cache, begin) = (&cache, &begin);
                scope.spawn(move || {
                    begin.wait();
                    let mut at = seed;
                    for now in 0..1500 {
                        at = at.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let which = (at >> 8) % NAMES;
                        cache.put(lasting(&format!("n{which}.test."), now / 50, 1 + which));
                        assert!(cache.stats().octets <= octets);
                    }
                })
            }).collect();
            scope.spawn(|| {
                begin.wait();
                while !done.load(Relaxed) {
                    for (_, query) in &all {
                        if let Some(hit) = cache.get(&cache.key(query.into()), 0) {
                            assert_eq!(hit.asked(), query.into());
                        }
                    }
                    assert!(cache.stats().octets <= octets);
                }
            });
            scope.spawn(|| {
                begin.wait();
                for at in 0..20 {
                    cache.flush_name(&crate::wire::lower(&name(&format!("n{at}.test."))), false);
                }
            });
            let ended: Vec<_> = writers.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
            done.store(true, Relaxed);
            assert!(ended.iter().all(Result::is_ok));
        });
        let entries: Vec<_> = all.iter().filter_map(|(_, query)| cache.peek(&cache.key(query.into()))).collect();
        let stats = cache.stats();
        prop_assert_eq!(entries.len(), stats.entries);
        let empty = AnswerCache::new(octets).stats().octets;
        let held: usize = entries.iter().map(|entry| entry.size()).sum();
        prop_assert_eq!(held, stats.octets - empty);
        prop_assert_eq!(cache.flush(), stats.entries);
        prop_assert_eq!(cache.stats().octets, empty);
    }
}
