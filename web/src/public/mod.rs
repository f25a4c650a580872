//! Pages for everybody: no sign-in, no cookies, no scripts.

pub(crate) mod api;
pub(crate) mod appeal;
pub(crate) mod campaigns;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod home;
pub(crate) mod licensed;
pub(crate) mod listing;
pub(crate) mod notices;
pub(crate) mod register;
pub(crate) mod sources;
pub(crate) mod texts;
pub(crate) mod verdict;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

use crate::{faults::Fault, language::Lang};

/// The language in the path; another word there is no page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Here(pub(crate) Lang);

impl<S: Send + Sync> FromRequestParts<S> for Here {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Fault> {
        let params = RawPathParams::from_request_parts(parts, state)
            .await
            .map_err(|_| Fault::NOT_FOUND)?;
        params
            .iter()
            .find(|(name, _)| *name == "lang")
            .and_then(|(_, tag)| Lang::from_tag(tag))
            .map(Self)
            .ok_or(Fault::NOT_FOUND)
    }
}
