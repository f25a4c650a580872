//! `publish`: the only holder of the log key.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{open_store, serve_metrics, until_stopped};
use crate::{
    centre::{Ports, Tasks, health::Health, publisher},
    cli::{Global, Publish},
    clock,
    failure::{Exit, Failure},
    paths::DataDir,
    telemetry,
};

pub(crate) async fn run(
    global: &Global,
    dir: &DataDir,
    options: &Publish,
) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    let tasks = Tasks::default();
    let transfer = publisher::bind_transfer(dir, options.transfer, &options.zone).await?;
    let address = transfer.address();
    let mut ports = Ports::from([("transfer", address)]);
    let health = Arc::new(Health::default());
    if let Some(address) = options.metrics {
        let (health, secondaries) = (health.clone(), transfer.metrics());
        let source = Arc::new(move || health.metrics(clock::now()) + &secondaries());
        let bound = serve_metrics(address, source, &tasks.stop, &tasks.tracker).await?;
        ports.insert("metrics", bound);
    }
    dir.write_ports(&ports)?;
    let parts = publisher::PublisherParts {
        waker: Arc::new(Notify::new()),
        transfer,
        health,
        on_release: Box::new(|_| ()),
    };
    let started = publisher::start(store.clone(), dir, parts, options.standby, &tasks);
    tokio::select! {
        started = started => {
            started?;
            telemetry::ready("transfer", address);
            until_stopped().await?;
        }
        stopped = until_stopped() => stopped?,
    }
    tasks.end().await;
    store.close().await;
    Ok(Exit::Done)
}
