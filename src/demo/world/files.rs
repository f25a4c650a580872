//! The files of `data/demo`, kept inside the binary.

use std::borrow::Cow;
use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use super::error::WorldError;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/data/demo");

/// The largest file the demo world may hold, in bytes: these are pages, not downloads.
const MAX_FILE_BYTES: usize = 256 * 1024;

/// Every file of a demo world by its path below `data/demo`, with `/` between folders.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files(BTreeMap<String, Cow<'static, [u8]>>);

impl Files {
    /// The files built into this binary.
    ///
    /// # Errors
    /// [`WorldError::Content`] when a file is larger than 256 KiB.
    pub(crate) fn embedded() -> Result<Self, WorldError> {
        let mut files = Self::default();
        files.add(&EMBEDDED)?;
        Ok(files)
    }

    fn add(&mut self, dir: &'static Dir<'static>) -> Result<(), WorldError> {
        for file in dir.files() {
            let path = file.path().to_string_lossy().replace('\\', "/");
            self.insert(path, Cow::Borrowed(file.contents()))?;
        }
        for below in dir.dirs() {
            self.add(below)?;
        }
        Ok(())
    }

    /// Adds one file; used by tests to build small worlds by hand.
    pub(crate) fn insert(
        &mut self,
        path: impl Into<String>,
        bytes: Cow<'static, [u8]>,
    ) -> Result<(), WorldError> {
        let path = path.into();
        if bytes.len() > MAX_FILE_BYTES {
            return Err(WorldError::Content {
                file: path,
                line: 1,
                reason: format!(
                    "{} bytes, but a demo file holds at most {MAX_FILE_BYTES}",
                    bytes.len()
                ),
            });
        }
        self.0.insert(path, bytes);
        Ok(())
    }

    /// The bytes of one file.
    ///
    /// # Errors
    /// [`WorldError::Missing`] when there is no such file.
    pub(crate) fn bytes(&self, path: &str, named_in: &str) -> Result<&[u8], WorldError> {
        self.0
            .get(path)
            .map(Cow::as_ref)
            .ok_or_else(|| WorldError::Missing {
                file: path.to_owned(),
                named_in: named_in.to_owned(),
            })
    }

    /// The text of one file.
    ///
    /// # Errors
    /// [`WorldError::Missing`] when there is no such file, [`WorldError::Content`] when it is not UTF-8.
    pub(crate) fn text(&self, path: &str, named_in: &str) -> Result<&str, WorldError> {
        let bytes = self.bytes(path, named_in)?;
        std::str::from_utf8(bytes).map_err(|e| WorldError::Content {
            file: path.to_owned(),
            line: line_of(bytes, e.valid_up_to()),
            reason: "is not UTF-8 text".to_owned(),
        })
    }

    /// The files below a folder (`sites/kerbez/`), each as (path inside the folder, bytes).
    pub(crate) fn below<'a>(
        &'a self,
        folder: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0
            .range(folder.to_owned()..)
            .map_while(move |(path, bytes)| Some((path.strip_prefix(folder)?, bytes.as_ref())))
    }
}

/// The 1-based line in which byte `offset` stands.
pub(crate) fn line_of(bytes: &[u8], offset: usize) -> usize {
    1 + bytes.iter().take(offset).filter(|&&b| b == b'\n').count()
}

/// Reads one TOML file of the world.
///
/// # Errors
/// [`WorldError::Missing`], or [`WorldError::Content`] with the line the parser stopped at.
pub(crate) fn read_toml<T: serde::de::DeserializeOwned>(
    files: &Files,
    path: &str,
) -> Result<T, WorldError> {
    let text = files.text(path, "the demo world")?;
    toml::from_str(text).map_err(|e| WorldError::Content {
        file: path.to_owned(),
        line: line_of(text.as_bytes(), e.span().map_or(0, |span| span.start)),
        reason: e.message().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toml_fault_names_its_file_and_line() {
        let mut files = Files::default();
        files
            .insert(
                "world.toml",
                Cow::Borrowed(b"day = \"2026-11-21\"\n\nsite = [[[\n"),
            )
            .unwrap();
        let error = read_toml::<toml::Table>(&files, "world.toml")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("data/demo/world.toml:3: "), "{error}");
    }

    #[test]
    fn a_folder_holds_only_its_own_files() {
        let mut files = Files::default();
        for path in [
            "sites/a/index.html",
            "sites/a/x/y.html",
            "sites/ab/index.html",
        ] {
            files.insert(path, Cow::Borrowed(b"")).unwrap();
        }
        let below: Vec<_> = files.below("sites/a/").map(|(path, _)| path).collect();
        assert_eq!(below, ["index.html", "x/y.html"]);
    }

    #[test]
    fn what_is_embedded_is_what_lies_in_the_folder() {
        // include_dir notices changed files but not new ones; build.rs looks after those.
        fn walk(dir: &std::path::Path, out: &mut usize) {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    walk(&path, out);
                } else {
                    *out += 1;
                }
            }
        }
        let mut on_disk = 0;
        walk(
            std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/data/demo")),
            &mut on_disk,
        );
        assert_eq!(
            Files::embedded().unwrap().0.len(),
            on_disk,
            "data/demo changed after the build"
        );
    }
}
