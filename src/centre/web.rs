//! The three web listeners: pages and console, block page, evidence origin.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use axum::Router;
use data::Store;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tracing::error;
use web::{CapturedBody, LoadBody};

use super::{Ports, Tasks};
use crate::{cli::Web, failure::Failure, paths::DataDir};

/// The three listeners, bound and not yet served.
pub(crate) struct WebListeners {
    web: TcpListener,
    block_page: TcpListener,
    evidence: TcpListener,
}

impl WebListeners {
    /// Binds all three.
    pub(crate) async fn bind(addresses: Web) -> Result<Self, Failure> {
        Ok(Self {
            web: bind(addresses.web).await?,
            block_page: bind(addresses.block_page).await?,
            evidence: bind(addresses.evidence).await?,
        })
    }

    /// Where pages and console are.
    pub(crate) fn web_address(&self) -> Result<SocketAddr, Failure> {
        Ok(self.web.local_addr()?)
    }
}

/// Serves all three; adds what was bound to `ports`.
pub(crate) async fn start(
    store: Store,
    dir: &DataDir,
    listeners: WebListeners,
    waker: Arc<Notify>,
    ports: &mut Ports,
    tasks: &Tasks,
) -> Result<(), Failure> {
    let trust = store.trust().await?;
    let WebListeners {
        web,
        block_page,
        evidence,
    } = listeners;
    ports.insert("web", web.local_addr()?);
    ports.insert("block_page", block_page.local_addr()?);
    ports.insert("evidence", evidence.local_addr()?);
    let mut centre = web::Centre::new(store.clone(), dir.release(), &trust.public_url).await?;
    centre.demo = trust.demo;
    centre.evidence_url = Some(format!("http://{}", evidence.local_addr()?));
    centre.load_body = Some(body_loader(store, dir.evidence()));
    centre.network_rules = Some(Arc::new(crawler::network::Weights));
    centre.waker = Arc::new(move || waker.notify_one());
    let centre = Arc::new(centre);
    serve(web, web::public_router(centre.clone()), tasks);
    serve(block_page, web::block_page_router(centre.clone()), tasks);
    serve(evidence, web::evidence_router(centre), tasks);
    Ok(())
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format_args!(
            "cannot listen on {address}: {error}; stop what listens there (`ss -lptun` names it), or choose another address"
        ))
    })
}

fn serve(listener: TcpListener, router: Router, tasks: &Tasks) {
    let stop = tasks.stop.clone();
    tasks.tracker.spawn(async move {
        let stopped = stop.clone();
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { stopped.cancelled().await });
        // A browser may keep a connection open for ever; after the word to stop it has no claim.
        tokio::select! {
            served = async { served.await } => {
                if let Err(error) = served {
                    error!(error = &error as &dyn std::error::Error, "a web listener ended");
                }
            }
            () = stop.cancelled() => {}
        }
    });
}

/// Reads a captured body back from its WARC record, checked against the stored hash.
fn body_loader(store: Store, evidence: PathBuf) -> LoadBody {
    Arc::new(move |capture| {
        let (store, evidence) = (store.clone(), evidence.clone());
        Box::pin(async move {
            let held = data::capture::load(&store, capture).await.ok()??;
            // The store says how the encoding was chosen as well: `windows-1251 (markup)`.
            let charset = held
                .charset
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned();
            let record = tokio::task::spawn_blocking(move || {
                let place = (
                    u64::try_from(held.warc_offset).ok()?,
                    u64::try_from(held.warc_length).ok()?,
                );
                let hash = Some(held.record_sha256.as_str());
                crawler::warc::read(&evidence, &held.warc_file, place.0, place.1, hash)
                    .inspect_err(|error| {
                        error!(
                            capture,
                            error = error as &dyn std::error::Error,
                            "evidence cannot be read"
                        );
                    })
                    .ok()
            });
            Some(CapturedBody {
                bytes: record.await.ok()??.body,
                charset,
            })
        })
    })
}
