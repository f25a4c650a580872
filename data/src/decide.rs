//! The moves people make on a case. Each is checked here and again by the database: the proposer
//! cannot approve, bytes cannot change between the two signatures, and nothing reaches the queue
//! for the log without both.

use blocklist::{
    Digest, DomainName, ListingId, Scope, Timestamp,
    guard::Refusal,
    key::{self, KeyId, Role, SignatureBytes},
    leaf::{Leaf, LeafSignature},
    statement::{Lift, List, Order, Statement, VERSION, from_canonical},
    time::{DAY_SECONDS, Day},
};

use crate::{
    case,
    error::{Error, Result},
    officer::{self, Officer},
    pool::{Store, on, random_id},
    queue,
    seal::SealError,
};

/// A proposal waits this long for its second signature, in days.
pub const PROPOSAL_DAYS: i64 = 7;

/// The longest term of a listing, in days.
pub const MAX_LISTING_DAYS: u32 = 731;

/// The largest order document, in octets.
pub const MAX_DOCUMENT: usize = 5 * 1024 * 1024;

/// How long the owner has between notice and effect, in seconds, unless the case is urgent.
pub const NOTICE_SECONDS: i64 = DAY_SECONDS;

/// The order document as uploaded.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its file name, for people.
    pub file_name: String,
    /// Its type, as the browser said.
    pub content_type: String,
    /// Its octets.
    pub bytes: Vec<u8>,
}

/// What the first officer fills in.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// How far the listing is to reach.
    pub scope: Scope,
    /// Code of the legal ground.
    pub basis: String,
    /// The body that gave the order.
    pub authority: String,
    /// The order's own number.
    pub order_number: String,
    /// The day of the order.
    pub order_date: Day,
    /// The order itself.
    pub document: Document,
    /// Code of the reason, for statistics.
    pub reason_code: String,
    /// The reason in words, for colleagues.
    pub reason: String,
    /// Why the owner's notice is skipped; `None` gives the owner the usual time.
    pub urgent: Option<String>,
    /// How many days the listing stands.
    pub days: u32,
}

/// Why a move is refused.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// Only an officer may decide cases.
    #[error("only an officer decides cases; an admin or legal account cannot")]
    NotAnOfficer,
    /// The password does not open the signing key.
    #[error("the password is wrong; nothing was signed")]
    WrongPassword,
    /// The case moved on since the page was loaded.
    #[error("the case is no longer in that state; load it again")]
    Stale,
    /// The proposer tried to be the second officer as well.
    #[error("you proposed this listing; another officer must approve it")]
    SameOfficer,
    /// The form was shown for other bytes than are stored.
    #[error("the statement is not the one that was shown; load the case again and compare")]
    StatementChanged,
    /// More than a week without a second signature.
    #[error("the proposal is older than {PROPOSAL_DAYS} days; send it back and propose again")]
    ProposalExpired,
    /// A protected name.
    #[error(transparent)]
    Guarded(#[from] Box<Refusal>),
    /// A legal ground the policy does not name.
    #[error("`{0}` is not a legal ground that the policy allows")]
    Basis(String),
    /// A field is missing or out of bounds; the field's name is given.
    #[error("the field `{0}` is missing or not acceptable")]
    Field(&'static str),
    /// The officer's key is not active in the log.
    #[error("your key {0} is not active in the log; ask an admin")]
    KeyNotActive(KeyId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<SealError> for DecideError {
    fn from(error: SealError) -> Self {
        match error {
            SealError::Store(error) => Self::Store(error),
            SealError::WrongPassword | SealError::TooShort => Self::WrongPassword,
        }
    }
}

impl From<sqlx::Error> for DecideError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

const DECISION: &str = "INSERT INTO decision
    (id, case_id, officer_id, kind, reason_code, reason, decided_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";

const SIGNATURE: &str = "INSERT INTO signature
    (listing_id, place, officer_id, key_id, statement_sha256, signature, signed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Closes an open case without a listing.
pub async fn dismiss(
    store: &Store,
    officer: &Officer,
    case_id: &str,
    reason_code: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason_code)?;
    let decision = random_id()?;
    on!(store, |db, begin| {
        let mut tx = db.begin_with(begin).await?;
        let moved = sqlx::query(case::MOVE)
            .bind("dismissed")
            .bind(case_id)
            .bind("open")
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(DecideError::Stale);
        }
        sqlx::query(DECISION)
            .bind(decision)
            .bind(case_id)
            .bind(&officer.id)
            .bind("dismiss")
            .bind(reason_code)
            .bind(reason)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    });
    note(store, now, officer, "case.dismiss", case_id).await
}

/// Proposes a listing: attaches the order, builds the statement, and signs it as the first officer.
pub async fn propose(
    store: &Store,
    officer: &Officer,
    password: &str,
    case_id: &str,
    proposal: Proposal,
    now: i64,
) -> Result<ListingId, DecideError> {
    may_decide(officer)?;
    check_form(&proposal)?;
    let file = case::load(store, case_id)
        .await?
        .ok_or(DecideError::Stale)?;
    if file.case.state != "open" {
        return Err(DecideError::Stale);
    }
    let name = case::host(&file.case)?;
    let trust = store.trust().await?;
    check_listing(store, officer, &name, proposal.scope, &proposal.basis).await?;
    let key = officer::unlock(store, officer, password).await?;
    let document_sha256 = Digest::of(&proposal.document.bytes);
    let at = Timestamp(now);
    let effective_at = if trust.demo || proposal.urgent.is_some() {
        at
    } else {
        at.plus(NOTICE_SECONDS)
    };
    let expires_at = effective_at.plus(i64::from(proposal.days) * DAY_SECONDS);
    let evidence_root =
        Digest::parse(&file.evidence_root).map_err(|e| Error::stored("review_case", e))?;
    let decision = random_id()?;
    let year = at.year();
    const LAST: &str = "SELECT MAX(listing_id) FROM proposal WHERE listing_id LIKE $1";
    const DOCUMENT: &str = "INSERT INTO order_document
        (sha256, file_name, content_type, bytes, attached_by, attached_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (sha256) DO NOTHING";
    const PROPOSAL: &str = "INSERT INTO proposal
        (listing_id, case_id, statement, statement_sha256, order_sha256, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let listing_id = on!(store, |db, begin| {
        let mut tx = db.begin_with(begin).await?;
        let moved = sqlx::query(case::MOVE)
            .bind("proposed")
            .bind(case_id)
            .bind("open")
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(DecideError::Stale);
        }
        let last: Option<String> = sqlx::query_scalar(LAST)
            .bind(format!("Q-{year:04}-%"))
            .fetch_one(&mut *tx)
            .await?;
        let listing_id = following(year, last.as_deref())?;
        let statement = Statement::List(List {
            v: VERSION,
            origin: trust.origin.clone(),
            name,
            scope: proposal.scope,
            listing_id: listing_id.clone(),
            basis: proposal.basis.clone(),
            order: Order {
                authority: proposal.authority.trim().to_owned(),
                number: Some(proposal.order_number.trim().to_owned()),
                date: proposal.order_date,
                document_sha256,
            },
            evidence_root,
            effective_at,
            review_at: effective_at.plus(i64::from(proposal.days) * DAY_SECONDS / 2),
            expires_at,
        });
        let bytes = statement
            .to_bytes()
            .map_err(|e| Error::stored("proposal", e))?;
        let sha256 = Digest::of(&bytes).to_string();
        let signature = key::sign(&key, Role::Officer, &bytes);
        sqlx::query(DOCUMENT)
            .bind(document_sha256.to_string())
            .bind(&proposal.document.file_name)
            .bind(&proposal.document.content_type)
            .bind(&proposal.document.bytes)
            .bind(&officer.id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(PROPOSAL)
            .bind(listing_id.as_str())
            .bind(case_id)
            .bind(&bytes)
            .bind(&sha256)
            .bind(document_sha256.to_string())
            .bind(&officer.id)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(SIGNATURE)
            .bind(listing_id.as_str())
            .bind(1i64)
            .bind(&officer.id)
            .bind(officer.key_id.as_str())
            .bind(&sha256)
            .bind(&signature.0[..])
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(DECISION)
            .bind(decision)
            .bind(case_id)
            .bind(&officer.id)
            .bind("propose")
            .bind(&proposal.reason_code)
            .bind(&proposal.reason)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        listing_id
    });
    note(store, now, officer, "listing.propose", listing_id.as_str()).await?;
    Ok(listing_id)
}

/// Approves a proposal: the second officer signs the same bytes, and the leaf goes to the log.
/// `shown` is the hash of the statement on the page the officer read.
pub async fn approve(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    shown: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    let proposal = case::proposal(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let case_id = live_case(store, listing_id).await?;
    if proposal.proposed_by == officer.id {
        return Err(DecideError::SameOfficer);
    }
    if proposal.statement_sha256 != shown || Digest::of(&proposal.statement).to_string() != shown {
        return Err(DecideError::StatementChanged);
    }
    if now - proposal.proposed_at > PROPOSAL_DAYS * DAY_SECONDS {
        return Err(DecideError::ProposalExpired);
    }
    let statement: Statement =
        from_canonical(&proposal.statement).map_err(|e| Error::stored("proposal", e))?;
    let Statement::List(list) = &statement else {
        return Err(Error::stored("proposal", "not a listing").into());
    };
    check_listing(store, officer, &list.name, list.scope, &list.basis).await?;
    let key = officer::unlock(store, officer, password).await?;
    let signature = key::sign(&key, Role::Officer, &proposal.statement);
    let first = first_signature(store, listing_id).await?;
    let second = LeafSignature {
        role: Role::Officer,
        key_id: officer.key_id.clone(),
        signature,
    };
    let leaf = Leaf {
        statement,
        signatures: vec![first, second],
    };
    // What the log would refuse must not enter the queue: a statement or signature that was
    // altered in the store shows here, before anything is stored.
    store
        .read_record()
        .await?
        .replay()?
        .fold()
        .check_signatures(&leaf)
        .map_err(|error| Error::stored("signature", error))?;
    let bytes = leaf
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let decision = random_id()?;
    on!(store, |db, begin| {
        let mut tx = db.begin_with(begin).await?;
        let moved = sqlx::query(case::MOVE)
            .bind("listed")
            .bind(&case_id)
            .bind("proposed")
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(DecideError::Stale);
        }
        sqlx::query(SIGNATURE)
            .bind(listing_id)
            .bind(2i64)
            .bind(&officer.id)
            .bind(officer.key_id.as_str())
            .bind(shown)
            .bind(&signature.0[..])
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(queue::INSERT)
            .bind("list")
            .bind(listing_id)
            .bind(&bytes)
            .bind(Digest::of(&bytes).to_string())
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(DECISION)
            .bind(decision)
            .bind(&case_id)
            .bind(&officer.id)
            .bind("approve")
            .bind("approved")
            .bind("")
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    });
    note(store, now, officer, "listing.approve", listing_id).await
}

/// Sends a proposal back to the open cases; its statement is never used again.
pub async fn send_back(
    store: &Store,
    officer: &Officer,
    listing_id: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason)?;
    let case_id = live_case(store, listing_id).await?;
    let decision = random_id()?;
    on!(store, |db, begin| {
        let mut tx = db.begin_with(begin).await?;
        let moved = sqlx::query(case::MOVE)
            .bind("open")
            .bind(&case_id)
            .bind("proposed")
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(DecideError::Stale);
        }
        sqlx::query(DECISION)
            .bind(decision)
            .bind(&case_id)
            .bind(&officer.id)
            .bind("return")
            .bind("returned")
            .bind(reason)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    });
    note(store, now, officer, "listing.return", listing_id).await
}

/// Lifts a listing. One officer is enough: unblocking is faster than blocking.
pub async fn lift(
    store: &Store,
    officer: &Officer,
    password: &str,
    listing_id: &str,
    reason_code: &str,
    reason: &str,
    now: i64,
) -> Result<(), DecideError> {
    may_decide(officer)?;
    required("reason", reason_code)?;
    let case_id = case::of_listing(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let proposal = case::proposal(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let list = match from_canonical(&proposal.statement) {
        Ok(Statement::List(list)) => list,
        _ => return Err(Error::stored("proposal", "not a listing").into()),
    };
    check_key(store, officer).await?;
    let key = officer::unlock(store, officer, password).await?;
    let statement = Statement::Lift(Lift {
        v: VERSION,
        origin: list.origin,
        name: list.name,
        listing_id: list.listing_id,
        reason: reason_code.to_owned(),
        at: Timestamp(now),
    });
    let leaf = sign_leaf(statement, &[(Role::Officer, &key)])?;
    let bytes = leaf
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let decision = random_id()?;
    on!(store, |db, begin| {
        let mut tx = db.begin_with(begin).await?;
        let moved = sqlx::query(case::MOVE)
            .bind("lifted")
            .bind(&case_id)
            .bind("listed")
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() != 1 {
            return Err(DecideError::Stale);
        }
        sqlx::query(queue::INSERT)
            .bind("lift")
            .bind(listing_id)
            .bind(&bytes)
            .bind(Digest::of(&bytes).to_string())
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(DECISION)
            .bind(decision)
            .bind(&case_id)
            .bind(&officer.id)
            .bind("lift")
            .bind(reason_code)
            .bind(reason)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
    });
    note(store, now, officer, "listing.lift", listing_id).await
}

/// Signs a statement with each key in its role.
pub(crate) fn sign_leaf(
    statement: Statement,
    keys: &[(Role, &crate::seal::SigningKey)],
) -> Result<Leaf> {
    let bytes = statement
        .to_bytes()
        .map_err(|e| Error::stored("signed_statement", e))?;
    let signatures = keys
        .iter()
        .map(|(role, key)| LeafSignature {
            role: *role,
            key_id: key::public(key).id(),
            signature: key::sign(key, *role, &bytes),
        })
        .collect();
    Ok(Leaf {
        statement,
        signatures,
    })
}

fn may_decide(officer: &Officer) -> Result<(), DecideError> {
    if officer.role == Role::Officer {
        Ok(())
    } else {
        Err(DecideError::NotAnOfficer)
    }
}

fn required(field: &'static str, text: &str) -> Result<(), DecideError> {
    let length = text.trim().chars().count();
    if (1..=2000).contains(&length) {
        Ok(())
    } else {
        Err(DecideError::Field(field))
    }
}

fn check_form(proposal: &Proposal) -> Result<(), DecideError> {
    required("authority", &proposal.authority)?;
    required("order_number", &proposal.order_number)?;
    required("reason", &proposal.reason_code)?;
    if let Some(urgent) = &proposal.urgent {
        required("urgent", urgent)?;
    }
    if proposal.document.bytes.is_empty() || proposal.document.bytes.len() > MAX_DOCUMENT {
        return Err(DecideError::Field("document"));
    }
    if !(1..=MAX_LISTING_DAYS).contains(&proposal.days) {
        return Err(DecideError::Field("days"));
    }
    Ok(())
}

/// The checks that stand at both doors: an active key, an allowed ground, a free name.
async fn check_listing(
    store: &Store,
    officer: &Officer,
    name: &DomainName,
    scope: Scope,
    basis: &str,
) -> Result<(), DecideError> {
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    if fold.key(&officer.key_id, Role::Officer).is_none() {
        return Err(DecideError::KeyNotActive(officer.key_id.clone()));
    }
    if !fold.policy().bases.iter().any(|allowed| allowed == basis) {
        return Err(DecideError::Basis(basis.chars().take(80).collect()));
    }
    Ok(fold.guard().check(name, scope)?)
}

async fn check_key(store: &Store, officer: &Officer) -> Result<(), DecideError> {
    let mut record = store.read_record().await?;
    match record.replay()?.fold().key(&officer.key_id, Role::Officer) {
        Some(_) => Ok(()),
        None => Err(DecideError::KeyNotActive(officer.key_id.clone())),
    }
}

/// The case of a proposal that waits for its second signature.
async fn live_case(store: &Store, listing_id: &str) -> Result<String, DecideError> {
    let case_id = case::of_listing(store, listing_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let file = case::load(store, &case_id)
        .await?
        .ok_or(DecideError::Stale)?;
    let live = file.case.state == "proposed" && file.case.listing_id.as_deref() == Some(listing_id);
    if live {
        Ok(case_id)
    } else {
        Err(DecideError::Stale)
    }
}

async fn first_signature(store: &Store, listing_id: &str) -> Result<LeafSignature> {
    const SQL: &str = "SELECT key_id, signature FROM signature WHERE listing_id = $1 AND place = 1";
    let (key_id, signature): (String, Vec<u8>) = on!(store, |db| sqlx::query_as(SQL)
        .bind(listing_id)
        .fetch_one(db)
        .await)?;
    Ok(LeafSignature {
        role: Role::Officer,
        key_id: KeyId::try_from(key_id).map_err(|e| Error::stored("signature", e))?,
        signature: SignatureBytes::from_bytes(&signature)
            .map_err(|e| Error::stored("signature", e))?,
    })
}

fn following(year: i32, last: Option<&str>) -> Result<ListingId> {
    let sequence = last
        .and_then(|id| id.rsplit('-').next()?.parse::<u32>().ok())
        .map_or(1, |sequence| sequence + 1);
    ListingId::new(year, sequence).map_err(|e| Error::stored("proposal", e))
}

async fn note(
    store: &Store,
    now: i64,
    officer: &Officer,
    action: &str,
    subject: &str,
) -> Result<(), DecideError> {
    let detail = serde_json::json!({ "key_id": officer.key_id.as_str() });
    Ok(crate::audit::record(store, now, &officer.id, action, subject, &detail).await?)
}
