//! Pages that are mostly text: how to verify, privacy.

use std::sync::Arc;

use askama::Template;
use axum::{extract::State, response::Response};

use crate::{
    centre::Centre,
    files,
    messages::{self, key},
    page::{self, Page},
    public::Here,
};

#[derive(Template)]
#[template(path = "verify.html")]
struct VerifyPage {
    p: Page,
    base: String,
    checkpoint: Option<String>,
}

#[derive(Template)]
#[template(path = "privacy.html")]
struct PrivacyPage {
    p: Page,
}

/// `GET /{lang}/verify`.
pub(crate) async fn verify(State(centre): State<Arc<Centre>>, Here(lang): Here) -> Response {
    let title = messages::text(lang, key("verify-title"), &[]);
    let mut p = Page::new(lang, "verify", title, centre.demo);
    p.indexed = true;
    let checkpoint = files::checkpoint(&centre).await;
    page::ok(&VerifyPage {
        p,
        base: centre.public_url.clone(),
        checkpoint,
    })
}

/// `GET /{lang}/privacy`.
pub(crate) async fn privacy(State(centre): State<Arc<Centre>>, Here(lang): Here) -> Response {
    let title = messages::text(lang, key("privacy-title"), &[]);
    let mut p = Page::new(lang, "privacy", title, centre.demo);
    p.indexed = true;
    page::ok(&PrivacyPage { p })
}
