//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use data::officer::{self, SignInError};
use serde::Deserialize;

use crate::{
    centre::Centre,
    console::{
        problems::{self, Problem},
        staff,
    },
    hostile,
    language::Lang,
    messages::{self, key},
    page::{self, Page},
    public::Here,
};

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    p: Page,
    errors: Vec<Problem>,
    login: String,
}

fn show(
    centre: &Centre,
    lang: Lang,
    status: StatusCode,
    errors: Vec<Problem>,
    login: &str,
) -> Response {
    let title = messages::text(lang, key("signin-title"), &[]);
    let p = Page::new(lang, "console/sign-in", title, centre.demo);
    page::show(
        status,
        &SignInPage {
            p,
            errors,
            login: hostile::line(login, 64),
        },
    )
}

/// `GET /{lang}/console/sign-in`.
pub(crate) async fn form(State(centre): State<Arc<Centre>>, Here(lang): Here) -> Response {
    show(&centre, lang, StatusCode::OK, vec![], "")
}

/// `POST /{lang}/console/sign-in`.
pub(crate) async fn enter(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    Form(form): Form<Credentials>,
) -> Response {
    let login = form.login.trim();
    if login.len() > 64 || form.password.len() > 256 {
        let problem = problems::of_sign_in(lang, &SignInError::WrongCredentials);
        return show(
            &centre,
            lang,
            StatusCode::UNPROCESSABLE_ENTITY,
            vec![problem],
            "",
        );
    }
    let Ok(_turn) = centre.signing.try_acquire() else {
        let problem = Problem::new(lang, "login", key("problem-busy"));
        return show(
            &centre,
            lang,
            StatusCode::SERVICE_UNAVAILABLE,
            vec![problem],
            login,
        );
    };
    match officer::sign_in(&centre.store, login, &form.password, centre.now()).await {
        Ok(signed_in) => {
            let to_queue = Redirect::to(&format!("/{lang}/console")).into_response();
            staff::keep(&centre, &signed_in.token, to_queue)
        }
        Err(error) => {
            let status = match error {
                SignInError::WrongCredentials => StatusCode::UNPROCESSABLE_ENTITY,
                SignInError::TooManyTries => StatusCode::TOO_MANY_REQUESTS,
                SignInError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
            };
            show(
                &centre,
                lang,
                status,
                vec![problems::of_sign_in(lang, &error)],
                login,
            )
        }
    }
}

/// `POST /{lang}/console/sign-out`.
pub(crate) async fn leave(
    State(centre): State<Arc<Centre>>,
    Here(lang): Here,
    headers: HeaderMap,
) -> Response {
    if let Some(token) = staff::token(&centre, &headers)
        && let Err(error) = data::session::end(&centre.store, &token).await
    {
        tracing::error!(%error, "a session could not be ended");
    }
    staff::forget(
        &centre,
        Redirect::to(&format!("/{lang}/console/sign-in")).into_response(),
    )
}
