//! Seeds: where a crawl begins. A CSV file with a header line; the column `url` (or `host`, or the
//! first column) holds an address or a bare name, the rest is for people.

use url::Url;

/// A seed file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file could not be read.
    #[error("{file}: {source}")]
    Read {
        /// File name.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line that is no address.
    #[error("{file}, line {line}: \"{text}\" is not a web address: {problem}")]
    Line {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// The field as written.
        text: String,
        /// What is wrong.
        problem: String,
    },
}

/// Reads a seed file from disk.
///
/// # Errors
/// The first line that cannot be used, with file and line.
pub fn read_file(path: &std::path::Path) -> Result<Vec<Url>, SeedError> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|source| SeedError::Read {
        file: file.clone(),
        source,
    })?;
    read(&file, &text)
}

/// Reads the text of a seed file.
///
/// # Errors
/// The first line that cannot be used, with file and line.
pub fn read(file: &str, text: &str) -> Result<Vec<Url>, SeedError> {
    let mut seeds = Vec::new();
    let mut column = 0;
    let text = text.trim_start_matches('\u{FEFF}');
    let mut first = true;
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let fields = fields(line);
        if std::mem::take(&mut first) {
            let named = |name: &str| {
                fields
                    .iter()
                    .position(|field| field.eq_ignore_ascii_case(name))
            };
            if let Some(at) = named("url").or_else(|| named("host")) {
                column = at;
                continue;
            }
        }
        let text = fields
            .get(column)
            .map(|field| field.trim())
            .unwrap_or_default();
        let url = parse(text).map_err(|problem| SeedError::Line {
            file: file.to_owned(),
            line: number + 1,
            text: text.chars().take(200).collect(),
            problem,
        })?;
        if !seeds.contains(&url) {
            seeds.push(url);
        }
    }
    Ok(seeds)
}

fn parse(text: &str) -> Result<Url, String> {
    if text.is_empty() {
        return Err("the field is empty".to_owned());
    }
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}/")
    };
    let mut url = Url::parse(&with_scheme).map_err(|error| error.to_string())?;
    url.set_fragment(None);
    if !matches!(url.scheme(), "http" | "https") {
        return Err("only http and https are crawled".to_owned());
    }
    match url.domain() {
        Some(host) if host.contains('.') => {
            blocklist::DomainName::parse(host).map_err(|error| error.to_string())?;
            Ok(url)
        }
        Some(_) => Err("a name needs a dot, as in example.kz".to_owned()),
        None => Err("only names are crawled, not addresses".to_owned()),
    }
}

/// One CSV line; quoted fields may hold commas and doubled quotes.
fn fields(line: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                if let Some(field) = out.last_mut() {
                    field.push('"');
                }
            }
            '"' => quoted = !quoted,
            ',' | ';' if !quoted => out.push(String::new()),
            c => {
                if let Some(field) = out.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_addresses() {
        let seeds = read(
            "s.csv",
            "note,url\n\"a, b\",shop.test\n# later\nx,http://Другой.test:8090/p#f\n\nx,shop.test\n",
        )
        .unwrap();
        assert_eq!(
            seeds.iter().map(Url::as_str).collect::<Vec<_>>(),
            ["https://shop.test/", "http://xn--c1abqtis.test:8090/p"]
        );
        assert_eq!(read("s.csv", "a.test\nb.test").unwrap().len(), 2);
    }

    #[test]
    fn errors_name_file_and_line() {
        for (text, part) in [
            (
                "url\na.test\nhttp://127.0.0.1/\n",
                "s.csv, line 3: \"http://127.0.0.1/\"",
            ),
            ("url\nftp://a.test/", "only http and https"),
            ("url\nlocalhost", "needs a dot"),
            ("url,x\n,y", "empty"),
        ] {
            let error = read("s.csv", text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    proptest! {
        #[test]
        fn any_text(text in "\\PC{0,200}") {
            let _ = read("s.csv", &text);
        }
    }
}
