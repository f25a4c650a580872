//! `resolver`: a node by itself, as an ISP runs it.

use std::{net::SocketAddr, sync::Arc};

use resolver::{
    Language, ListConfig, Order, ResolverConfig, StructuredErrors, Transport,
    access::AccessList,
    control::{ControlSocket, Fresh, SocketError, Source},
};

use super::{
    node, policy_files,
    serve_node::{self, Verbs},
};
use crate::{
    cli::{Command, ErrorLanguage, Resolver},
    config,
    failure::{Exit, Failure},
    paths::DataDir,
    print::Printer,
};

/// How often a node asks for a new release.
const POLL: std::time::Duration = std::time::Duration::from_secs(10);

pub(crate) async fn run(
    dir: &DataDir,
    options: Resolver,
    printer: &Printer,
) -> Result<Exit, Failure> {
    if let Some(verb) = options.verb {
        return node::run(dir, verb, printer).await;
    }
    if options.check {
        return policy_files::check(&policy_files::own_rules(&options)?, printer);
    }
    let metrics = options.metrics;
    let handover = options.take_over.then(|| dir.handover());
    let config = configured(dir, options)?;
    if handover.is_some() {
        dir.create()?;
    }
    let verbs = Verbs {
        dir: dir.clone(),
        source: source(dir.clone(), metrics),
    };
    serve_node::run(config, metrics, handover, verbs).await?;
    Ok(Exit::Done)
}

/// What the options say of a node.
fn configured(dir: &DataDir, options: Resolver) -> Result<ResolverConfig, Failure> {
    let own = policy_files::own_rules(&options)?;
    if options.forward.is_empty() {
        return Err(Failure::usage(
            "--forward ADDR is needed: the resolver that answers what is not listed",
        ));
    }
    let structured = structured(&options)?;
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
    config.structured = structured;
    (config.clients, config.identity) = options.clients.into_parts();
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
    Ok(config)
}

fn structured(options: &Resolver) -> Result<Option<StructuredErrors>, Failure> {
    let Some(option) = options.structured_errors else {
        return Ok(None);
    };
    let language = match options.structured_language {
        ErrorLanguage::Kk => Language::Kk,
        ErrorLanguage::Ru => Language::Ru,
        ErrorLanguage::En => Language::En,
    };
    let contacts = options.structured_contact.clone();
    let organisation = options.structured_organisation.clone();
    let errors = StructuredErrors::new(option, contacts, organisation, language);
    Ok(Some(errors.map_err(Failure::usage)?))
}

/// Takes the place where verbs reach this node. Another node that is alive there is an error; a place
/// that cannot be had is not, for answering does not depend on it.
pub(crate) fn bind_control(dir: &DataDir) -> Result<Option<ControlSocket>, Failure> {
    let bound = dir
        .create()
        .map(|()| ControlSocket::bind(&dir.control_socket()));
    match bound {
        Ok(Ok(socket)) => Ok(Some(socket)),
        Ok(Err(error @ SocketError::Alive(_))) => Err(error.into()),
        Ok(Err(SocketError::Io { path, source })) => {
            let path = path.display();
            tracing::warn!(%path, error = %source, "`qalqan resolver status` and its like cannot reach this node");
            Ok(None)
        }
        Err(failure) => {
            let words: Vec<_> = failure.chain().collect();
            let error = words.join(": ");
            tracing::warn!(%error, "`qalqan resolver status` and its like cannot reach this node");
            Ok(None)
        }
    }
}

/// Reads the command line of this process, its environment and the file again.
fn source(dir: DataDir, metrics: Option<SocketAddr>) -> Source {
    Arc::new(move || {
        let told = config::read(std::env::args_os()).map_err(|error| error.to_string())?;
        if let Err(refused) = told.config {
            return Err(refused.lines().collect::<Vec<_>>().join("; "));
        }
        let Command::Resolver(options) = told.cli.command else {
            return Err("the command line is another one now".to_owned());
        };
        let restart = (options.metrics != metrics).then(|| "--metrics".to_owned());
        let config = configured(&dir, *options).map_err(|failure| {
            let words: Vec<_> = failure.chain().collect();
            words.join(": ")
        })?;
        Ok(Fresh {
            config,
            restart: restart.into_iter().collect(),
        })
    })
}
