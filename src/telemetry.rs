//! Logs: text on stderr.

use tracing_subscriber::{EnvFilter, fmt};

use crate::{print, progress};

/// What a server says once it serves, and where: the one thing a person who starts it waits for.
pub(crate) fn ready(name: &str, address: std::net::SocketAddr) {
    tracing::info!(target: "ready", %address, "{name} is ready");
}

/// Begins logging. `QALQAN_LOG` overrides the level with a filter such as `resolver=debug`.
pub(crate) fn init(verbose: u8, quiet: bool) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn,ready=info",
        (false, 1) => "info",
        (false, 2) => "debug",
        (false, _) => "trace",
    };
    let mut filter =
        EnvFilter::try_from_env("QALQAN_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    // Libraries that would write down what people ask for stay quiet whatever the operator sets.
    let quiet = resolver::QUIET_LOGS.into_iter();
    #[cfg(feature = "centre")]
    let quiet = quiet.chain(web::QUIET_LOGS);
    for directive in quiet {
        if let Ok(directive) = directive.parse() {
            filter = filter.add_directive(directive);
        }
    }
    fmt()
        .with_env_filter(filter)
        .with_writer(|| progress::Stderr)
        .with_ansi(print::stderr_has_color())
        .with_target(false)
        .init();
}
