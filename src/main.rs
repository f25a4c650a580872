//! `qalqan`: finds unlicensed crypto exchanges, puts each before two officers, and enforces what
//! they sign through DNS, in public view.
//!
//! This room only wires the others into commands; `docs/ARCHITECTURE.md` says which room does what.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
#![forbid(unsafe_code)]

use std::process::ExitCode;

#[cfg(feature = "centre")]
mod centre;
mod cli;
mod clock;
mod commands;
mod config;
#[cfg(feature = "centre")]
mod demo;
mod failure;
mod paths;
mod print;
mod progress;
mod service;
mod telemetry;

use failure::Exit;

fn main() -> ExitCode {
    let told = match config::read(std::env::args_os()) {
        Ok(told) => told,
        // Help and version end well; everything else is wrong usage.
        Err(error) => {
            let _ = error.print();
            let wrong = error.use_stderr();
            return if wrong { Exit::Usage } else { Exit::Done }.into();
        }
    };
    let global = &told.cli.global;
    print::use_color(global.color);
    progress::allow(!global.quiet && !global.no_progress);
    telemetry::init(global.verbose, global.quiet);
    install_tls();
    let printer = print::Printer::new(global.format);
    let done = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failure::Failure::from)
        .and_then(|runtime| runtime.block_on(commands::run(told, &printer)));
    let exit = done.unwrap_or_else(|failure| {
        printer.failure(&failure);
        failure.exit
    });
    printer.exit(exit).into()
}

/// One TLS provider for every client and server in this process: ring.
fn install_tls() {
    // Fails only if a provider is installed already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
