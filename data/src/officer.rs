//! The people who decide: accounts, passwords, and the keys they sign with.

use blocklist::key::{self, Custody, KeyId, PublicKey, Role};
use blocklist::statement::KeyGrant;

use crate::{
    error::{Error, Result},
    pool::{Store, locks, on, random_id, storable, transaction},
    seal::{self, SealError, SigningKey},
    session,
};

/// Failed sign-ins after which an account rests.
const MAX_FAILURES: i64 = 8;

/// How long failures count, in seconds.
const FAILURE_SECONDS: i64 = 900;

/// A person with an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// Random id; the only trace of a person outside this table.
    pub id: String,
    /// What they type to sign in.
    pub login: String,
    /// How colleagues see them.
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Their key in the log.
    pub key_id: KeyId,
}

/// Who is to get an account.
#[derive(Clone, Copy, Debug)]
pub struct NewOfficer<'a> {
    /// What they type to sign in.
    pub login: &'a str,
    /// How colleagues see them.
    pub display_name: &'a str,
    /// What they may do.
    pub role: Role,
    /// Their first password.
    pub password: &'a str,
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such login, wrong password, or account disabled: the three are not told apart.
    #[error("the login or the password is wrong")]
    WrongCredentials,
    /// Too many failures of late.
    #[error("too many failed attempts; try again in a quarter of an hour")]
    TooManyTries,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Why a signing key stays closed.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// The password does not open it, or the account is disabled.
    #[error("the password is wrong")]
    WrongPassword,
    /// Too many wrong passwords of late.
    #[error("too many wrong passwords; try again in a quarter of an hour")]
    TooManyTries,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A person let in, with the token their browser keeps.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The person.
    pub officer: Officer,
    /// The session token; the store keeps only its hash.
    pub token: String,
}

type Row = (String, String, String, String, String);

fn officer(row: Row) -> Result<Officer> {
    let (id, login, display_name, role, key_id) = row;
    let role = match role.as_str() {
        "admin" => Role::Admin,
        "officer" => Role::Officer,
        "legal" => Role::Legal,
        other => return Err(Error::stored("officer", format!("unknown role {other}"))),
    };
    let key_id = KeyId::try_from(key_id).map_err(|error| Error::stored("officer", error))?;
    Ok(Officer {
        id,
        login,
        display_name,
        role,
        key_id,
    })
}

/// An account that is made and not stored yet: [`crate::ceremony`] stores it in one transaction with
/// the statement that gives its key a meaning.
pub(crate) struct Account {
    pub(crate) officer: Officer,
    pub(crate) password_phc: String,
    pub(crate) public_key: PublicKey,
    pub(crate) sealed_key: Vec<u8>,
    /// The key itself, for a first signature; it is dropped with this.
    pub(crate) key: SigningKey,
}

/// The statement that stores an account.
pub(crate) const INSERT: &str = "INSERT INTO officer
    (id, login, display_name, role, password_phc, key_id, public_key, sealed_key, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// Makes an account with a fresh key sealed by the password. The key signs nothing that verifies
/// until two admins add it to the log.
pub(crate) async fn prepare(new: NewOfficer<'_>) -> Result<Account, SealError> {
    let password = new.password.to_owned();
    let (password_phc, key, sealed_key) = off_thread(move || {
        let phc = seal::hash_password(&password)?;
        let key = seal::new_key()?;
        let sealed = seal::seal(&key, &password)?;
        Ok((phc, key, sealed))
    })
    .await?;
    let public_key = key::public(&key);
    let officer = Officer {
        id: format!("{:016x}", random_id()?),
        login: new.login.to_owned(),
        display_name: new.display_name.to_owned(),
        role: new.role,
        key_id: public_key.id(),
    };
    Ok(Account {
        officer,
        password_phc,
        public_key,
        sealed_key,
        key,
    })
}

impl Account {
    /// What the log says of the account's key.
    pub(crate) fn grant(&self) -> KeyGrant {
        KeyGrant {
            key: self.public_key,
            role: self.officer.role,
            custody: Custody::Server,
        }
    }
}

/// An attempt to use a password, counted before the password is tried: however many are tried at
/// once, on however many machines, no more than [`MAX_FAILURES`] are tried at all. `None` while the
/// account rests.
async fn attempt(store: &Store, login: &str, now: i64) -> Result<Option<i64>> {
    const COUNT: &str = "SELECT COUNT(*) FROM sign_in_failure WHERE login = $1 AND at > $2";
    const SQL: &str = "INSERT INTO sign_in_failure (id, login, at) VALUES ($1, $2, $3)";
    let id = random_id()?;
    transaction!(store, &locks::login(login), |tx| {
        let failures: i64 = sqlx::query_scalar(COUNT)
            .bind(login)
            .bind(now - FAILURE_SECONDS)
            .fetch_one(&mut *tx)
            .await?;
        if failures >= MAX_FAILURES {
            return Ok(None);
        }
        sqlx::query(SQL)
            .bind(id)
            .bind(login)
            .bind(now)
            .execute(&mut *tx)
            .await?;
    });
    Ok(Some(id))
}

/// The password was right: the attempt was no failure.
async fn succeeded(store: &Store, attempt: i64) -> Result<()> {
    const SQL: &str = "DELETE FROM sign_in_failure WHERE id = $1";
    on!(store, |db| sqlx::query(SQL)
        .bind(attempt)
        .execute(db)
        .await
        .map(|_| ()))?;
    Ok(())
}

/// Lets a person in.
pub async fn sign_in(
    store: &Store,
    login: &str,
    password: &str,
    now: i64,
) -> Result<SignedIn, SignInError> {
    let officer = recognise(store, login, password, now).await?;
    let token = session::begin(store, &officer.id, now).await?;
    Ok(SignedIn { officer, token })
}

/// The person of that login and password, without a session: who types a command.
pub async fn recognise(
    store: &Store,
    login: &str,
    password: &str,
    now: i64,
) -> Result<Officer, SignInError> {
    let login = &*storable(login);
    let attempt = attempt(store, login, now)
        .await?
        .ok_or(SignInError::TooManyTries)?;
    if let Some((officer, phc)) = by_login(store, login).await? {
        let password = password.to_owned();
        let right = off_thread(move || Ok(seal::verify_password(&password, &phc)?)).await;
        if matches!(right, Ok(true)) {
            succeeded(store, attempt).await?;
            return Ok(officer);
        }
    } else {
        // An unknown login takes as long as a wrong password.
        let password = password.to_owned();
        let _ = off_thread(move || seal::hash_password(&format!("{password:>12}"))).await;
    }
    Err(SignInError::WrongCredentials)
}

async fn by_login(store: &Store, login: &str) -> Result<Option<(Officer, String)>> {
    const SQL: &str = "SELECT id, login, display_name, role, key_id, password_phc FROM officer
        WHERE login = $1 AND disabled_at IS NULL";
    type WithPassword = (String, String, String, String, String, String);
    let row: Option<WithPassword> = on!(store, |db| sqlx::query_as(SQL)
        .bind(login)
        .fetch_optional(db)
        .await)?;
    row.map(|(id, login, name, role, key_id, phc)| {
        Ok((officer((id, login, name, role, key_id))?, phc))
    })
    .transpose()
}

/// The person with this id, unless disabled.
pub async fn load(store: &Store, id: &str) -> Result<Option<Officer>> {
    const SQL: &str = "SELECT id, login, display_name, role, key_id FROM officer
        WHERE id = $1 AND disabled_at IS NULL";
    let row: Option<Row> = on!(store, |db| sqlx::query_as(SQL)
        .bind(id)
        .fetch_optional(db)
        .await)?;
    row.map(officer).transpose()
}

/// Everybody with an account, in order of login.
pub async fn all(store: &Store) -> Result<Vec<Officer>> {
    const SQL: &str = "SELECT id, login, display_name, role, key_id FROM officer
        WHERE disabled_at IS NULL ORDER BY login";
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(SQL).fetch_all(db).await)?;
    rows.into_iter().map(officer).collect()
}

/// Opens an officer's key with their password, for one signature. A wrong password counts like a
/// failed sign-in: a stolen session is no place to guess passwords.
pub async fn unlock(
    store: &Store,
    officer: &Officer,
    password: &str,
    now: i64,
) -> Result<SigningKey, UnlockError> {
    let attempt = attempt(store, &officer.login, now)
        .await?
        .ok_or(UnlockError::TooManyTries)?;
    const SQL: &str = "SELECT sealed_key FROM officer WHERE id = $1 AND disabled_at IS NULL";
    let sealed: Option<Vec<u8>> = on!(store, |db| sqlx::query_scalar(SQL)
        .bind(&officer.id)
        .fetch_optional(db)
        .await)
    .map_err(Error::from)?;
    let sealed = sealed.ok_or(UnlockError::WrongPassword)?;
    let (password, key_id) = (password.to_owned(), officer.key_id.clone());
    match off_thread(move || seal::unseal(&sealed, &password, &key_id)).await {
        Ok(key) => {
            succeeded(store, attempt).await?;
            Ok(key)
        }
        Err(SealError::Store(error)) => Err(error.into()),
        Err(SealError::WrongPassword | SealError::TooShort) => Err(UnlockError::WrongPassword),
    }
}

/// Runs password work on a thread where it holds nobody up.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SealError> + Send + 'static,
) -> Result<T, SealError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| SealError::Store(Error::stored("officer", error)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Centre, Engine, Scratch};

    crate::both_engines!(sign_in_and_lockout, many_passwords_tried_at_once);

    /// A password hash takes a while; tries that overlap must not all see the same count.
    async fn many_passwords_tried_at_once(engine: Engine) {
        let centre = Centre::on(engine).await;
        let mut stores = Vec::new();
        for _ in 0..3 * MAX_FAILURES {
            stores.push(centre.another().await);
        }
        let mut tries = Vec::new();
        for store in stores {
            tries.push(tokio::spawn(async move {
                sign_in(&store, "officer-1\0", "a wrong password", 10).await
            }));
        }
        let mut tried = 0;
        for attempt in tries {
            match attempt.await.unwrap() {
                Err(SignInError::WrongCredentials) => tried += 1,
                other => assert!(matches!(other, Err(SignInError::TooManyTries)), "{other:?}"),
            }
        }
        assert_eq!(tried, MAX_FAILURES);
    }

    async fn sign_in_and_lockout(engine: Engine) {
        let scratch = Scratch::new(engine).await;
        let (dir, store) = (&scratch.dir, scratch.open().await);
        let admin = |login| NewOfficer {
            login,
            display_name: "A",
            role: Role::Admin,
            password: "a long password",
        };
        let new = crate::ceremony::NewLog {
            origin: "qalqan.test/log",
            public_url: "http://qalqan.test",
            policy: crate::ceremony::default_policy(blocklist::testing::name("qalqan.test"), 1),
            demo: true,
            admins: [admin("a"), admin("b")],
            guards: Vec::new(),
        };
        crate::ceremony::init(&store, dir.path(), new, 0)
            .await
            .unwrap();
        let officer = all(&store).await.unwrap().remove(0);
        let signed_in = sign_in(&store, "a", "a long password", 1).await.unwrap();
        assert_eq!(signed_in.officer, officer);
        assert_eq!(
            session::find(&store, &signed_in.token, 2).await.unwrap(),
            Some(officer.clone())
        );
        assert!(unlock(&store, &officer, "a long password", 2).await.is_ok());
        let wrong = unlock(&store, &officer, "another password", 2).await;
        assert!(matches!(wrong, Err(UnlockError::WrongPassword)));
        // Wrong passwords at signing and at signing in count together.
        for attempt in 1..MAX_FAILURES {
            let refused = sign_in(&store, "a", "wrong password", 10 + attempt).await;
            assert!(matches!(refused, Err(SignInError::WrongCredentials)));
        }
        let refused = sign_in(&store, "a", "a long password", 20).await;
        assert!(matches!(refused, Err(SignInError::TooManyTries)));
        let closed = unlock(&store, &officer, "a long password", 20).await;
        assert!(matches!(closed, Err(UnlockError::TooManyTries)));
        assert!(
            sign_in(&store, "a", "a long password", 20 + FAILURE_SECONDS)
                .await
                .is_ok()
        );
        assert!(
            sign_in(&store, "nobody", "a long password", 21)
                .await
                .is_err()
        );
    }
}
