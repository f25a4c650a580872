//! Reads `world.toml` and the pages of every site into answers: which path gives which bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use serde::Deserialize;
use time::Date;
use toml::Spanned;

use super::day::parse_date;
use super::error::WorldError;
use super::files::{Files, line_of, read_toml};
use super::http::content_type;
use super::links::pieces;
use super::plan::Plan;

/// One answer of a site, as its files hold it: `{{base:HOST}}` not yet replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status.
    pub(crate) status: u16,
    /// The Content-Type header exactly as sent; none is sent when this is `None`.
    pub(crate) content_type: Option<String>,
    /// The Location header of a redirect.
    pub(crate) location: Option<String>,
    /// The body, byte for byte.
    pub(crate) body: Vec<u8>,
}

/// A further name of a site on the same address.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Alias {
    /// The name, lower case.
    pub(crate) host: String,
    /// `true`: every path answers 301 to the same path on the site's own host.
    #[serde(default)]
    pub(crate) redirect: bool,
}

/// One site of the world.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    /// Its name, lower case A-labels.
    pub(crate) host: String,
    /// Its own loopback address, 127.77.0.N.
    pub(crate) address: Ipv4Addr,
    /// Further names.
    pub(crate) aliases: Vec<Alias>,
    /// The Server header it sends.
    pub(crate) server: String,
    /// Answers by path (no query).
    pub(crate) answers: BTreeMap<String, Answer>,
    /// What any other path gets.
    pub(crate) not_found: Answer,
}

/// The whole world, read and checked, not yet running.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// The day the world is set on. Dates in registers and orders move with the real date.
    pub(crate) day: Date,
    /// Every site, in file order.
    pub(crate) sites: Vec<Site>,
    /// Seeds, guards, expectations and script.
    pub(crate) plan: Plan,
    /// Files that are handed out whole (orders, registers).
    pub(crate) files: Files,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorldToml {
    day: Spanned<String>,
    site: Vec<SiteToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteToml {
    host: Spanned<String>,
    address: Spanned<Ipv4Addr>,
    dir: Spanned<String>,
    /// The charset in Content-Type of HTML; empty means that the server names none.
    charset: String,
    #[serde(default = "nginx")]
    server: String,
    #[serde(default)]
    alias: Vec<Alias>,
    #[serde(default)]
    path: Vec<PathToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PathToml {
    path: Spanned<String>,
    file: Option<String>,
    status: Option<u16>,
    content_type: Option<String>,
    location: Option<String>,
}

fn nginx() -> String {
    "nginx".to_owned()
}

const WORLD: &str = "world.toml";

impl World {
    /// The world built into this binary.
    ///
    /// # Errors
    /// [`WorldError::Content`] or [`WorldError::Missing`]: a fault in `data/demo`.
    pub(crate) fn embedded() -> Result<Self, WorldError> {
        Self::read(Files::embedded()?)
    }

    /// Reads a world from its files and checks that it is whole: `.test` names only, one address
    /// each, no file named that does not exist, no link placeholder to a host that is not there.
    ///
    /// # Errors
    /// [`WorldError::Content`] or [`WorldError::Missing`], with file and line.
    pub(crate) fn read(files: Files) -> Result<Self, WorldError> {
        let text = files.text(WORLD, "the demo world")?.to_owned();
        let at = |offset: usize, reason: String| WorldError::Content {
            file: WORLD.to_owned(),
            line: line_of(text.as_bytes(), offset),
            reason,
        };
        let raw: WorldToml = read_toml(&files, WORLD)?;
        let day = parse_date(raw.day.get_ref()).ok_or_else(|| {
            at(
                raw.day.span().start,
                "day is not a date like 2026-11-21".into(),
            )
        })?;

        let (mut hosts, mut addresses) = (BTreeSet::new(), BTreeSet::new());
        let mut sites = Vec::new();
        for site in raw.site {
            let span = site.host.span().start;
            for host in
                std::iter::once(site.host.get_ref()).chain(site.alias.iter().map(|a| &a.host))
            {
                if !is_test_name(host) {
                    return Err(at(
                        span,
                        format!("{host} is not a lower-case name under .test"),
                    ));
                }
                if !hosts.insert(host.clone()) {
                    return Err(at(span, format!("{host} is named twice")));
                }
            }
            let address = *site.address.get_ref();
            if address.octets()[..3] != [127, 77, 0] || !addresses.insert(address) {
                return Err(at(
                    site.address.span().start,
                    format!("{address} is not a free address 127.77.0.N"),
                ));
            }
            sites.push(read_site(&files, site, &at)?);
        }
        for site in &sites {
            for (path, answer) in &site.answers {
                check_placeholders(&hosts, site, path, answer)?;
            }
        }
        let plan = Plan::read(&files, &hosts)?;
        Ok(Self {
            day,
            sites,
            plan,
            files,
        })
    }

    /// Every name of the world with its address, aliases included.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Ipv4Addr)> {
        self.sites.iter().flat_map(|site| {
            let aliases = site
                .aliases
                .iter()
                .map(|alias| (alias.host.as_str(), site.address));
            std::iter::once((site.host.as_str(), site.address)).chain(aliases)
        })
    }
}

/// Lower-case letters, digits, hyphens; ends in `.test`; at most 253 octets.
fn is_test_name(host: &str) -> bool {
    host.len() <= 253
        && host.ends_with(".test")
        && host.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
}

fn read_site(
    files: &Files,
    site: SiteToml,
    at: &dyn Fn(usize, String) -> WorldError,
) -> Result<Site, WorldError> {
    let folder = format!("sites/{}/", site.dir.get_ref());
    let mut answers = BTreeMap::new();
    let mut not_found = Answer {
        status: 404,
        content_type: Some("text/html".to_owned()),
        location: None,
        body: b"<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n</body>\r\n</html>\r\n".to_vec(),
    };
    for (path, bytes) in files.below(&folder) {
        let answer = Answer {
            status: 200,
            content_type: content_type(path, &site.charset),
            location: None,
            body: bytes.to_vec(),
        };
        if path == "404.html" {
            not_found = Answer {
                status: 404,
                ..answer
            };
        } else if let Some(dir) = path.strip_suffix("index.html") {
            if let Some(bare) = dir.strip_suffix('/') {
                let to = Answer {
                    status: 301,
                    content_type: None,
                    location: Some(format!("/{dir}")),
                    body: Vec::new(),
                };
                answers.insert(format!("/{bare}"), to);
            }
            answers.insert(format!("/{dir}"), answer);
        } else {
            if let Some(bare) = path.strip_suffix(".html") {
                answers.insert(format!("/{bare}"), answer.clone());
            }
            answers.insert(format!("/{path}"), answer);
        }
    }
    if !answers.contains_key("/") {
        return Err(at(
            site.dir.span().start,
            format!("{folder}index.html does not exist"),
        ));
    }
    for rule in site.path {
        let path = rule.path.get_ref();
        let body = match (&rule.file, &rule.location) {
            (Some(file), _) => files.bytes(&format!("{folder}{file}"), WORLD)?.to_vec(),
            (None, Some(_)) => Vec::new(),
            (None, None) => answers.get(path).map(|a| a.body.clone()).ok_or_else(|| {
                at(
                    rule.path.span().start,
                    format!("{path} has neither a file nor a location"),
                )
            })?,
        };
        let status = rule
            .status
            .unwrap_or(if rule.location.is_some() { 302 } else { 200 });
        if !(200..600).contains(&status) {
            return Err(at(
                rule.path.span().start,
                format!("{status} is not an HTTP status"),
            ));
        }
        let sent = rule
            .content_type
            .or_else(|| content_type(rule.file.as_deref().unwrap_or(path), &site.charset));
        answers.insert(
            path.clone(),
            Answer {
                status,
                content_type: sent,
                location: rule.location,
                body,
            },
        );
    }
    Ok(Site {
        host: site.host.into_inner(),
        address: site.address.into_inner(),
        aliases: site.alias,
        server: site.server,
        answers,
        not_found,
    })
}

fn check_placeholders(
    hosts: &BTreeSet<String>,
    site: &Site,
    path: &str,
    answer: &Answer,
) -> Result<(), WorldError> {
    let mut wrong = None;
    for bytes in [
        answer.body.as_slice(),
        answer.location.as_deref().unwrap_or("").as_bytes(),
    ] {
        let mut line = 1;
        pieces(bytes, |plain, host| {
            line += plain.iter().filter(|&&b| b == b'\n').count();
            if let Some(host) = host
                && !hosts.contains(host)
            {
                wrong.get_or_insert((line, host.to_owned()));
            }
        });
    }
    match wrong {
        None => Ok(()),
        Some((line, host)) => Err(WorldError::Content {
            file: format!("sites ({} {path})", site.host),
            line,
            reason: format!("links to {host}, which is not in world.toml"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn files(world: &'static str, pages: &[(&'static str, &'static str)]) -> Files {
        let mut files = Files::default();
        let plan = [
            ("seeds.csv", "url,source\n"),
            ("guards.toml", "list = []"),
            ("expectations.toml", "site = []"),
            ("script.toml", "step = []"),
        ];
        for (path, text) in [("world.toml", world)].iter().chain(&plan).chain(pages) {
            files.insert(*path, Cow::Borrowed(text.as_bytes())).unwrap();
        }
        files
    }

    const ONE: &str = "day = \"2026-11-21\"\n[[site]]\nhost = \"a.test\"\naddress = \"127.77.0.1\"\ndir = \"a\"\ncharset = \"utf-8\"\n";

    #[test]
    fn files_become_paths() {
        let pages = [
            ("sites/a/index.html", "home"),
            ("sites/a/kk/index.html", "kk"),
            ("sites/a/rules.html", "r"),
            ("sites/a/404.html", "no"),
        ];
        let world = World::read(files(ONE, &pages)).unwrap();
        let site = &world.sites[0];
        let paths: Vec<_> = site.answers.keys().map(String::as_str).collect();
        assert_eq!(paths, ["/", "/kk", "/kk/", "/rules", "/rules.html"]);
        assert_eq!(site.answers["/kk"].location.as_deref(), Some("/kk/"));
        assert_eq!(
            site.answers["/"].content_type.as_deref(),
            Some("text/html; charset=utf-8")
        );
        assert_eq!(
            (site.not_found.status, site.not_found.body.as_slice()),
            (404, b"no".as_slice())
        );
    }

    #[test]
    fn names_outside_test_are_refused_with_their_line() {
        let error = World::read(files(
            "day = \"2026-11-21\"\n[[site]]\nhost = \"a.kz\"\naddress = \"127.77.0.1\"\ndir = \"a\"\ncharset = \"\"\n",
            &[("sites/a/index.html", "")],
        ));
        let error = error.unwrap_err().to_string();
        assert!(error.starts_with("data/demo/world.toml:3: a.kz"), "{error}");
    }

    #[test]
    fn a_link_to_a_site_that_is_not_there_is_refused() {
        let error = World::read(files(ONE, &[("sites/a/index.html", "x\n{{base:b.test}}/")]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("a.test") && error.contains(":2: links to b.test"),
            "{error}"
        );
    }
}
