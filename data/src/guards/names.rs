//! An operator's list: CSV as Tranco and its kin publish it, or one name a line.

use std::collections::HashMap;

use blocklist::DomainName;

use super::{GuardFileError, Problem};

/// The most names in one list.
pub const MAX_NAMES: usize = 250_000;

/// Reads a file of names. A line holds a name, or `rank,name`; a first line that names a column
/// `domain`, `name` or `host` says which column counts. Empty lines and lines that begin with `#`
/// are passed over. Names may be written in any form; they come back in their normal form, in the
/// order of the file.
///
/// # Errors
/// The first line that is no name or repeats one, with file and line.
pub fn read_names(file: &str, text: &str) -> Result<Vec<DomainName>, GuardFileError> {
    let mut names = Vec::new();
    let mut seen: HashMap<DomainName, usize> = HashMap::new();
    let mut column = None;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()));
    for (line, content) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let fail = |problem| GuardFileError {
            file: file.to_owned(),
            line,
            problem,
        };
        let mut fields = content.split(',').map(str::trim);
        if column.is_none() {
            let heading = |field: &str| matches!(field, "domain" | "name" | "host");
            if let Some(at) = fields.clone().position(heading) {
                column = Some(at);
                continue;
            }
        }
        let column = *column.get_or_insert_with(|| {
            let rank = fields.clone().next().unwrap_or_default();
            let ranked = !rank.is_empty() && rank.bytes().all(|c| c.is_ascii_digit());
            usize::from(ranked && content.contains(','))
        });
        let name = DomainName::parse(fields.nth(column).unwrap_or_default())
            .map_err(|error| fail(error.into()))?;
        if let Some(first) = seen.insert(name.clone(), line) {
            return Err(fail(Problem::Twice {
                name: name.to_string(),
                first: format!("line {first}"),
            }));
        }
        if names.len() == MAX_NAMES {
            return Err(fail(Problem::TooMany(MAX_NAMES)));
        }
        names.push(name);
    }
    if names.is_empty() {
        return Err(GuardFileError {
            file: file.to_owned(),
            line: 1,
            problem: Problem::Empty,
        });
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        read_names("top.csv", text)
            .map(|names| names.iter().map(ToString::to_string).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn lists_as_people_publish_them() {
        let names = Ok(vec![
            "google.com".to_owned(),
            "xn--80aac5a9ai0e.kz".to_owned(),
        ]);
        for text in [
            "google.com\nайырбас.kz\n",
            "\u{feff}# mine\r\n\r\nGoogle.COM.\r\n айырбас.kz \r\n",
            "1,google.com\n2,xn--80aac5a9ai0e.kz",
            "rank,domain,source\n1,google.com,x\n2,айырбас.kz,y",
            "name,rank\ngoogle.com,1\nайырбас.kz,2",
        ] {
            assert_eq!(read(text), names, "{text}");
        }
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, says) in [
            ("", "top.csv:1: there is no name"),
            ("# nothing\n", "top.csv:1: there is no name"),
            (
                "1,a.kz\n\n2,A.KZ.",
                "top.csv:3: a.kz stands at line 1 already",
            ),
            ("a.kz\n*.b.kz", "top.csv:2: `*.b.kz` is not a domain name"),
            (
                "1,a.kz\n2,127.0.0.1",
                "top.csv:2: `127.0.0.1` is an IP address",
            ),
            ("1,a.kz\n2", "top.csv:2: the name is empty"),
        ] {
            assert!(
                read(text).unwrap_err().starts_with(says),
                "{text}: {:?}",
                read(text)
            );
        }
        let many: String = (0..=MAX_NAMES).map(|n| format!("a{n}.kz\n")).collect();
        assert!(read(&many).unwrap_err().contains("more than 250000"));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_read(text in "(\\PC|[,\\n#\"\r]){0,120}") {
            if let Ok(names) = read_names("x", &text) {
                prop_assert!(names.len() <= text.lines().count());
            }
        }
    }
}
