//! The secrets shared with secondaries (TSIG, RFC 8945), in the form in which BIND's `tsig-keygen`
//! prints them and BIND's own configuration holds them, so that one file serves both sides:
//!
//! ```text
//! key "isp-one" {
//!     algorithm hmac-sha256;
//!     secret "…base64…";
//! };
//! ```

use std::{collections::BTreeMap, io, path::Path, path::PathBuf, str::FromStr, sync::Arc};

use domain::{
    base::{Name, ToName},
    tsig::{Algorithm, Key, KeyName, KeyStore},
    utils::base64,
};

/// Fewest octets of a secret; half of what the weakest algorithm here could use.
const MIN_SECRET: usize = 16;
/// Most octets of a key file.
const MAX_FILE: u64 = 1 << 20;

/// Keys by name.
#[derive(Debug, Clone, Default)]
pub struct Keys(BTreeMap<String, Arc<Key>>);

/// A key file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Everybody on this machine may read the secrets.
    #[error("{0} can be read by everybody on this machine; `chmod o= {0}`")]
    Open(PathBuf),
    /// It says something else.
    #[error("{path}:{line}: {problem}")]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what is wanted.
        problem: String,
    },
}

impl Keys {
    /// Reads a key file.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        use std::{io::Read as _, os::unix::fs::PermissionsExt as _};
        let failed = |source| KeysError::Io {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.permissions().mode() & 0o004 != 0 {
            return Err(KeysError::Open(path.to_owned()));
        }
        let mut text = String::new();
        file.take(MAX_FILE)
            .read_to_string(&mut text)
            .map_err(failed)?;
        Self::parse(&text).map_err(|(line, problem)| KeysError::Syntax {
            path: path.to_owned(),
            line,
            problem,
        })
    }

    /// Reads the text of a key file; an error has its line, from 1.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut words = Words {
            rest: text,
            line: 1,
        };
        let mut keys = Self::default();
        while let Some(word) = words.next()? {
            if word != "key" {
                return Err(words.wrong(&format!("`{word}` stands where `key` is wanted")));
            }
            let name = words.value("the key's name")?.to_ascii_lowercase();
            let line = words.line;
            let key = clause(&mut words, &name)?;
            if keys.0.insert(name.clone(), Arc::new(key)).is_some() {
                return Err((line, format!("a second key is called `{name}`")));
            }
        }
        Ok(keys)
    }

    /// The key of this name.
    pub fn get(&self, name: &str) -> Option<&Arc<Key>> {
        self.0.get(&name.to_ascii_lowercase())
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl KeyStore for Keys {
    type Key = Arc<Key>;

    fn get_key<N: ToName>(&self, name: &N, algorithm: Algorithm) -> Option<Arc<Key>> {
        let mut keys = self.0.values();
        keys.find(|key| key.name().name_eq(name) && key.algorithm() == algorithm)
            .cloned()
    }
}

/// What stands between the braces.
fn clause(words: &mut Words<'_>, name: &str) -> Result<Key, (usize, String)> {
    let wrong_name = |_| words.wrong(&format!("`{name}` is no name for a key"));
    let wire: Name<Vec<u8>> = Name::from_str(name).map_err(wrong_name)?;
    let Ok(wire) = wire.try_to_name() else {
        return Err(words.wrong(&format!("`{name}` is no name for a key")));
    };
    let wire: KeyName = wire;
    words.expect("{")?;
    let (mut algorithm, mut secret) = (None, None);
    loop {
        match words.word("`algorithm`, `secret` or `}`")? {
            "}" => break,
            "algorithm" => {
                let word = words.value("an algorithm")?;
                algorithm = Some(match word.to_ascii_lowercase().as_str() {
                    "hmac-sha256" => Algorithm::Sha256,
                    "hmac-sha512" => Algorithm::Sha512,
                    _ => {
                        return Err(words.wrong(&format!(
                            "`{word}` is not an algorithm taken here; hmac-sha256 and hmac-sha512 are"
                        )));
                    }
                });
            }
            "secret" => {
                let word = words.value("a secret")?;
                // The secret itself is not repeated in an error.
                let octets: Vec<u8> =
                    base64::decode(word).map_err(|_| words.wrong("the secret is not base64"))?;
                if octets.len() < MIN_SECRET {
                    return Err(words.wrong(&format!(
                        "the secret has {} octets, fewer than {MIN_SECRET}; `tsig-keygen {name}` makes a good one",
                        octets.len()
                    )));
                }
                secret = Some(octets);
            }
            other => {
                return Err(words.wrong(&format!(
                    "`{other}` stands where `algorithm`, `secret` or `}}` is wanted"
                )));
            }
        }
        words.expect(";")?;
    }
    words.expect(";")?;
    let (Some(algorithm), Some(secret)) = (algorithm, secret) else {
        return Err(words.wrong(&format!("key `{name}` needs an algorithm and a secret")));
    };
    Key::new(algorithm, &secret, wire, None, None).map_err(|error| words.wrong(&error.to_string()))
}

/// Words, strings and punctuation of BIND's configuration.
struct Words<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Words<'t> {
    /// The next word, or the content of the next string; `None` at the end.
    fn next(&mut self) -> Result<Option<&'t str>, (usize, String)> {
        self.skip_blanks()?;
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        if let Some(string) = self.rest.strip_prefix('"') {
            let end = string
                .find(['"', '\n'])
                .filter(|&end| string[end..].starts_with('"'));
            let Some((content, rest)) = end.and_then(|end| string.split_at_checked(end)) else {
                return Err(self.wrong("a string does not end on its line"));
            };
            self.rest = rest.strip_prefix('"').unwrap_or(rest);
            return Ok(Some(content));
        }
        let length = match first {
            '{' | '}' | ';' => 1,
            _ => self
                .rest
                .find(|c: char| c.is_whitespace() || "{};\"".contains(c))
                .unwrap_or(self.rest.len()),
        };
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(Some(word))
    }

    /// White space and comments of all three kinds.
    fn skip_blanks(&mut self) -> Result<(), (usize, String)> {
        loop {
            let trimmed = self.rest.trim_start();
            self.pass(self.rest.len() - trimmed.len());
            if trimmed.starts_with('#') || trimmed.starts_with("//") {
                self.pass(trimmed.find('\n').unwrap_or(trimmed.len()));
            } else if trimmed.starts_with("/*") {
                let Some(end) = trimmed.find("*/") else {
                    return Err(self.wrong("a comment does not end"));
                };
                self.pass(end + 2);
            } else {
                return Ok(());
            }
        }
    }

    fn pass(&mut self, octets: usize) {
        let (passed, rest) = self.rest.split_at(octets);
        self.line += passed.matches('\n').count();
        self.rest = rest;
    }

    fn word(&mut self, wanted: &str) -> Result<&'t str, (usize, String)> {
        match self.next()? {
            Some(word) => Ok(word),
            None => Err(self.wrong(&format!("the file ends where {wanted} is wanted"))),
        }
    }

    fn value(&mut self, wanted: &str) -> Result<&'t str, (usize, String)> {
        match self.word(wanted)? {
            word @ ("{" | "}" | ";" | "") => {
                Err(self.wrong(&format!("`{word}` stands where {wanted} is wanted")))
            }
            word => Ok(word),
        }
    }

    fn expect(&mut self, wanted: &str) -> Result<(), (usize, String)> {
        match self.word(&format!("`{wanted}`"))? {
            word if word == wanted => Ok(()),
            // What stands there may be half a secret.
            _ => Err(self.wrong(&format!("`{wanted}` is missing"))),
        }
    }

    fn wrong(&self, problem: &str) -> (usize, String) {
        (self.line, problem.chars().take(200).collect())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "c2VjcmV0IG9mIHRoaXJ0eS10d28gb2N0ZXRzISEhISE=";

    #[test]
    fn what_tsig_keygen_prints_is_read() {
        let text = format!(
            "# one\nkey \"ISP-One\" {{\n\talgorithm hmac-sha256;\n\tsecret \"{SECRET}\";\n}};\n\
             /* two\n */ key isp-two.example {{ secret {SECRET}; algorithm HMAC-SHA512; }}; // end"
        );
        let keys = Keys::parse(&text).unwrap();
        assert!(keys.names().eq(["isp-one", "isp-two.example"]));
        let one = keys.get("isp-ONE").unwrap();
        assert_eq!(one.algorithm(), Algorithm::Sha256);
        assert_eq!(
            keys.get("isp-two.example").unwrap().algorithm(),
            Algorithm::Sha512
        );
        let name: Name<Vec<u8>> = "Isp-One.".parse().unwrap();
        assert!(keys.get_key(&name, Algorithm::Sha256).is_some());
        assert!(keys.get_key(&name, Algorithm::Sha512).is_none());
        assert!(Keys::parse("").unwrap().names().next().is_none());
    }

    #[test]
    fn a_wrong_file_is_refused_with_its_line_and_never_shows_a_secret() {
        let key = |inside: &str| format!("\nkey a {{\n{inside}\n}};\n");
        let good = format!("algorithm hmac-sha256; secret \"{SECRET}\";");
        for (text, line, words) in [
            (key("algorithm hmac-md5;"), 3, "hmac-sha512"),
            (
                key("algorithm hmac-sha256; secret \"c2hvcnQ=\";"),
                3,
                "tsig-keygen",
            ),
            (key("algorithm hmac-sha256; secret \"?\";"), 3, "base64"),
            (key("algorithm hmac-sha256;"), 4, "needs"),
            (key(&format!("secret {SECRET} algorithm")), 3, "`;`"),
            (key(&format!("secret \"{SECRET}")), 3, "does not end"),
            (format!("{}{}", key(&good), key(&good)), 6, "second"),
            ("key a {".into(), 1, "ends"),
            ("zone a {};".into(), 1, "`key`"),
            ("key ; {};".into(), 1, "name"),
            (format!("key a..b {{ {good} }};"), 1, "name"),
            ("/* key".into(), 1, "comment"),
        ] {
            let (at, problem) = Keys::parse(&text).unwrap_err();
            assert_eq!(at, line, "{text}: {problem}");
            assert!(problem.contains(words), "{text}: {problem}");
            assert!(!problem.contains("c2VjcmV0"), "{problem}");
        }
    }

    #[test]
    fn a_file_that_everybody_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        std::fs::write(&path, "").unwrap();
        let mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            Keys::read(&path)
        };
        assert!(matches!(mode(0o644), Err(KeysError::Open(_))));
        assert!(mode(0o640).is_ok());
        let missing = Keys::read(&folder.path().join("none"));
        assert!(matches!(missing, Err(KeysError::Io { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(key|[a-z]{1,3}|algorithm hmac-sha256|secret|[{};\"#/* \n]|\\PC){0,40}") {
            if let Err((line, _)) = Keys::parse(&text) {
                prop_assert!(line <= text.matches('\n').count() + 1);
            }
        }
    }
}
