//! Where releases come from: a directory or an http(s) base with the static layout of a release.
//! Nothing that is read here is believed; it is only bounded. Believing is for
//! [`blocklist::verify`].

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use tokio::io::AsyncReadExt;

use crate::error::SourceError;

/// A release base.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListSource {
    /// A directory, as `publish` writes it.
    Directory(PathBuf),
    /// An address below which the same files are served.
    Http(reqwest::Url),
}

impl FromStr for ListSource {
    type Err = SourceError;

    /// `http://…` and `https://…` are addresses, everything else is a directory.
    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text.is_empty() {
            return Err(SourceError::Base(text.into()));
        }
        if !text.contains("://") {
            return Ok(Self::Directory(text.into()));
        }
        let refused = || SourceError::Base(text.chars().take(200).collect());
        // A base without its final slash would lose its last part when paths are joined.
        let text = if text.ends_with('/') {
            text.to_owned()
        } else {
            format!("{text}/")
        };
        let url = reqwest::Url::parse(&text).map_err(|_| refused())?;
        if matches!(url.scheme(), "http" | "https") && url.query().is_none() {
            Ok(Self::Http(url))
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for ListSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::Http(url) => write!(f, "{url}"),
        }
    }
}

/// A source opened for reading.
#[derive(Debug, Clone)]
pub enum Reader {
    /// Files below a directory.
    Directory(PathBuf),
    /// Files below an address.
    Http(reqwest::Client, reqwest::Url),
}

impl Reader {
    /// Opens a base; nothing is read yet.
    pub fn open(source: &ListSource) -> Result<Self, SourceError> {
        match source {
            ListSource::Directory(path) => Ok(Self::Directory(path.clone())),
            ListSource::Http(url) => {
                // reqwest is built without a TLS provider of its own; a second installation is
                // refused by rustls, which is what we want.
                let _ = rustls::crypto::ring::default_provider().install_default();
                let client = reqwest::Client::builder()
                    .user_agent(concat!("qalqan-resolver/", env!("CARGO_PKG_VERSION")))
                    // A mirror that redirects could be led elsewhere; signatures would notice, the
                    // operator would not.
                    .redirect(reqwest::redirect::Policy::none())
                    .connect_timeout(Duration::from_secs(5))
                    .read_timeout(Duration::from_secs(10))
                    .timeout(Duration::from_secs(60))
                    .build()
                    .map_err(SourceError::Client)?;
                Ok(Self::Http(client, url.clone()))
            }
        }
    }

    /// Reads `path` below the base, which must be at most `limit` octets.
    pub async fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
        match self {
            Self::Directory(base) => read_file(base.join(path), path, limit).await,
            Self::Http(client, base) => {
                let url = base
                    .join(path)
                    .map_err(|_| SourceError::Base(path.into()))?;
                fetch(client, url, path, limit).await
            }
        }
    }
}

async fn read_file(file: PathBuf, path: &str, limit: u64) -> Result<Vec<u8>, SourceError> {
    let failed = |source: std::io::Error| match source.kind() {
        std::io::ErrorKind::NotFound => SourceError::NotFound(file.display().to_string()),
        _ => SourceError::Io {
            path: file.clone(),
            source,
        },
    };
    let open = tokio::fs::File::open(&file).await.map_err(failed)?;
    let mut bytes = Vec::new();
    open.take(limit + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(failed)?;
    if bytes.len() as u64 > limit {
        return Err(SourceError::TooLarge {
            path: path.into(),
            limit,
        });
    }
    Ok(bytes)
}

async fn fetch(
    client: &reqwest::Client,
    url: reqwest::Url,
    path: &str,
    limit: u64,
) -> Result<Vec<u8>, SourceError> {
    let failed = |source| SourceError::Http {
        path: path.into(),
        source,
    };
    let mut response = client.get(url).send().await.map_err(failed)?;
    match response.status().as_u16() {
        200 => {}
        404 | 410 => return Err(SourceError::NotFound(path.into())),
        status => {
            return Err(SourceError::Status {
                path: path.into(),
                status,
            });
        }
    }
    let mut bytes = Vec::new();
    // Counted as it comes: a Content-Length is a claim, and gzip makes it mean something else.
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if (bytes.len() + chunk.len()) as u64 > limit {
            return Err(SourceError::TooLarge {
                path: path.into(),
                limit,
            });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases_are_told_apart() {
        let directory: ListSource = "./release".parse().unwrap();
        assert_eq!(directory, ListSource::Directory("./release".into()));
        let ListSource::Http(url) = "https://list.qalqan.test/mirror".parse().unwrap() else {
            panic!("an address");
        };
        assert_eq!(
            url.join("log/checkpoint").unwrap().path(),
            "/mirror/log/checkpoint"
        );
        for wrong in [
            "",
            "ftp://list.qalqan.test/",
            "https://",
            "https://list.qalqan.test/?a=b",
        ] {
            assert!(wrong.parse::<ListSource>().is_err(), "{wrong}");
        }
    }

    #[tokio::test]
    async fn files_are_bounded_and_absence_is_told() {
        let base = tempfile::tempdir().unwrap();
        std::fs::write(base.path().join("release"), b"12345").unwrap();
        let reader = Reader::open(&ListSource::Directory(base.path().into())).unwrap();
        assert_eq!(reader.read("release", 5).await.unwrap(), b"12345");
        assert!(matches!(
            reader.read("release", 4).await,
            Err(SourceError::TooLarge { .. })
        ));
        assert!(matches!(
            reader.read("missing", 4).await,
            Err(SourceError::NotFound(_))
        ));
    }
}
