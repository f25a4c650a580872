//! `web`: console, public pages, block page, evidence origin.

use std::sync::Arc;

use tokio::sync::Notify;

use super::{open_store, until_stopped};
use crate::{
    centre::{
        Ports, Tasks,
        web::{self, WebAddresses, WebListeners},
    },
    cli::{Global, Web},
    failure::{Exit, Failure},
    paths::DataDir,
};

pub(crate) async fn run(global: &Global, dir: &DataDir, options: &Web) -> Result<Exit, Failure> {
    let store = open_store(global, dir).await?;
    let tasks = Tasks::default();
    let mut ports = Ports::new();
    let listen = WebAddresses {
        web: options.web,
        block_page: options.block_page,
        evidence: options.evidence,
    };
    // The publisher is another process and polls the store.
    let listeners = WebListeners::bind(listen).await?;
    web::start(
        store.clone(),
        dir,
        listeners,
        Arc::new(Notify::new()),
        &mut ports,
        &tasks,
    )
    .await?;
    dir.write_ports(&ports)?;
    until_stopped().await?;
    tasks.end().await;
    store.close().await;
    Ok(Exit::Done)
}
