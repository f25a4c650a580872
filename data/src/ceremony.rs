//! Making a new log, and the changes that need two people who hold no case role.

use std::path::Path;

use blocklist::{
    Digest, DomainName, Timestamp, Trust,
    guard::GuardList,
    key::Role,
    register::Snapshot,
    statement::{Genesis, GuardSet, KeyAdd, Policy, RegisterSnapshot, Statement, VERSION},
};
use zeroize::Zeroizing;

use crate::{
    audit,
    decide::sign_leaf,
    error::{Error, Result},
    officer::{self, NewOfficer, Officer, UnlockError},
    pool::Store,
    publish::files,
    queue, register,
    seal::{self, SealError, SigningKey},
};

/// Where the log's private key lies, below the data directory.
pub const LOG_KEY: &str = "keys/log.key";

/// What a new log is to be.
#[derive(Clone, Debug)]
pub struct NewLog<'a> {
    /// Its name, first line of every checkpoint, such as `qalqan.kz/log`.
    pub origin: &'a str,
    /// Where people read about a listing.
    pub public_url: &'a str,
    /// The first policy.
    pub policy: Policy,
    /// Whether it is a demonstration.
    pub demo: bool,
    /// The first two admins.
    pub admins: [NewOfficer<'a>; 2],
}

/// Two people who sign together: login and password of each.
pub type Pair<'a> = [(&'a str, &'a str); 2];

/// Why a ceremony stops. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The store already holds a log.
    #[error("this store already holds a log; a new one needs a new data directory")]
    Exists,
    /// Not two distinct people with the right role and password.
    #[error("`{0}` is not an active account of the role `{role}` with that password", role = .1.as_str())]
    Signer(String, Role),
    /// One person twice.
    #[error("two different people must sign")]
    SamePerson,
    /// A key stays closed.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// A password or account could not be made.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The log's name cannot be used in a signed note.
    #[error("`{0}` cannot name a log: no spaces and no `+`")]
    Origin(String),
    /// The log would not take the statement.
    #[error("the log would refuse this statement: {0}")]
    Refused(#[from] blocklist::fold::FoldErrorKind),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Makes a log: its key, two admins, leaf 0 and `trust.json`, which is given to every verifier by
/// hand. The genesis waits in the queue; the publisher sequences it first.
pub async fn init(
    store: &Store,
    dir: &Path,
    new: NewLog<'_>,
    now: i64,
) -> Result<Trust, CeremonyError> {
    if store.trust().await.is_ok() {
        return Err(CeremonyError::Exists);
    }
    if new.origin.is_empty() || new.origin.contains(|c: char| c.is_whitespace() || c == '+') {
        return Err(CeremonyError::Origin(new.origin.chars().take(80).collect()));
    }
    let [first, second] = new.admins;
    let (first_admin, first_grant) = officer::create(store, first, now).await?;
    let (second_admin, second_grant) = officer::create(store, second, now).await?;
    let log_key = make_log_key(dir, new.origin)?;
    let genesis = Statement::Genesis(Genesis {
        v: VERSION,
        origin: new.origin.to_owned(),
        log_key: log_key.clone(),
        admins: [first_grant, second_grant],
        policy: new.policy,
        demo: new.demo,
        at: Timestamp(now),
    });
    let keys = [
        officer::unlock(store, &first_admin, first.password, now).await?,
        officer::unlock(store, &second_admin, second.password, now).await?,
    ];
    let leaf = sign_leaf(genesis, &[(Role::Admin, &keys[0]), (Role::Admin, &keys[1])])?;
    let bytes = leaf
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let trust = Trust {
        origin: new.origin.to_owned(),
        log_key,
        genesis: Digest::of(&bytes),
        public_url: new.public_url.to_owned(),
        demo: new.demo,
    };
    queue::push(store, &leaf, None, now).await?;
    store.set_trust(&trust).await?;
    files::write(&dir.join("trust.json"), trust.to_json().as_bytes())?;
    Ok(trust)
}

/// Makes an account, and a statement by two admins that adds its key to the log.
pub async fn add_officer(
    store: &Store,
    new: NewOfficer<'_>,
    admins: Pair<'_>,
    now: i64,
) -> Result<Officer, CeremonyError> {
    let keys = unlock(store, admins, Role::Admin, now).await?;
    let (officer, grant) = officer::create(store, new, now).await?;
    let origin = store.trust().await?.origin;
    let statement = Statement::KeyAdd(KeyAdd {
        v: VERSION,
        origin,
        grant,
        at: Timestamp(now),
    });
    push(store, statement, Role::Admin, &keys, now).await?;
    Ok(officer)
}

/// Sets a guard list; two admins sign.
pub async fn set_guard(
    store: &Store,
    list: GuardList,
    admins: Pair<'_>,
    now: i64,
) -> Result<(), CeremonyError> {
    let keys = unlock(store, admins, Role::Admin, now).await?;
    let origin = store.trust().await?.origin;
    let statement = Statement::GuardSet(GuardSet {
        v: VERSION,
        origin,
        list,
        at: Timestamp(now),
    });
    push(store, statement, Role::Admin, &keys, now).await
}

/// Enters a register snapshot; two officers sign its hash and the hosts it names.
pub async fn enter_register(
    store: &Store,
    snapshot: &Snapshot,
    officers: Pair<'_>,
    now: i64,
) -> Result<(), CeremonyError> {
    let keys = unlock(store, officers, Role::Officer, now).await?;
    let origin = store.trust().await?.origin;
    register::add(store, snapshot).await?;
    let statement = Statement::RegisterSnapshot(RegisterSnapshot {
        v: VERSION,
        origin,
        register: snapshot.register.clone(),
        taken_on: snapshot.taken_on,
        sha256: snapshot.digest(),
        hosts: snapshot.hosts(),
        at: Timestamp(now),
    });
    push(store, statement, Role::Officer, &keys, now).await
}

async fn push(
    store: &Store,
    statement: Statement,
    role: Role,
    keys: &[SigningKey; 2],
    now: i64,
) -> Result<(), CeremonyError> {
    let action = statement.action();
    let leaf = sign_leaf(statement, &[(role, &keys[0]), (role, &keys[1])])?;
    queue::push(store, &leaf, None, now).await?;
    let signers: Vec<_> = leaf.signatures.iter().map(|s| s.key_id.as_str()).collect();
    let detail = serde_json::json!({ "signed_by": signers });
    Ok(audit::record(store, now, "cli", action, role.as_str(), &detail).await?)
}

async fn unlock(
    store: &Store,
    pair: Pair<'_>,
    role: Role,
    now: i64,
) -> Result<[SigningKey; 2], CeremonyError> {
    let [first, second] = pair;
    if first.0 == second.0 {
        return Err(CeremonyError::SamePerson);
    }
    Ok([
        unlock_one(store, first, role, now).await?,
        unlock_one(store, second, role, now).await?,
    ])
}

async fn unlock_one(
    store: &Store,
    (login, password): (&str, &str),
    role: Role,
    now: i64,
) -> Result<SigningKey, CeremonyError> {
    let refuse = || CeremonyError::Signer(login.to_owned(), role);
    let people = officer::all(store).await?;
    let person = people
        .iter()
        .find(|p| p.login == login && p.role == role)
        .ok_or_else(refuse)?;
    match officer::unlock(store, person, password, now).await {
        Err(UnlockError::WrongPassword) => Err(refuse()),
        other => Ok(other?),
    }
}

/// Makes the log key and writes it where only the publisher reads it; gives the public half.
fn make_log_key(dir: &Path, origin: &str) -> Result<String> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    /// Signature type of Ed25519 in signed notes.
    const ED25519: u8 = 1;
    let key = seal::new_key()?;
    let public = [&[ED25519][..], key.verifying_key().as_bytes()].concat();
    let id = signed_note::key_id(origin, &public);
    let private = Zeroizing::new([&[ED25519][..], &key.to_bytes()].concat());
    let text = Zeroizing::new(format!(
        "PRIVATE+KEY+{origin}+{id:08x}+{}\n",
        STANDARD.encode(&*private)
    ));
    files::write_secret(&dir.join(LOG_KEY), text.as_bytes())?;
    Ok(signed_note::new_ed25519_verifier_key(
        origin,
        &key.verifying_key(),
    ))
}

/// A policy with the defaults of a new log.
pub fn default_policy(public_domain: DomainName, serial_base: u32) -> Policy {
    Policy {
        serial_base,
        public_domain,
        bases: vec!["193-VII/11-5".into()],
        listings_per_day: 50,
        release_seconds: 7 * 86_400,
        register_days: 14,
        witnesses: "0 of 0".into(),
    }
}
