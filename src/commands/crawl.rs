//! `crawl`: from seeds until nothing is left to fetch.

use crawler::crawl::Event;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{open_store, until_stopped};
use crate::{
    centre::{Tasks, appeals, crawl},
    cli::{Crawl, Global},
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
    progress::Progress,
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    options: &Crawl,
    printer: &Printer,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    let seeds = crawl::seeds(options.seeds.as_deref())?;
    let (crawl, mut events) =
        crawl::open(crawl::config(&store, dir, options).await?, store.clone())?;
    let queued = crawl.add_seeds(&seeds, false).await?;
    let tasks = Tasks::default();
    let prover = appeals::prover(&store, &options.upstream).await?;
    appeals::start(store.clone(), prover, &tasks);
    let cancel = CancellationToken::new();
    let running = tokio::spawn({
        let cancel = cancel.clone();
        async move { crawl.run(cancel).await }
    });
    tokio::spawn(async move {
        if until_stopped().await.is_ok() {
            cancel.cancel();
        }
    });
    let (mut fetched, mut assessed, mut cases) = (0u64, 0u64, 0u64);
    let mut progress = Progress::begin("crawling");
    while let Some(event) = events.recv().await {
        crawl::log(&event);
        match event {
            Event::Fetched { url, .. } => {
                fetched += 1;
                progress.show(|| {
                    format!("{fetched} pages, {assessed} sites assessed, {cases} cases  {url}")
                });
            }
            Event::Assessed { .. } => assessed += 1,
            Event::CaseOpened { .. } => cases += 1,
            Event::Skipped { .. } | Event::SiteFailed { .. } => {}
        }
    }
    drop(progress);
    running.await??;
    tasks.end().await;
    let result =
        json!({ "queued": queued, "fetched": fetched, "assessed": assessed, "cases": cases });
    printer.result(&result, || {
        format!("{fetched} pages fetched, {assessed} sites assessed, {cases} cases opened")
    });
    store.close().await;
    Ok(Exit::Done)
}
