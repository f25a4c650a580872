//! One test, both engines: each time a database of its own.

use tempfile::TempDir;

use super::cluster::{self, Cluster, Database};
use crate::Store;

/// Which engine a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// Whether this machine has it. A missing PostgreSQL fails the test where tools are required,
    /// and is said otherwise.
    #[must_use]
    pub fn is_here(self) -> bool {
        match self {
            Self::Sqlite => true,
            Self::Postgres => cluster::is_here(),
        }
    }

    /// The literal of octets in the engine's SQL, given in hex.
    #[must_use]
    pub fn octets(self, hex: &str) -> String {
        match self {
            Self::Sqlite => format!("X'{hex}'"),
            Self::Postgres => format!("'\\x{hex}'::BYTEA"),
        }
    }

    /// The statement that takes a rule away, as somebody who owns the database can.
    #[must_use]
    pub fn drop_trigger(self, trigger: &str, table: &str) -> String {
        match self {
            Self::Sqlite => format!("DROP TRIGGER {trigger}"),
            Self::Postgres => format!("DROP TRIGGER {trigger} ON {table}"),
        }
    }
}

/// An empty database and a directory, both gone with this.
pub struct Scratch {
    /// What `Store::open` is given.
    pub url: String,
    pub dir: TempDir,
    pub(super) database: Option<Database>,
}

impl Scratch {
    pub async fn new(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Database::new().await),
        };
        Self::of(database)
    }

    /// On a server of the test's own.
    pub async fn on(cluster: &Cluster) -> Self {
        Self::of(Some(Database::on(cluster).await))
    }

    fn of(database: Option<Database>) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let url = database.as_ref().map_or_else(
            || format!("sqlite:{}", dir.path().join("qalqan.db").display()),
            |database| database.url().to_owned(),
        );
        Self { url, dir, database }
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.database {
            Some(_) => Engine::Postgres,
            None => Engine::Sqlite,
        }
    }

    /// Opens the database, as another process would.
    pub async fn open(&self) -> Store {
        Store::open(&self.url).await.expect("a store")
    }
}

/// Makes of each function `async fn name(engine: Engine)` two tests, `sqlite::name` and
/// `postgres::name`. A function that is left out of the list is dead code, and clippy says so.
#[macro_export]
macro_rules! both_engines {
    ($($test:ident),+ $(,)?) => {
        mod sqlite {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test($crate::testing::Engine::Sqlite).await;
                }
            )+
        }
        mod postgres {
            $(
                #[tokio::test]
                async fn $test() {
                    if $crate::testing::Engine::Postgres.is_here() {
                        super::$test($crate::testing::Engine::Postgres).await;
                    }
                }
            )+
        }
    };
}
