//! `web`: console, public pages, block page, evidence origin.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{open_store, until_stopped};
use crate::{
    centre::{
        Ports, Tasks,
        web::{self, WebListeners},
    },
    cli::{Global, Web},
    failure::{Exit, Failure},
    paths::DataDir,
    telemetry,
};

pub(crate) async fn run(global: &Global, dir: &DataDir, options: &Web) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    let tasks = Tasks::default();
    let mut ports = Ports::new();
    // The publisher is another process and polls the store.
    let listeners = WebListeners::bind(*options).await?;
    web::start(
        store.clone(),
        dir,
        listeners,
        Arc::new(Notify::new()),
        &mut ports,
        &tasks,
    )
    .await?;
    for (name, address) in &ports {
        telemetry::ready(name, *address);
    }
    dir.write_ports(&ports)?;
    until_stopped().await?;
    tasks.end().await;
    store.close().await;
    Ok(Exit::Done)
}
