//! A file with one page a line: `{"url", "html" or "text", "kind"?, "exchange"?, "serves_kz"?,
//! "verdict"?, "licensed"?, "language"?}`. Each page is a site of its own. Other fields are left alone,
//! so that people's own exports need no rewriting.

use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::{CorpusError, Saved, Site, Wanted, load};
use crate::plain;

#[derive(Deserialize)]
struct Line {
    url: String,
    html: Option<String>,
    text: Option<String>,
    kind: Option<String>,
    exchange: Option<bool>,
    serves_kz: Option<bool>,
    verdict: Option<Wanted>,
    #[serde(default)]
    licensed: bool,
    language: Option<String>,
    family: Option<String>,
}

/// Reads the file; empty lines count, and are passed over.
pub(super) fn read(path: &Path) -> Result<Vec<Site>, CorpusError> {
    let bytes = load(path)?;
    let at = |line: usize, problem: String| CorpusError::Line {
        path: path.to_owned(),
        line,
        problem,
    };
    let mut sites = Vec::new();
    for (index, bytes) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let number = index + 1;
        let text = std::str::from_utf8(bytes).map_err(|_| at(number, "not UTF-8".to_owned()))?;
        if text.trim().is_empty() {
            continue;
        }
        let line: Line =
            serde_json::from_str(text).map_err(|error| at(number, error.to_string()))?;
        sites.push(site(line).map_err(|problem| at(number, problem))?);
    }
    Ok(sites)
}

fn site(line: Line) -> Result<Site, String> {
    let url = Url::parse(&line.url).map_err(|error| format!("url: {error}"))?;
    if url.host_str().is_none() {
        return Err("url: a web address with a host is meant".to_owned());
    }
    let body = match (line.html, line.text) {
        (Some(html), _) => html,
        (None, Some(text)) => plain::markup(&text),
        (None, None) => return Err("a page needs html or text".to_owned()),
    };
    Ok(Site {
        name: line.url,
        family: line
            .family
            .or_else(|| url.host_str().map(str::to_owned))
            .unwrap_or_default(),
        kind: line.kind,
        exchange: line.exchange,
        serves_kz: line.serves_kz,
        verdict: line.verdict.map(Into::into),
        licensed: line.licensed,
        languages: line.language.into_iter().collect(),
        why: String::new(),
        pages: vec![Saved {
            url,
            body: body.into_bytes(),
        }],
        feeds: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::assessment::Verdict;

    fn read_text(text: &str) -> Result<Vec<Site>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let all = super::super::read(file.path());
        all.map_err(|error| {
            error
                .to_string()
                .replace(&*file.path().to_string_lossy(), "f")
        })
    }

    #[test]
    fn pages_are_read_line_by_line() {
        let sites = read_text(
            "{\"url\":\"https://a.test/\",\"html\":\"<p>x\",\"exchange\":true,\"serves_kz\":true}\n\n\
             {\"url\":\"https://b.test/\",\"text\":\"5 < 6\",\"verdict\":\"review\",\"note\":1}\n",
        )
        .unwrap();
        assert_eq!(sites[0].wanted(), Some(Verdict::Flag));
        assert_eq!(sites[1].wanted(), Some(Verdict::Review));
        assert!(String::from_utf8_lossy(&sites[1].pages[0].body).contains("5 &lt; 6"));
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        for (text, said) in [
            ("\n{", "f, line 2: EOF"),
            ("{\"url\":\"x\",\"text\":\"\"}", "f, line 1: url: "),
            (
                "{\"url\":\"https://a.test/\"}",
                "f, line 1: a page needs html or text",
            ),
            ("\n\n", "f: no site in it"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.starts_with(said), "{error}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_line_is_read_or_refused(text in "(\\{|\\}|\"url\":|\"https://a.test/\"|,|\"html\":|\"verdict\":|\"flag\"|true|\\n|\\PC){0,40}") {
            if let Err(error) = read_text(&text) {
                prop_assert!(error.starts_with("f"), "{}", error);
            }
        }
    }
}
