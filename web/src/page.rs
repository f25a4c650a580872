//! The frame around every page: title, language, links, words.

use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use data::waiting::Waiting;

use crate::{
    assets, dates,
    language::Lang,
    messages::{self, Value, key},
};

/// Who is signed in, as far as pages show it.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    /// The officer's name: console pages only.
    pub(crate) name: String,
    /// What the officer signs in with.
    pub(crate) login: String,
    /// Role code: `officer`, `legal` or `admin`.
    pub(crate) role: String,
    /// What waits for them.
    pub(crate) waiting: Waiting,
}

/// What every template gets as `p`.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The language of the page.
    pub(crate) lang: Lang,
    /// Title, already in that language.
    pub(crate) title: String,
    /// Path below the language, with its query: `check?q=…`. The language switch keeps it.
    pub(crate) path: String,
    /// Shows the banner of a demonstration.
    pub(crate) demo: bool,
    /// Who is signed in; only console pages set it.
    pub(crate) officer: Option<Who>,
    /// Uses the whole width of the window.
    pub(crate) wide: bool,
    /// Whether search engines may index the page.
    pub(crate) indexed: bool,
}

/// One entry of the language switch.
pub(crate) struct Other {
    /// Language tag.
    pub(crate) tag: &'static str,
    /// The language's own name.
    pub(crate) name: &'static str,
    /// The same page in that language.
    pub(crate) href: String,
    /// Whether this is the page's language.
    pub(crate) current: bool,
}

/// One entry of the navigation.
pub(crate) struct NavItem {
    /// Where to.
    pub(crate) href: String,
    /// The words.
    pub(crate) text: String,
    /// Whether the reader is there.
    pub(crate) current: bool,
    /// How much waits for the reader there.
    pub(crate) waits: usize,
}

const PUBLIC_NAV: [(&str, &str); 4] = [
    ("", key("nav-home")),
    ("register", key("nav-register")),
    ("licensed", key("nav-licensed")),
    ("verify", key("nav-verify")),
];
/// What officers need most stands first.
const CONSOLE_NAV: [(&str, &str); 7] = [
    ("console", key("nav-queue")),
    ("console/listings", key("nav-listings")),
    ("console/reviews", key("nav-reviews")),
    ("console/appeals", key("nav-appeals")),
    ("console/networks", key("nav-networks")),
    ("console/to-sign", key("nav-to-sign")),
    ("", key("nav-public")),
];

impl Page {
    /// A page at `path` (below the language, no leading slash) with a title that is already translated.
    pub(crate) fn new(lang: Lang, path: &str, title: String, demo: bool) -> Self {
        Self {
            lang,
            title,
            path: path.to_owned(),
            demo,
            officer: None,
            wide: path.starts_with("console/") || path == "console",
            indexed: false,
        }
    }

    /// A message without variables.
    pub(crate) fn t(&self, key: &str) -> String {
        messages::text(self.lang, key, &[])
    }

    /// A message with one text variable.
    pub(crate) fn t1(&self, key: &str, name: &str, value: &str) -> String {
        messages::text(self.lang, key, &[(name, Value::Text(value))])
    }

    /// A message with two text variables.
    pub(crate) fn t2(&self, key: &str, a: (&str, &str), b: (&str, &str)) -> String {
        messages::text(
            self.lang,
            key,
            &[(a.0, Value::Text(a.1)), (b.0, Value::Text(b.1))],
        )
    }

    /// A message with a `count`.
    pub(crate) fn n(&self, key: &str, count: impl std::borrow::Borrow<usize>) -> String {
        let count = i64::try_from(*count.borrow()).unwrap_or(i64::MAX);
        messages::text(self.lang, key, &[("count", Value::Count(count))])
    }

    /// A message whose key is made at run time; `fallback` when there is none.
    pub(crate) fn t_or(&self, key: &str, fallback: &str) -> String {
        messages::find(self.lang, key, &[]).unwrap_or_else(|| fallback.to_owned())
    }

    /// A day in words.
    pub(crate) fn date(&self, seconds: i64) -> String {
        dates::date(self.lang, seconds)
    }

    /// Day and minute in words.
    pub(crate) fn date_time(&self, seconds: i64) -> String {
        dates::date_time(self.lang, seconds)
    }

    /// The name of a role.
    pub(crate) fn role(&self, code: &str) -> String {
        self.t(match code {
            "admin" => key("role-admin"),
            "legal" => key("role-legal"),
            _ => key("role-officer"),
        })
    }

    /// An address in the page's language.
    pub(crate) fn href(&self, path: &str) -> String {
        format!("/{}/{path}", self.lang)
    }

    /// Where the brand leads.
    pub(crate) fn home(&self) -> String {
        self.href(if self.officer.is_some() {
            "console"
        } else {
            ""
        })
    }

    /// Address of the style sheet, with its hash in the name.
    pub(crate) fn css(&self) -> &'static str {
        assets::css_path()
    }

    /// Address of the mark.
    pub(crate) fn icon(&self) -> &'static str {
        assets::ICON_PATH
    }

    /// Text for search engines, on pages they may index.
    pub(crate) fn description(&self) -> Option<String> {
        self.indexed.then(|| self.t("home-lead"))
    }

    /// Whether this is a page of the officers' console.
    pub(crate) fn is_console(&self) -> bool {
        self.path == "console" || self.path.starts_with("console/")
    }

    /// The language switch.
    pub(crate) fn languages(&self) -> Vec<Other> {
        Lang::ALL
            .into_iter()
            .map(|lang| Other {
                tag: lang.tag(),
                name: lang.name(),
                href: format!("/{lang}/{}", self.path),
                current: lang == self.lang,
            })
            .collect()
    }

    /// The navigation: the console's for who is signed in, else the public one.
    pub(crate) fn nav(&self) -> Vec<NavItem> {
        let items: &[(&str, &str)] = if self.officer.is_some() {
            &CONSOLE_NAV
        } else {
            &PUBLIC_NAV
        };
        let waiting = self
            .officer
            .as_ref()
            .map(|who| who.waiting)
            .unwrap_or_default();
        let here = self.path.split('?').next().unwrap_or_default();
        items
            .iter()
            .map(|(path, key)| NavItem {
                href: self.href(path),
                text: self.t(key),
                current: *path == here,
                waits: match *path {
                    "console/listings" => waiting.proposals,
                    "console/reviews" => waiting.reviews,
                    "console/appeals" => waiting.appeals,
                    "console/to-sign" => waiting.to_sign,
                    _ => 0,
                },
            })
            .collect()
    }
}

/// Renders a page with a status.
pub(crate) fn show<T: Template>(status: StatusCode, template: &T) -> Response {
    match template.render() {
        Ok(html) => (
            status,
            [(header::CONTENT_TYPE, "text/html; charset=utf-8")],
            html,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "a template could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Renders a page with status 200.
pub(crate) fn ok<T: Template>(template: &T) -> Response {
    show(StatusCode::OK, template)
}
