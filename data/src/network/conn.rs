//! One connection inside a transaction, of either engine, for statements whose number of places is
//! known only when they run.

use sqlx::{
    AssertSqlSafe, FromRow, PgConnection, SqliteConnection, postgres::PgRow, sqlite::SqliteRow,
};

/// The connection of an open transaction.
pub(super) enum Conn<'a> {
    Sqlite(&'a mut SqliteConnection),
    Postgres(&'a mut PgConnection),
}

impl<'a> From<&'a mut SqliteConnection> for Conn<'a> {
    fn from(connection: &'a mut SqliteConnection) -> Self {
        Self::Sqlite(connection)
    }
}

impl<'a> From<&'a mut PgConnection> for Conn<'a> {
    fn from(connection: &'a mut PgConnection) -> Self {
        Self::Postgres(connection)
    }
}

/// A value for a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Number(i64),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// Places in one statement; SQLite allows 32 766, and a plan for more is no better.
const MOST_PLACES: usize = 400;

macro_rules! bound {
    ($query:expr, $values:expr) => {{
        let mut query = $query;
        for value in $values {
            query = match *value {
                Value::Text(text) => query.bind(text),
                Value::MaybeText(text) => query.bind(text),
                Value::Number(number) => query.bind(number),
            };
        }
        query
    }};
}

impl Conn<'_> {
    /// All rows of a statement of this program's own words, with `values` in its places.
    pub(super) async fn all<T>(&mut self, sql: &str, values: &[Value<'_>]) -> sqlx::Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(db) => {
                bound!(sqlx::query_as(sql), values)
                    .fetch_all(&mut **db)
                    .await
            }
            Self::Postgres(db) => {
                bound!(sqlx::query_as(sql), values)
                    .fetch_all(&mut **db)
                    .await
            }
        }
    }

    /// Runs a statement; gives how many rows it touched.
    pub(super) async fn run(&mut self, sql: &str, values: &[Value<'_>]) -> sqlx::Result<u64> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match self {
            Self::Sqlite(db) => bound!(sqlx::query(sql), values)
                .execute(&mut **db)
                .await?
                .rows_affected(),
            Self::Postgres(db) => bound!(sqlx::query(sql), values)
                .execute(&mut **db)
                .await?
                .rows_affected(),
        })
    }

    /// All rows of a statement in which `{}` stands for a list of `texts`, asked in parts.
    pub(super) async fn among<T, S>(
        &mut self,
        sql: &str,
        texts: impl IntoIterator<Item = S>,
    ) -> sqlx::Result<Vec<T>>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
        S: AsRef<str>,
    {
        let texts: Vec<S> = texts.into_iter().collect();
        let mut rows = Vec::new();
        for part in texts.chunks(MOST_PLACES) {
            let places: Vec<String> = (1..=part.len()).map(|place| format!("${place}")).collect();
            let values: Vec<Value<'_>> = part.iter().map(|text| text.as_ref().into()).collect();
            rows.extend(
                self.all(&sql.replace("{}", &places.join(", ")), &values)
                    .await?,
            );
        }
        Ok(rows)
    }

    /// The number after the last one of a table whose rows are numbered.
    pub(super) async fn next_seq(&mut self, table: &str) -> sqlx::Result<i64> {
        let sql = format!("SELECT COALESCE(MAX(seq), 0) + 1 FROM {table}");
        let rows: Vec<(i64,)> = self.all(&sql, &[]).await?;
        Ok(rows.first().map_or(1, |row| row.0))
    }
}
