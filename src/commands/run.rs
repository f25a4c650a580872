//! `run`: a whole centre and its own resolver node on one machine.

use std::sync::Arc;

use resolver::{ListConfig, ListSource, Node, ResolverConfig, Upstream};
use tokio::sync::Notify;
use tracing::error;

use super::{open_store, serve_metrics, until_stopped};
use crate::{
    centre::{
        Ports, Tasks, appeals, crawl,
        health::Health,
        publisher,
        web::{self, WebListeners},
    },
    cli::{Global, Run},
    failure::{Exit, Failure},
    paths::DataDir,
    telemetry,
};

/// Why there is nothing to read again.
const AS_STARTED: &str = "this node is part of a whole centre and keeps the options that was started with; start it again";

/// How long the crawl rests after a failure that may pass.
const CRAWL_AGAIN: std::time::Duration = std::time::Duration::from_secs(5);

pub(crate) async fn run(global: &Global, dir: &DataDir, options: Run) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    let tasks = Tasks::default();
    let waker = Arc::new(Notify::new());
    let node_poked = Arc::new(Notify::new());
    let transfer = publisher::bind_transfer(dir, options.listen.transfer, &options.zone).await?;
    let mut ports = Ports::from([("transfer", transfer.address())]);
    let secondaries = transfer.metrics();
    let health = Arc::new(Health::default());
    let parts = publisher::PublisherParts {
        waker: waker.clone(),
        transfer,
        health: health.clone(),
        on_release: Box::new({
            let poked = node_poked.clone();
            move |_| poked.notify_one()
        }),
    };
    publisher::start(store.clone(), dir, parts, false, &tasks).await?;
    let upstreams: Vec<_> = options
        .crawl
        .upstream
        .iter()
        .map(|&address| Upstream::udp(address))
        .collect();
    let node = start_node(dir, options.listen.dns, upstreams).await?;
    ports.insert(
        "dns",
        node.addresses()
            .first()
            .copied()
            .unwrap_or(options.listen.dns),
    );
    follow(&tasks, node_poked, node.poker());
    if let Some(address) = options.metrics {
        let of_node = node.metrics();
        // The node has what the release says; of the publisher, only how it fares and who follows it is added.
        let source = Arc::new(move || of_node() + &health.metrics_of_publishing() + &secondaries());
        let bound = serve_metrics(address, source, &tasks.stop, &tasks.tracker).await?;
        ports.insert("metrics", bound);
    }
    let listeners = WebListeners::bind(options.listen.pages).await?;
    web::start(store.clone(), dir, listeners, waker, &mut ports, &tasks).await?;
    dir.write_ports(&ports)?;
    let prover = appeals::prover(&store, &options.crawl.upstream).await?;
    appeals::start(store.clone(), prover, &tasks);
    start_crawl(&store, dir, &options.crawl, &tasks).await?;
    for (name, address) in &ports {
        telemetry::ready(name, *address);
    }
    until_stopped().await?;
    node.stop().await;
    tasks.end().await;
    store.close().await;
    Ok(Exit::Done)
}

/// Starts the resolver node of this machine on its own release directory.
pub(crate) async fn start_node(
    dir: &DataDir,
    listen: std::net::SocketAddr,
    upstreams: Vec<Upstream>,
) -> Result<resolver::Running, Failure> {
    let mut config = ResolverConfig::new(vec![listen], upstreams);
    config.list = Some(ListConfig {
        source: ListSource::Directory(dir.release()),
        trust: dir.trust(None)?,
        state_dir: dir.node(),
        start_empty: false,
        poll: std::time::Duration::from_secs(10),
    });
    let control = super::resolver::bind_control(dir)?;
    let running = Node::open(config)?.start().await?;
    if let Some(socket) = control {
        running.control(socket, Arc::new(|| Err(AS_STARTED.to_owned())))?;
    }
    Ok(running)
}

/// Hands each release of this process to the node at once.
pub(crate) fn follow(tasks: &Tasks, released: Arc<Notify>, poke: impl Fn() + Send + 'static) {
    let stop = tasks.stop.clone();
    tasks.tracker.spawn(async move {
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = released.notified() => poke(),
            }
        }
    });
}

async fn start_crawl(
    store: &data::Store,
    dir: &DataDir,
    options: &crate::cli::Crawl,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let seeds = crawl::seeds(options.seeds.as_deref())?;
    let (crawl, mut events) =
        crawl::open(crawl::config(store, dir, options).await?, store.clone())?;
    crawl.add_seeds(&seeds, false).await?;
    let stop = tasks.stop.clone();
    tasks.tracker.spawn(async move {
        // A crawl that ends with an error stops its workers by the token it was given.
        while let Err(error) = crawl.run(stop.child_token()).await {
            error!(
                error = &error as &dyn std::error::Error,
                "the crawl stopped"
            );
            if !error.is_temporary() {
                break;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(CRAWL_AGAIN) => {}
            }
        }
    });
    tasks.tracker.spawn(async move {
        while let Some(event) = events.recv().await {
            crawl::log(&event);
        }
    });
    Ok(())
}
