//! Every address of the public site and the console, and the layers around them.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tower_http::{catch_panic::CatchPanicLayer, csrf::CsrfLayer, timeout::TimeoutLayer};

use crate::{assets, centre::Centre, console, faults, files, headers, public};

/// Largest form without a file, in octets.
const FORM_LIMIT: usize = 64 * 1024;

/// Largest proposal: an order document of 5 MB and its form.
const PROPOSAL_LIMIT: usize = 5 * 1024 * 1024 + FORM_LIMIT;

/// Longest time for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

async fn alive() -> &'static str {
    "alive\n"
}

/// Ready when the store answers.
async fn ready(State(centre): State<Arc<Centre>>) -> Response {
    match data::session::find(&centre.store, "readiness", centre.now()).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready: the store does not answer");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                [("content-type", "application/json")],
                "{\"ready\":false}\n",
            )
                .into_response()
        }
    }
}

fn public_routes() -> Router<Arc<Centre>> {
    Router::new()
        .route("/", get(public::home::root))
        .route("/{lang}", get(public::home::without_slash))
        .route("/{lang}/", get(public::home::home))
        .route("/{lang}/check", get(public::check::check))
        .route("/{lang}/register", get(public::register::register))
        .route("/{lang}/changes.atom", get(public::changes::atom))
        .route("/{lang}/changes.json", get(public::changes::json))
        .route("/{lang}/licensed", get(public::licensed::licensed))
        .route("/{lang}/notices", get(public::notices::notices))
        .route("/{lang}/campaigns", get(public::campaigns::campaigns))
        .route("/api/v1/notices", get(public::notices::api))
        .route("/api/v1/campaigns", get(public::campaigns::api))
        .route("/{lang}/verify", get(public::texts::verify))
        .route("/{lang}/privacy", get(public::texts::privacy))
        .route(
            "/{lang}/appeal",
            get(public::appeal::form).post(public::appeal::send),
        )
        .route(
            "/{lang}/appeal/status",
            get(public::appeal::ask).post(public::appeal::status),
        )
        .route("/i/{id}", get(public::listing::short))
        .route("/{lang}/i/{id}", get(public::listing::listing))
        .route("/api/v1/check", get(public::api::check))
        .route("/api/v1/register", get(public::api::register))
        .route("/api/v1/listing/{id}", get(public::api::one))
        .route("/openapi.json", get(public::api::openapi))
        .route("/assets/{name}", get(assets::asset))
        .route("/log/{*path}", get(files::log))
        .route("/list/{name}", get(files::list))
        .route("/list/delta/{serial}", get(files::delta))
        .route("/release", get(files::release))
        .route("/livez", get(alive))
        .route("/readyz", get(ready))
}

fn console_routes() -> Router<Arc<Centre>> {
    Router::new()
        .route("/{lang}/console", get(console::queue::queue))
        .route(
            "/{lang}/console/sign-in",
            get(console::sign_in::form).post(console::sign_in::enter),
        )
        .route("/{lang}/console/sign-out", post(console::sign_in::leave))
        .route("/{lang}/console/case/{id}", get(console::case::case))
        .route(
            "/{lang}/console/case/{id}/unmasked",
            post(console::case::unmasked),
        )
        .route(
            "/{lang}/console/case/{id}/dismiss",
            post(console::case::dismiss),
        )
        .route("/{lang}/console/case/{id}/take", post(console::take::take))
        .route(
            "/{lang}/console/case/{id}/release",
            post(console::take::release),
        )
        .route(
            "/{lang}/console/case/{id}/capture/{capture}",
            get(console::capture::capture),
        )
        .route(
            "/{lang}/console/case/{id}/propose",
            get(console::propose::form)
                .post(console::propose::propose)
                .layer(DefaultBodyLimit::max(PROPOSAL_LIMIT)),
        )
        .route("/{lang}/console/to-sign", get(console::to_sign::waiting))
        .route(
            "/{lang}/console/to-sign/{id}",
            get(console::to_sign::form).post(console::to_sign::sign),
        )
        .route(
            "/{lang}/console/to-sign/{id}/withhold",
            post(console::to_sign::withhold),
        )
        .route("/{lang}/console/listings", get(console::listings::listings))
        .route(
            "/{lang}/console/listing/{id}",
            get(console::listing::listing),
        )
        .route(
            "/{lang}/console/listing/{id}/document",
            get(console::listing::document),
        )
        .route(
            "/{lang}/console/listing/{id}/approve",
            post(console::moves::approve),
        )
        .route(
            "/{lang}/console/listing/{id}/return",
            post(console::moves::send_back),
        )
        .route(
            "/{lang}/console/listing/{id}/lift",
            post(console::moves::lift),
        )
        .merge(appeal_routes())
        .merge(ending_routes())
        .merge(network_routes())
}

fn appeal_routes() -> Router<Arc<Centre>> {
    use console::{appeal, appeals};
    Router::new()
        .route("/{lang}/console/appeals", get(appeals::appeals))
        .route("/{lang}/console/appeal/{id}", get(appeal::page))
        .route("/{lang}/console/appeal/{id}/take", post(appeal::take))
        .route("/{lang}/console/appeal/{id}/contact", post(appeal::contact))
        .route("/{lang}/console/appeal/{id}/reject", post(appeal::reject))
        .route("/{lang}/console/appeal/{id}/uphold", post(appeal::uphold))
}

fn ending_routes() -> Router<Arc<Centre>> {
    use console::{ending_moves, reviews};
    Router::new()
        .route("/{lang}/console/reviews", get(reviews::reviews))
        .route(
            "/{lang}/console/listing/{id}/number",
            post(ending_moves::number),
        )
        .route(
            "/{lang}/console/listing/{id}/annul",
            post(ending_moves::annul),
        )
        .route(
            "/{lang}/console/listing/{id}/second",
            post(ending_moves::second),
        )
        .route(
            "/{lang}/console/listing/{id}/review",
            post(ending_moves::review),
        )
        .route(
            "/{lang}/console/listing/{id}/keep",
            post(ending_moves::keep),
        )
}

fn network_routes() -> Router<Arc<Centre>> {
    use console::{network, network_marks, network_ties, network_volume, networks, volume_table};
    Router::new()
        .route("/{lang}/console/networks", get(networks::networks))
        .route("/{lang}/console/network/{id}", get(network::network))
        .route(
            "/{lang}/console/network/{id}/unmasked",
            post(network::unmasked),
        )
        .route("/{lang}/console/network/{id}/tie", get(network_ties::tie))
        .route(
            "/{lang}/console/network/{id}/nobodys",
            post(network_marks::mark),
        )
        .route(
            "/{lang}/console/networks/volumes",
            get(volume_table::form)
                .post(volume_table::enter)
                .layer(DefaultBodyLimit::max(volume_table::LARGEST + FORM_LIMIT)),
        )
        .route(
            "/{lang}/console/networks/marks/undo",
            post(network_marks::take_back),
        )
        .route("/{lang}/console/network/{id}/cut", post(network_ties::cut))
        .route(
            "/{lang}/console/network/{id}/undo",
            post(network_ties::undo),
        )
        .route(
            "/{lang}/console/network/{id}/volume",
            get(network_volume::form).post(network_volume::add),
        )
        .route(
            "/{lang}/console/network/{id}/withdraw",
            post(network_volume::withdraw),
        )
}

/// The public site and the officers' console.
pub fn public_router(centre: Arc<Centre>) -> Router {
    public_routes()
        .merge(console_routes())
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(CsrfLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            ANSWER_WITHIN,
        ))
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a request handler panicked");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&centre),
            faults::dress,
        ))
        .layer(middleware::from_fn(headers::site))
        .with_state(centre)
}
