//! How fast the engine is, beside an upstream that answers at once:
//! `cargo test --release -p resolver --lib speed -- --ignored --nocapture`.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::*;
use crate::{config::ResolverConfig, upstream::Upstreams};

/// Nanoseconds that the thread of this name was on a processor so far.
fn spent(name: &str) -> u64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let mut spent = 0;
    for task in tasks.map(|task| task.unwrap().path()) {
        if std::fs::read_to_string(task.join("comm")).unwrap().trim() == name {
            let stat = std::fs::read_to_string(task.join("schedstat")).unwrap();
            spent += stat.split(' ').next().unwrap().parse::<u64>().unwrap();
        }
    }
    spent
}

#[test]
#[ignore = "measures; it proves nothing"]
#[allow(clippy::print_stdout)]
fn speed() {
    const QUESTIONS: usize = 1_000_000;
    let echo = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = echo.local_addr().unwrap();
    thread::Builder::new()
        .name("echo".into())
        .spawn(move || {
            let mut buffer = [0; 512];
            while let Ok((length, from)) = echo.recv_from(&mut buffer) {
                buffer[2] |= 0x80;
                let _ = echo.send_to(&buffer[..length], from);
            }
        })
        .unwrap();
    let config = ResolverConfig::new(vec![], vec![Upstream::udp(address)]);
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let upstreams = Upstreams::start(&(&config).into(), &stop, &tracker).unwrap();
    for window in [1, 32, 256, 2048] {
        let questions = if window == 1 {
            QUESTIONS / 10
        } else {
            QUESTIONS
        };
        let (over, good) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (began, before) = (Instant::now(), spent("upstream-0"));
        for number in 0..questions {
            while number - over.load(Ordering::Acquire) >= window {
                thread::yield_now();
            }
            let (over, good) = (over.clone(), good.clone());
            let job = Job {
                asked: asked(&format!("n{number}.shop{}.test", number % 1000)),
                deadline: Instant::now() + DEADLINE,
                patience: None,
                done: Box::new(move |outcome| {
                    good.fetch_add(usize::from(outcome.is_ok()), Ordering::Relaxed);
                    over.fetch_add(1, Ordering::Release);
                }),
            };
            assert!(upstreams.submit(job).is_ok());
        }
        while over.load(Ordering::Acquire) < questions {
            thread::yield_now();
        }
        let (took, spent) = (began.elapsed(), spent("upstream-0") - before);
        println!(
            "{window:5} under way: {:8.0} questions/s, {:5} ns of the engine's processor each, {} lost",
            questions as f64 / took.as_secs_f64(),
            spent / questions as u64,
            questions - good.load(Ordering::Relaxed),
        );
    }
    println!("{:?}", upstreams.snapshot());
}
