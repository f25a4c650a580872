//! A consistent copy of the whole store in one file, made while others work on it.
//!
//! An SQLite store is copied into a store of its own, which is put back by putting the file in its
//! place. A PostgreSQL store is written by `pg_dump` in its custom format, which is put back by
//! `pg_restore` into an empty database.

use std::{
    fs::{File, OpenOptions},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::process::Command;

use crate::{
    error::Error,
    pool::{Store, on, open::Address},
};

/// Why there is no backup. Nothing is left under its name.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Something has that name.
    #[error("{0} is there already, and a backup never overwrites; choose another name")]
    Exists(PathBuf),
    /// The program that writes it is missing.
    #[error(
        "pg_dump is needed to back up a PostgreSQL store and is not installed; install the server's client programs (Debian: postgresql-client)"
    )]
    NoPgDump,
    /// The program that writes it failed, and said this.
    #[error("pg_dump could not write the backup: {0}")]
    PgDump(String),
    /// The store or the file failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<sqlx::Error> for BackupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Writes a backup of the store behind `url` to a new file, readable by its owner only: it holds
/// password hashes and sealed keys. It is on the disk when this returns.
pub async fn backup(url: &str, file: &Path) -> Result<(), BackupError> {
    let address: Address = url.parse()?;
    // An empty file of the name keeps others from taking it; the backup replaces it when it is whole.
    make_private(file).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => BackupError::Exists(file.to_owned()),
        _ => Error::file(file)(error).into(),
    })?;
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = write(&address, &beside).await.and_then(|()| {
        let put = put_in_place(&beside, file).map_err(Error::file(file));
        Ok(put?)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
        let _ = std::fs::remove_file(file);
    }
    written
}

/// Whatever version the tables have, they are copied as they are: a backup comes before `db migrate`.
async fn write(address: &Address, file: &Path) -> Result<(), BackupError> {
    let _ = std::fs::remove_file(file); // of a backup that was cut short
    make_private(file).map_err(Error::file(file))?;
    match address {
        Address::Sqlite(options) if !options.get_filename().exists() => Err(Error::NoLog.into()),
        Address::Sqlite(_) => {
            let store = Store::of(address.connect().await?);
            let name = file.to_string_lossy();
            on!(store, |db| sqlx::query("VACUUM INTO $1")
                .bind(&*name)
                .execute(db)
                .await
                .map(|_| ()))?;
            store.close().await;
            Ok(())
        }
        Address::Postgres(options) => dump(options, file).await,
    }
}

fn make_private(file: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
}

fn put_in_place(from: &Path, to: &Path) -> std::io::Result<()> {
    File::open(from)?.sync_all()?;
    std::fs::rename(from, to)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Everything `pg_dump` needs to know goes through its environment, which only its user can read:
/// arguments stand in every list of processes.
async fn dump(options: &PgConnectOptions, file: &Path) -> Result<(), BackupError> {
    let program = pg_dump().ok_or(BackupError::NoPgDump)?;
    let output = Command::new(program)
        .args(["--format=custom", "--no-password", "--file"])
        .arg(file)
        .envs(environment(options))
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| BackupError::PgDump(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<_> = said.lines().map(str::trim).collect();
    Err(BackupError::PgDump(said.join("; ")))
}

/// The connection as libpq reads it from the environment.
fn environment(options: &PgConnectOptions) -> Vec<(&'static str, String)> {
    let host = options.get_socket().map_or_else(
        || options.get_host().to_owned(),
        |path| path.to_string_lossy().into_owned(),
    );
    let database = options.get_database().unwrap_or(options.get_username());
    let mut environment = vec![
        ("PGHOST", host),
        ("PGPORT", options.get_port().to_string()),
        ("PGUSER", options.get_username().to_owned()),
        ("PGDATABASE", database.to_owned()),
    ];
    let mut url = options.to_url_lossy();
    for (key, value) in url.query_pairs() {
        let name = match &*key {
            "sslmode" => "PGSSLMODE",
            "sslrootcert" => "PGSSLROOTCERT",
            "sslcert" => "PGSSLCERT",
            "sslkey" => "PGSSLKEY",
            _ => continue,
        };
        environment.push((name, value.into_owned()));
    }
    // The password stands percent-encoded in the address; as part of a query it is read back.
    let password = url
        .password()
        .map(|password| format!("password={password}"));
    url.set_query(password.as_deref());
    if let Some((_, password)) = url.query_pairs().next() {
        environment.push(("PGPASSWORD", password.into_owned()));
    }
    environment
}

/// `pg_dump` as a shell finds it, or where Debian keeps it: the newest, which dumps older servers too.
fn pg_dump() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("pg_dump"));
    found.into_iter().find(|file| file.is_file()).or_else(|| {
        let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
        let newest = versions
            .flatten()
            .map(|version| version.path().join("bin/pg_dump"))
            .filter(|file| file.is_file());
        newest.max_by_key(|file| {
            let version = file.ancestors().nth(2)?.file_name()?.to_str()?;
            version.parse::<u32>().ok()
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_goes_through_the_environment_as_it_is() {
        let url = "postgres://u%40x:p%40ss%2B%20%25w%C3%B6rd@h.test:6432/d?sslmode=require";
        let environment = environment(&url.parse().unwrap());
        for expected in [
            ("PGHOST", "h.test"),
            ("PGPORT", "6432"),
            ("PGUSER", "u@x"),
            ("PGDATABASE", "d"),
            ("PGSSLMODE", "require"),
            ("PGPASSWORD", "p@ss+ %wörd"),
        ] {
            let found = environment.iter().find(|(name, _)| *name == expected.0);
            assert_eq!(found.map(|(_, value)| value.as_str()), Some(expected.1));
        }
    }
}
