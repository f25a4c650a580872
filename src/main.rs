//! `qalqan`: finds unlicensed crypto exchanges, puts each before two officers, and enforces what
//! they sign through DNS, in public view.
//!
//! This room only wires the others into commands; `docs/ARCHITECTURE.md` says which room does what.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser as _;

#[cfg(feature = "centre")]
mod centre;
mod cli;
mod clock;
mod commands;
#[cfg(feature = "centre")]
mod demo;
mod failure;
mod paths;
mod print;
mod telemetry;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    telemetry::init(cli.global.verbose, cli.global.quiet);
    install_tls();
    let printer = print::Printer::new(cli.global.format);
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failure::Failure::from)
        .and_then(|runtime| runtime.block_on(commands::run(cli, &printer)));
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            printer.failure(&failure);
            failure.exit.into()
        }
    }
}

/// One TLS provider for every client and server in this process: ring.
fn install_tls() {
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
