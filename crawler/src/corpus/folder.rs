//! A folder with a folder for each site: `site.toml` and the files it names.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use url::Url;

use super::{CorpusError, KINDS, Saved, Site, Wanted, load};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    host: Spanned<String>,
    kind: Spanned<String>,
    exchange: bool,
    serves_kz: bool,
    verdict: Wanted,
    #[serde(default)]
    licensed: bool,
    languages: Vec<String>,
    why: String,
    family: Option<String>,
    #[serde(default)]
    page: Vec<Named>,
    #[serde(default)]
    feed: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    path: Spanned<String>,
    file: Spanned<String>,
}

/// Reads every site of a folder, in order of their names. A folder without a `site.toml` may hold
/// sites in folders of its own.
pub(super) fn read(path: &Path) -> Result<Vec<Site>, CorpusError> {
    let mut sites = Vec::new();
    let mut waiting = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = waiting.pop() {
        let described = folder.join("site.toml");
        if described.is_file() {
            let name = folder.strip_prefix(path).unwrap_or(&folder);
            sites.push(site(&folder, &described, name)?);
        } else if depth < 3 {
            let unreadable = |source| CorpusError::Read {
                path: folder.clone(),
                source,
            };
            for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?.path();
                if entry.is_dir() {
                    waiting.push((entry, depth + 1));
                }
            }
        }
    }
    sites.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sites)
}

fn site(folder: &Path, described: &Path, name: &Path) -> Result<Site, CorpusError> {
    let text = String::from_utf8_lossy(&load(described)?).into_owned();
    let read: Described = toml::from_str(&text).map_err(|error| CorpusError::Shape {
        path: described.to_owned(),
        problem: error.to_string(),
    })?;
    let at = |value: &Spanned<String>, problem: String| CorpusError::Line {
        path: described.to_owned(),
        line: line_of(&text, value.span().start),
        problem,
    };
    if !KINDS.contains(&read.kind.as_ref().as_str()) {
        let problem = format!("no such kind; one of {}", KINDS.join(", "));
        return Err(at(&read.kind, problem));
    }
    let host = judged_host(read.host.as_ref());
    let base = Url::parse(&format!("https://{host}/"))
        .map_err(|error| at(&read.host, format!("no host: {error}")))?;
    if read.page.is_empty() && read.feed.is_empty() {
        let problem = "a site needs a [[page]] with path and file".to_owned();
        return Err(at(&read.host, problem));
    }
    let saved = |named: &[Named]| -> Result<Vec<Saved>, CorpusError> {
        let one = |named: &Named| {
            let url = base
                .join(named.path.as_ref())
                .ok()
                .filter(|url| url.host() == base.host() && named.path.as_ref().starts_with('/'))
                .ok_or_else(|| {
                    at(
                        &named.path,
                        "a path begins with / and stays on the host".into(),
                    )
                })?;
            let file = inside(folder, named.file.as_ref())
                .ok_or_else(|| at(&named.file, "a file of this folder is meant".into()))?;
            let body = std::fs::read(&file)
                .map_err(|error| at(&named.file, format!("{}: {error}", named.file.as_ref())))?;
            Ok(Saved { url, body })
        };
        named.iter().map(one).collect()
    };
    Ok(Site {
        name: name.to_string_lossy().into_owned(),
        pages: saved(&read.page)?,
        feeds: saved(&read.feed)?,
        family: read.family.unwrap_or_else(|| host.to_owned()),
        kind: Some(read.kind.into_inner()),
        exchange: Some(read.exchange),
        serves_kz: Some(read.serves_kz),
        verdict: Some(read.verdict.into()),
        licensed: read.licensed,
        languages: read.languages,
        why: read.why,
    })
}

/// Invented hosts end in `.test`. They are judged without it where a name of two labels remains, so
/// that `tezalmas.kz.test` counts as a host under `.kz` and nobody's name is borrowed.
fn judged_host(host: &str) -> &str {
    match host.strip_suffix(".test") {
        Some(rest) if rest.contains('.') => rest,
        _ => host,
    }
}

fn inside(folder: &Path, file: &str) -> Option<PathBuf> {
    let plain = Path::new(file)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (plain && !file.is_empty()).then(|| folder.join(file))
}

fn line_of(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "host = \"ayirbas.kz.test\"\nkind = \"instant_exchanger\"\nexchange = true\nserves_kz = true\n\
        verdict = \"flag\"\nlanguages = [\"kk\"]\nwhy = \"It takes orders.\"\n\n[[page]]\npath = \"/\"\nfile = \"home.html\"\n";

    fn read_with(site: &str) -> Result<Vec<Site>, String> {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("a");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("site.toml"), site).unwrap();
        std::fs::write(folder.join("home.html"), "<p>x").unwrap();
        let all = super::super::read(dir.path());
        all.map_err(|error| error.to_string().replace(&*folder.to_string_lossy(), "a"))
    }

    #[test]
    fn a_site_is_read_and_its_host_loses_what_marks_it_as_invented() {
        let sites = read_with(SITE).unwrap();
        assert_eq!(sites[0].pages[0].url.as_str(), "https://ayirbas.kz/");
        assert_eq!(sites[0].name, "a");
        assert_eq!(judged_host("obmen.test"), "obmen.test");
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        for (from, to, said) in [
            (
                "instant_exchanger",
                "exchanger",
                "a/site.toml, line 2: no such kind; one of affiliate",
            ),
            (
                "home.html",
                "none.html",
                "a/site.toml, line 11: none.html: ",
            ),
            (
                "home.html",
                "../x.html",
                "a/site.toml, line 11: a file of this folder",
            ),
            (
                "path = \"/\"",
                "path = \"//b.test/\"",
                "a/site.toml, line 10: a path begins with /",
            ),
            ("ayirbas.kz.test", "a b", "a/site.toml, line 1: no host"),
            (
                "[[page]]\npath = \"/\"\nfile = \"home.html\"",
                "",
                "a/site.toml, line 1: a site needs a [[page]]",
            ),
        ] {
            let error = read_with(&SITE.replace(from, to)).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
        let error =
            read_with(&SITE.replace("verdict = \"flag\"", "verdict = \"block\"")).unwrap_err();
        assert!(
            error.contains("a/site.toml") && error.contains("line 5"),
            "{error}"
        );
    }

    #[test]
    fn an_empty_folder_is_said_to_be_empty() {
        let dir = tempfile::tempdir().unwrap();
        let error = super::super::read(dir.path()).unwrap_err().to_string();
        assert!(
            error.ends_with("no site in it; a site is a folder with a site.toml and its pages")
        );
    }
}
