//! Making a new log, and the changes that need two people who hold no case role.

mod change;
mod except;

use std::{
    path::{Path, PathBuf},
    slice,
};

use blocklist::{
    Digest, DomainName, Timestamp, Trust,
    guard::{GuardList, MAX_REASON},
    key::Role,
    leaf::Leaf,
    register::{LicenceRow, Snapshot},
    statement::{Genesis, Growth, GuardSet, KeyAdd, Policy, RegisterSnapshot, Statement, VERSION},
};
use zeroize::Zeroizing;

use self::change::Change;
pub use self::except::except_host;
use crate::{
    decide::sign_leaf,
    error::{Error, Result},
    officer::{self, Account, NewOfficer, Officer, UnlockError},
    pool::Store,
    publish::files,
    queue,
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
    /// The protected names it begins with; both admins sign them, each list after the genesis.
    pub guards: Vec<GuardList>,
}

/// Two people who sign together: login and password of each.
pub type Pair<'a> = [(&'a str, &'a str); 2];

/// Why a ceremony stops. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The store already holds a log.
    #[error(
        "this store already holds a log; a new one needs a new data directory, or an empty database"
    )]
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
    /// Another account has this login.
    #[error("the login `{0}` is taken; choose another")]
    LoginTaken(String),
    /// A file of another log, or of an attempt that was cut short.
    #[error(
        "{0} is there already: it belongs to another log, or an earlier `init` was cut short; use an empty data directory, or move the file away"
    )]
    InTheWay(PathBuf),
    /// A password or account could not be made.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The log's name cannot be used in a signed note.
    #[error("`{0}` cannot name a log: no spaces and no `+`")]
    Origin(String),
    /// A register that cannot be entered as it is.
    #[error(transparent)]
    Snapshot(#[from] blocklist::register::SnapshotError),
    /// Invented firms in the log of a real centre, or real ones in a demonstration.
    #[error("the register names {0}: {1}")]
    WrongWorld(DomainName, &'static str),
    /// No signed row of the register names the host.
    #[error(
        "no signed row of {register} names {name}; `qalqan guard test {name}` says what protects it"
    )]
    NotNamed {
        /// The register.
        register: String,
        /// The host.
        name: DomainName,
    },
    /// The host is licensed at this moment.
    #[error(
        "{name} is licensed: a row of {register} is live for it, and nobody takes that protection away"
    )]
    Licensed {
        /// The register whose row is live.
        register: String,
        /// The host.
        name: DomainName,
    },
    /// The exception is in the log already.
    #[error("{register} does not protect {name} any more: two officers recorded why")]
    Excepted {
        /// The register.
        register: String,
        /// The host.
        name: DomainName,
    },
    /// A reason that is missing or too long.
    #[error("the reason has 1 to {MAX_REASON} characters; it stands in the public log")]
    Reason,
    /// The log would not take the statement.
    #[error("the log would refuse this statement: {0}")]
    Refused(#[from] blocklist::fold::FoldErrorKind),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Makes a log: its key, two admins, leaf 0 and `trust.json`, which is given to every verifier by
/// hand. The genesis waits in the queue; the publisher sequences it first.
///
/// The files come first and the store last, in one transaction: whatever interrupts this, the store
/// holds a whole log or none. A log key that lies there is never overwritten.
pub async fn init(
    store: &Store,
    dir: &Path,
    new: NewLog<'_>,
    now: i64,
) -> Result<Trust, CeremonyError> {
    match store.trust().await {
        Err(Error::NoLog) => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(CeremonyError::Exists),
    }
    if new.origin.is_empty() || new.origin.contains(|c: char| c.is_whitespace() || c == '+') {
        return Err(CeremonyError::Origin(new.origin.chars().take(80).collect()));
    }
    let (key_file, trust_file) = (dir.join(LOG_KEY), dir.join("trust.json"));
    if let Some(there) = [&key_file, &trust_file].into_iter().find(|f| f.exists()) {
        return Err(CeremonyError::InTheWay(there.clone()));
    }
    let [first, second] = new.admins;
    let accounts = [
        officer::prepare(first).await?,
        officer::prepare(second).await?,
    ];
    let (log_key, private) = new_log_key(new.origin)?;
    let genesis = Statement::Genesis(Genesis {
        v: VERSION,
        origin: new.origin.to_owned(),
        log_key: log_key.clone(),
        admins: accounts.each_ref().map(Account::grant),
        policy: new.policy,
        demo: new.demo,
        at: Timestamp(now),
    });
    let signers = accounts
        .each_ref()
        .map(|account| (Role::Admin, &account.key));
    let mut leaves = vec![sign_leaf(genesis, &signers)?];
    for list in new.guards.into_iter().flat_map(GuardList::in_parts) {
        leaves.push(sign_leaf(guard_set(new.origin, list, now), &signers)?);
    }
    let bytes = leaves[0]
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let trust = Trust {
        origin: new.origin.to_owned(),
        log_key,
        genesis: Digest::of(&bytes),
        public_url: new.public_url.to_owned(),
        demo: new.demo,
    };
    files::write_secret(&key_file, private.as_bytes())?;
    files::write(&trust_file, trust.to_json().as_bytes())?;
    let change = Change {
        accounts: &accounts,
        trust: Some(&trust),
        ..Change::of(&leaves)
    };
    let stored = change.store(store, now).await;
    if stored.is_err() {
        // Nothing refers to them; left behind they would only be in the way of the next attempt.
        let _ = std::fs::remove_file(&key_file).and_then(|()| std::fs::remove_file(&trust_file));
    }
    stored.map(|()| trust)
}

/// Makes an account, and a statement by two admins that adds its key to the log.
pub async fn add_officer(
    store: &Store,
    new: NewOfficer<'_>,
    admins: Pair<'_>,
    now: i64,
) -> Result<Officer, CeremonyError> {
    let keys = unlock(store, admins, Role::Admin, now).await?;
    let account = [officer::prepare(new).await?];
    let origin = store.trust().await?.origin;
    let statement = Statement::KeyAdd(KeyAdd {
        v: VERSION,
        origin,
        grant: account[0].grant(),
        at: Timestamp(now),
    });
    let leaf = sign_by(statement, Role::Admin, &keys)?;
    let change = Change {
        accounts: &account,
        ..Change::of(slice::from_ref(&leaf))
    };
    change.store(store, now).await?;
    let [account] = account;
    Ok(account.officer)
}

/// Sets a guard list in place of the one of that name, and says in how many leaves; two admins
/// sign. A list too long for one leaf goes into numbered parts, and parts that a longer list of
/// that name left behind are emptied, all in one transaction.
pub async fn set_guard(
    store: &Store,
    list: GuardList,
    admins: Pair<'_>,
    now: i64,
) -> Result<usize, CeremonyError> {
    let keys = unlock(store, admins, Role::Admin, now).await?;
    let origin = store.trust().await?.origin;
    let name = list.list.clone();
    let mut parts = list.in_parts();
    for held in guard_lists(store).await? {
        if held.is_part_of(&name) && parts.iter().all(|part| part.list != held.list) {
            parts.push(GuardList {
                names: Vec::new(),
                ..held
            });
        }
    }
    let leaves = parts
        .into_iter()
        .map(|part| sign_by(guard_set(&origin, part, now), Role::Admin, &keys))
        .collect::<Result<Vec<_>>>()?;
    Change::of(&leaves).store(store, now).await?;
    Ok(leaves.len())
}

fn guard_set(origin: &str, list: GuardList, now: i64) -> Statement {
    Statement::GuardSet(GuardSet {
        v: VERSION,
        origin: origin.to_owned(),
        list,
        at: Timestamp(now),
    })
}

/// The guard lists admins have signed: those in the log, and those on their way into it.
async fn guard_lists(store: &Store) -> Result<Vec<GuardList>> {
    let mut lists: Vec<GuardList> = match store.read_record().await?.replay() {
        Ok(replay) => {
            let lists = replay.fold().guard_lists();
            lists.map(|(_, list)| list.into_owned()).collect()
        }
        Err(Error::EmptyLog) => Vec::new(),
        Err(error) => return Err(error),
    };
    for pending in queue::pending(store).await? {
        let leaf = Leaf::from_bytes(&pending.leaf)
            .map_err(|error| Error::stored("signed_statement", error))?;
        if let Statement::GuardSet(set) = leaf.statement {
            lists.push(set.list);
        }
    }
    Ok(lists)
}

/// Enters a register snapshot; two officers sign its hash and the hosts it names. One too long for a
/// leaf goes into several, all in one transaction.
pub async fn enter_register(
    store: &Store,
    snapshot: &Snapshot,
    officers: Pair<'_>,
    now: i64,
) -> Result<(), CeremonyError> {
    let Trust { origin, demo, .. } = store.trust().await?;
    snapshot.check()?;
    check_world(snapshot, demo)?;
    let keys = unlock(store, officers, Role::Officer, now).await?;
    let whole = RegisterSnapshot {
        v: VERSION,
        origin,
        register: snapshot.register.clone(),
        taken_on: snapshot.taken_on,
        sha256: snapshot.digest(),
        hosts: snapshot.hosts(),
        part: None,
        at: Timestamp(now),
    };
    let parts = whole
        .in_parts()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let leaves = parts
        .into_iter()
        .map(|part| sign_by(Statement::RegisterSnapshot(part), Role::Officer, &keys))
        .collect::<Result<Vec<_>>>()?;
    let change = Change {
        snapshot: Some(snapshot),
        ..Change::of(&leaves)
    };
    change.store(store, now).await
}

/// Invented and real firms never stand in one log: invented ones have hosts under `.test`.
fn check_world(snapshot: &Snapshot, demo: bool) -> Result<(), CeremonyError> {
    let of_rows = snapshot.rows.iter().flat_map(LicenceRow::all_hosts);
    let of_warnings = snapshot.warnings.iter().flat_map(|w| &w.hosts);
    let mut names = of_rows.map(|(name, _)| name).chain(of_warnings);
    let is_invented = |name: &DomainName| name.labels().next_back() == Some("test");
    let problem = if demo {
        "a demonstration holds invented firms under .test only"
    } else {
        "a host under .test is invented and belongs into a demonstration"
    };
    match names.find(|name| is_invented(name) != demo) {
        Some(name) => Err(CeremonyError::WrongWorld(name.clone(), problem)),
        None => Ok(()),
    }
}

fn sign_by(statement: Statement, role: Role, keys: &[SigningKey; 2]) -> Result<Leaf> {
    sign_leaf(statement, &[(role, &keys[0]), (role, &keys[1])])
}

impl From<sqlx::Error> for CeremonyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
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

/// Makes a log key; gives its public half and the text of the private one.
fn new_log_key(origin: &str) -> Result<(String, Zeroizing<String>)> {
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
    let public = signed_note::new_ed25519_verifier_key(origin, &key.verifying_key());
    Ok((public, text))
}

/// A policy with the defaults of a new log.
pub fn default_policy(public_domain: DomainName, serial_base: u32) -> Policy {
    Policy {
        serial_base,
        public_domain,
        bases: vec!["193-VII/11-5".into()],
        // A young list grows by 50 names a day at most, and the longer it is the more of them: an
        // order may name a hundred mirrors of one site.
        listings_per_day: 200,
        growth: Some(Growth {
            percent: 10,
            at_least: 50,
        }),
        release_seconds: 7 * 86_400,
        register_days: 14,
        witnesses: "0 of 0".into(),
        witness_keys: Vec::new(),
    }
}
