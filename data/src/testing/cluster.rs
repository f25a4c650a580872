//! A PostgreSQL server for tests: the one named by `QALQAN_TEST_POSTGRES`, or one that
//! `tests/support/postgres` starts for this process and ends with it.
#![allow(clippy::panic, clippy::print_stderr, reason = "test support")]

use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Mutex, OnceLock},
};

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, postgres::PgConnectOptions};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/support/postgres");

/// What the script says when PostgreSQL is not installed.
const NOT_INSTALLED: i32 = 77;

/// A private server. It ends when this process does, however that happens.
pub struct Cluster {
    url: String,
    script: Mutex<(Child, BufReader<ChildStdout>)>,
}

impl Cluster {
    /// Starts one; `None` when PostgreSQL is not installed.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut script = Command::new(SCRIPT)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Out of the way of whoever ends the group of this test: it has to clean up.
            .process_group(0)
            .spawn()
            .expect("tests/support/postgres runs");
        let mut said = BufReader::new(script.stdout.take().expect("a pipe"));
        let mut url = String::new();
        said.read_line(&mut url).expect("a line");
        if url.trim().is_empty() {
            let ended = script.wait().expect("an end");
            assert_eq!(ended.code(), Some(NOT_INSTALLED), "no server: {ended}");
            return None;
        }
        Some(Self {
            url: url.trim().to_owned(),
            script: Mutex::new((script, said)),
        })
    }

    /// Stops the server at once, as if its machine had lost power.
    pub fn stop(&self) {
        self.order("stop");
    }

    /// Starts it again, at the same address.
    pub fn start_again(&self) {
        self.order("start");
    }

    fn order(&self, order: &str) {
        let mut script = self.script.lock().expect("one at a time");
        let (script, said) = &mut *script;
        let stdin = script.stdin.as_mut().expect("a pipe");
        writeln!(stdin, "{order}").expect("the script listens");
        let mut done = String::new();
        said.read_line(&mut done).expect("a line");
        assert_eq!(done, "done\n", "{order}");
    }
}

/// The server all tests of this process share.
fn shared() -> Option<&'static str> {
    static SHARED: OnceLock<Option<Cluster>> = OnceLock::new();
    static NAMED: OnceLock<Option<String>> = OnceLock::new();
    let named = NAMED.get_or_init(|| std::env::var("QALQAN_TEST_POSTGRES").ok());
    named.as_deref().or_else(|| {
        let own = SHARED.get_or_init(Cluster::start);
        own.as_ref().map(|cluster| cluster.url.as_str())
    })
}

pub(super) fn is_here() -> bool {
    let here = shared().is_some();
    if !here {
        let required = std::env::var_os("QALQAN_REQUIRE_TOOLS").is_some();
        assert!(
            !required,
            "PostgreSQL is not installed (Debian: postgresql)"
        );
        eprintln!("PostgreSQL is not installed (Debian: postgresql): this test was left out");
    }
    here
}

/// A database of its own on a server; dropped with this.
pub struct Database {
    url: String,
    server: String,
    name: String,
}

impl Database {
    /// On the shared server.
    pub async fn new() -> Self {
        Self::on_server(shared().expect("a server")).await
    }

    /// On a server of the test's own.
    pub async fn on(cluster: &Cluster) -> Self {
        Self::on_server(&cluster.url).await
    }

    async fn on_server(server: &str) -> Self {
        let name = format!("test_{:x}", crate::pool::random_id().expect("an id"));
        run(server, format!("CREATE DATABASE {name} TEMPLATE template0"))
            .await
            .expect("a database");
        let (before, _) = server.rsplit_once('/').expect("a path");
        Self {
            url: format!("{before}/{name}"),
            server: server.to_owned(),
            name,
        }
    }

    /// Its address, password and all.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

async fn run(server: &str, sql: String) -> sqlx::Result<()> {
    let options: PgConnectOptions = server.parse()?;
    let mut connection = options.disable_statement_logging().connect().await?;
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await?;
    connection.close().await
}

impl Drop for Database {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own: the test's may be at its end.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()?;
            // A server that the test stopped takes its databases with it.
            let _ = runtime.block_on(run(&server, format!("DROP DATABASE {name} WITH (FORCE)")));
            std::io::Result::Ok(())
        });
        let _ = dropped.join();
    }
}
