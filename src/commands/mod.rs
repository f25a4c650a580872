//! One module a verb; each reads its options, calls the rooms, and prints.

#[cfg(feature = "centre")]
mod appeal;
#[cfg(feature = "centre")]
mod assess;
#[cfg(feature = "centre")]
mod campaign;
#[cfg(feature = "centre")]
mod check;
#[cfg(feature = "centre")]
mod crawl;
#[cfg(feature = "centre")]
mod crawl_status;
#[cfg(feature = "centre")]
mod db;
mod diff;
mod dry_run;
#[cfg(feature = "centre")]
mod evaluate;
mod files;
#[cfg(feature = "centre")]
mod guard;
#[cfg(feature = "centre")]
pub(crate) mod init;
mod list;
mod log;
mod names;
#[cfg(feature = "centre")]
mod network;
mod node;
mod policy_files;
mod program;
#[cfg(feature = "centre")]
mod publish;
#[cfg(feature = "centre")]
mod registry;
mod remembered;
pub(crate) mod replayed;
mod resolver;
#[cfg(feature = "centre")]
pub(crate) mod run;
#[cfg(feature = "centre")]
mod secondaries;
mod serve_node;
#[cfg(feature = "centre")]
mod user;
#[cfg(feature = "centre")]
mod web;

#[cfg(feature = "centre")]
use crate::cli::{CrawlCommand, CrawlVerb, Global, Network};
use crate::{
    cli::{Cli, Command},
    config::Told,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

/// Runs the command to its end.
pub(crate) async fn run(told: Told, printer: &Printer) -> Result<Exit, Failure> {
    let Told {
        cli: Cli { global, command },
        matches,
        config,
    } = told;
    // The verbs about the program itself work whatever the file says, and those on a running node, which
    // has an older one; `config check` tells it.
    let needs_no_file = match &command {
        Command::Config(_) | Command::Completions(_) | Command::Man(_) => true,
        Command::Resolver(resolver) => resolver.verb.is_some(),
        _ => false,
    };
    if let Err(refused) = &config
        && !needs_no_file
    {
        refused.lines().for_each(|line| printer.complain(&line));
        return Ok(Exit::Usage);
    }
    let global = &global;
    #[cfg(feature = "centre")]
    let demo = matches!(command, Command::Demo(_));
    #[cfg(not(feature = "centre"))]
    let demo = false;
    let dir = DataDir::named(global.data.as_deref(), demo);
    match command {
        #[cfg(feature = "centre")]
        Command::Demo(options) => crate::demo::run(global, dir, options, printer).await,
        #[cfg(feature = "centre")]
        Command::Init(options) => init::run(global, &dir, &options, printer).await,
        #[cfg(feature = "centre")]
        Command::Run(options) => run::run(global, &dir, options).await,
        #[cfg(feature = "centre")]
        Command::Crawl(CrawlCommand { verb, options }) => match verb {
            None => crawl::run(global, &dir, &options, printer).await,
            Some(CrawlVerb::Status { limit }) => {
                crawl_status::run(global, &dir, limit, printer).await
            }
        },
        #[cfg(feature = "centre")]
        Command::Web(options) => web::run(global, &dir, &options).await,
        #[cfg(feature = "centre")]
        Command::Publish(options) => publish::run(global, &dir, &options).await,
        Command::Resolver(options) => resolver::run(&dir, *options, printer).await,
        #[cfg(feature = "centre")]
        Command::Check { query } => check::run(global, &dir, &query, printer).await,
        #[cfg(feature = "centre")]
        Command::Assess { file, url, explain } => assess::run(&file, &url, explain, printer),
        #[cfg(feature = "centre")]
        Command::Evaluate(options) => evaluate::run(&options, printer),
        #[cfg(feature = "centre")]
        Command::Network(Network::Show(options)) => {
            network::run(global, &dir, options, printer).await
        }
        Command::List(verb) => list::run(&dir, verb, printer).await,
        Command::Log(verb) => log::run(&dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Registry(verb) => registry::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Guard(verb) => guard::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Campaign(verb) => campaign::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::User(verb) => user::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Appeal(verb) => appeal::run(global, &dir, verb, printer).await,
        #[cfg(feature = "centre")]
        Command::Db(verb) => db::run(global, &dir, verb, printer).await,
        Command::Config(verb) => Ok(program::config(&verb, config, &matches, printer)),
        Command::Completions(options) => Ok(program::completions(&options, printer)),
        Command::Man(options) => program::man(&options, printer),
    }
}

/// Opens the store of a data directory, or the database that was named.
#[cfg(feature = "centre")]
pub(crate) async fn open_store(global: &Global, dir: &DataDir) -> Result<data::Store, Failure> {
    dir.create()?;
    Ok(data::Store::open(&database(global, dir)).await?)
}

/// The database that was named, or the one in the data directory.
#[cfg(feature = "centre")]
pub(crate) fn database(global: &Global, dir: &DataDir) -> String {
    global.database.clone().unwrap_or_else(|| dir.database())
}

/// Waits for Ctrl-C or SIGTERM.
#[cfg(feature = "centre")]
pub(crate) async fn until_stopped() -> Result<(), Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}

/// Answers scrapes on `address` until `stop`; gives where.
#[cfg(feature = "centre")]
pub(crate) async fn serve_metrics(
    address: std::net::SocketAddr,
    source: ::resolver::metrics::Source,
    stop: &tokio_util::sync::CancellationToken,
    tracker: &tokio_util::task::TaskTracker,
) -> Result<std::net::SocketAddr, Failure> {
    let served = ::resolver::metrics::serve(address, source, stop.clone(), tracker).await;
    let bound = served.map_err(|source| ::resolver::StartError::Bind { address, source })?;
    crate::telemetry::ready("metrics", bound);
    Ok(bound)
}
