//! One module a verb; each reads its options, calls the rooms, and prints.

#[cfg(feature = "centre")]
mod assess;
#[cfg(feature = "centre")]
mod check;
#[cfg(feature = "centre")]
mod crawl;
#[cfg(feature = "centre")]
mod guard;
#[cfg(feature = "centre")]
pub(crate) mod init;
mod list;
mod log;
#[cfg(feature = "centre")]
mod publish;
#[cfg(feature = "centre")]
mod registry;
pub(crate) mod replayed;
mod resolver;
#[cfg(feature = "centre")]
pub(crate) mod run;
#[cfg(feature = "centre")]
mod user;
#[cfg(feature = "centre")]
mod web;

use std::path::PathBuf;

use crate::{
    cli::{Cli, Command, Global},
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

/// Runs the command to its end.
pub(crate) async fn run(cli: Cli, printer: &Printer) -> Result<Exit, Failure> {
    let global = &cli.global;
    let dir = data_dir(global, "qalqan-data");
    match cli.command {
        #[cfg(feature = "centre")]
        Command::Demo(options) => {
            crate::demo::run(global, data_dir(global, "qalqan-demo"), options, printer).await
        }
        #[cfg(feature = "centre")]
        Command::Init(options) => init::run(global, &dir, &options, printer).await,
        #[cfg(feature = "centre")]
        Command::Run(options) => run::run(global, &dir, options).await,
        #[cfg(feature = "centre")]
        Command::Crawl(options) => crawl::run(global, &dir, &options, printer).await,
        #[cfg(feature = "centre")]
        Command::Web(options) => web::run(global, &dir, &options).await,
        #[cfg(feature = "centre")]
        Command::Publish(options) => publish::run(global, &dir, &options).await,
        Command::Resolver(options) => resolver::run(&dir, options).await,
        #[cfg(feature = "centre")]
        Command::Check { query } => check::run(global, &dir, &query, printer).await,
        #[cfg(feature = "centre")]
        Command::Assess { file, url, explain } => assess::run(&file, &url, explain, printer),
        Command::List(verb) => list::run(&dir, verb, printer).await,
        Command::Log(verb) => log::run(&dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Registry(verb) => registry::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Guard(verb) => guard::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::User(verb) => user::run(global, &dir, verb, printer).await,
    }
}

fn data_dir(global: &Global, default: &str) -> DataDir {
    DataDir::new(
        global
            .data
            .clone()
            .unwrap_or_else(|| PathBuf::from(default)),
    )
}

/// Opens the store of a data directory, or the database that was named.
#[cfg(feature = "centre")]
pub(crate) async fn open_store(global: &Global, dir: &DataDir) -> Result<data::Store, Failure> {
    dir.create()?;
    let url = global.database.clone().unwrap_or_else(|| dir.database());
    Ok(data::Store::open(&url).await?)
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn until_stopped() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
