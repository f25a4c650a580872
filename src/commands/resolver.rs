//! `resolver`: a node by itself, as an ISP runs it.

use std::sync::Arc;

use resolver::{ListConfig, Node, Order, ResolverConfig, Transport, access::AccessList};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::policy_files;
use crate::{
    cli::{self, Resolver},
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
    progress::Progress,
    telemetry,
};

/// How often a node asks for a new release.
const POLL: std::time::Duration = std::time::Duration::from_secs(10);

pub(crate) async fn run(
    dir: &DataDir,
    options: Resolver,
    printer: &Printer,
) -> Result<Exit, Failure> {
    if let Some(verb) = options.verb {
        return Err(Failure::not_built_yet(match verb {
            cli::Node::Status => "asking a running node how it fares",
            cli::Node::Explain { .. } => "asking a running node why it answers as it does",
            cli::Node::Selftest => "asking a running node for known answers",
            cli::Node::Pause { .. } => "pausing the list; stop the node instead",
            cli::Node::Flush => "flushing; start the node again, it begins without answers",
            cli::Node::Reload => "reloading; start the node again, it keeps its list",
        }));
    }
    let own = policy_files::own_rules(&options)?;
    if options.check {
        return policy_files::check(&own, printer);
    }
    if options.forward.is_empty() {
        return Err(Failure::usage(
            "--forward ADDR is needed: the resolver that answers what is not listed",
        ));
    }
    let mut upstreams = options.forward;
    for upstream in &mut upstreams {
        upstream.validates = options.forward_validates;
        if let Transport::Tls(tls) = &mut upstream.transport {
            tls.authorities.clone_from(&options.forward_ca);
        }
    }
    let mut config = ResolverConfig::new(options.listen, upstreams);
    if options.forward_in_order {
        config.order = Order::Listed;
    }
    config.access = AccessList::new(options.allow);
    config.limits.workers = usize::from(options.workers);
    config.dry_run = options.dry_run;
    config.own = own;
    if !config.own.zones.is_empty() {
        config.own.compiled = Some(dir.node().join("policy"));
    }
    if let Some(source) = options.list {
        let named = options.trust.as_deref().ok_or_else(|| {
            Failure::usage(
                "--list needs --trust: the file by which its publisher is known comes by a road of its own",
            )
        })?;
        let trust = dir.trust(Some(named))?;
        if trust.demo && !options.accept_demo {
            return Err(Failure::usage(
                "this trust file is of a demonstration log; a real resolver does not enforce it \
                 (--accept-demo to try it out)",
            ));
        }
        dir.create()?;
        let state_dir = dir.node();
        config.list = Some(ListConfig {
            source,
            trust,
            state_dir,
            start_empty: options.start_empty,
            poll: POLL,
        });
    }
    let progress = Progress::begin("fetching and verifying the list");
    let running = Node::open(config)?.start().await?;
    drop(progress);
    for address in running.addresses() {
        telemetry::ready("dns", *address);
    }
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    if let Some(address) = options.metrics {
        let source = Arc::new(running.metrics());
        super::serve_metrics(address, source, &stop, &tracker).await?;
    }
    super::until_stopped().await?;
    running.stop().await;
    stop.cancel();
    Ok(Exit::Done)
}
