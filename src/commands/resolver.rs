//! `resolver`: a node by itself, as an ISP runs it.

use resolver::{ListConfig, Node, ResolverConfig, Upstream, access::AccessList};
use tracing::info;

use crate::{
    cli::Resolver,
    failure::{Exit, Failure},
    paths::DataDir,
};

/// How often a node asks for a new release.
const POLL: std::time::Duration = std::time::Duration::from_secs(10);

pub(crate) async fn run(dir: &DataDir, options: Resolver) -> Result<Exit, Failure> {
    let validates = options.forward_validates;
    let upstreams = options
        .forward
        .into_iter()
        .map(|address| Upstream { address, validates })
        .collect();
    let mut config = ResolverConfig::new(options.listen, upstreams);
    config.access = AccessList::new(options.allow);
    config.limits.workers = usize::from(options.workers);
    if let Some(source) = options.list {
        let trust = dir.trust(options.trust.as_deref())?;
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
    let running = Node::open(config)?.start().await?;
    for address in running.addresses() {
        info!(%address, "answering");
    }
    super::until_stopped().await?;
    running.stop().await;
    Ok(Exit::Done)
}
