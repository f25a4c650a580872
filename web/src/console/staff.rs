//! Who is signed in: the session cookie and the extractor that every console page begins with.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use blocklist::key::Role;
use data::{
    Officer, session,
    waiting::{self, Waiting},
};

use crate::{
    centre::Centre,
    faults::{self, Fault},
    language::Lang,
    messages::{self, key},
    page::{Page, Who},
    public::Here,
};

/// Name of the session cookie. Over TLS the `__Host-` prefix binds it to this very origin.
fn cookie_name(centre: &Centre) -> &'static str {
    if centre.is_https() {
        "__Host-qalqan"
    } else {
        "qalqan"
    }
}

/// The session token that a browser sent, if it has the form of one.
pub(crate) fn token(centre: &Centre, headers: &HeaderMap) -> Option<String> {
    let name = cookie_name(centre);
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| {
            *found == name && value.len() == 64 && value.bytes().all(|b| b.is_ascii_hexdigit())
        })
        .map(|(_, value)| value.to_owned())
}

fn cookie(centre: &Centre, value: &str, seconds: i64) -> Option<HeaderValue> {
    let secure = if centre.is_https() { "; Secure" } else { "" };
    let name = cookie_name(centre);
    HeaderValue::from_str(&format!(
        "{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    ))
    .ok()
}

/// Puts a new session's cookie on an answer.
pub(crate) fn keep(centre: &Centre, token: &str, mut response: Response) -> Response {
    if let Some(value) = cookie(centre, token, session::ABSOLUTE_SECONDS) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// Removes the cookie.
pub(crate) fn forget(centre: &Centre, mut response: Response) -> Response {
    if let Some(value) = cookie(centre, "", 0) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A signed-in person who works on cases, and the language of the page.
#[derive(Clone, Debug)]
pub(crate) struct Staff {
    /// The person.
    pub(crate) officer: Officer,
    /// The language of the page.
    pub(crate) lang: Lang,
    /// What waits for them.
    pub(crate) waiting: Waiting,
}

impl Staff {
    /// A console page at `path` below the language.
    pub(crate) fn page(&self, centre: &Centre, path: &str, title: &str) -> Page {
        let mut p = Page::new(self.lang, path, title.to_owned(), centre.demo);
        p.officer = Some(Who {
            name: crate::hostile::line(&self.officer.display_name, 80),
            login: self.officer.login.clone(),
            role: self.officer.role.as_str().to_owned(),
            waiting: self.waiting,
        });
        p
    }

    /// A message in the page's language.
    pub(crate) fn word(&self, key: &str) -> String {
        messages::text(self.lang, key, &[])
    }

    /// Redirects to another console page after a change.
    pub(crate) fn go(&self, path: &str) -> Response {
        Redirect::to(&format!("/{}/{path}", self.lang)).into_response()
    }
}

impl FromRequestParts<Arc<Centre>> for Staff {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, centre: &Arc<Centre>) -> Result<Self, Response> {
        let Here(lang) = Here::from_request_parts(parts, centre)
            .await
            .map_err(IntoResponse::into_response)?;
        let to_sign_in = || Redirect::to(&format!("/{lang}/console/sign-in")).into_response();
        let token = token(centre, &parts.headers).ok_or_else(to_sign_in)?;
        let officer = session::find(&centre.store, &token, centre.now())
            .await
            .map_err(|error| Fault::internal(error).into_response())?
            .ok_or_else(|| forget(centre, to_sign_in()))?;
        if officer.role == Role::Admin {
            // Admins change keys and policy by the command line and hold no case role (DESIGN §4).
            let path = parts.uri.path();
            let words = (key("error-role-title"), key("error-role-text"));
            let page = faults::error_page(centre, lang, path, StatusCode::FORBIDDEN, words);
            return Err(forget(centre, page));
        }
        let waiting = waiting::count(&centre.store, &officer, centre.now())
            .await
            .map_err(|error| Fault::internal(error).into_response())?;
        Ok(Self {
            officer,
            lang,
            waiting,
        })
    }
}
