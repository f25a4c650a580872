//! Motions: what one officer has signed about a listing, and another officer must sign as well.
//!
//! Both sign the same bytes; the leaf enters the queue with both signatures. Of a listing the last
//! motion of each kind counts: whoever finds a mistake in one moves another.

use blocklist::{
    Digest, ListingId,
    key::{self, KeyId, Role, SignatureBytes},
    leaf::{Leaf, LeafSignature},
    statement::{Statement, from_canonical},
    time::DAY_SECONDS,
};

use super::{MOTION_DAYS, Subject, close_matters, enter_lift, number, subject};
use crate::{
    calendar,
    decide::{DecideError, check_key, enter_move, for_the_log, may_decide, moves::Move},
    error::{Error, Result},
    officer::{self, Officer},
    pool::{Store, locks, on, random_id, transaction},
    queue,
};

/// What a motion asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// The number of an emergency listing's order.
    OrderNumber,
    /// A lift beyond those of the day.
    Lift,
    /// An annulment.
    Annul,
}

impl Action {
    /// The statement's `action`, which is also how the store names it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderNumber => "order.number",
            Self::Lift => "lift",
            Self::Annul => "annul",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::OrderNumber, Self::Lift, Self::Annul]
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| Error::stored("motion", format!("unknown action `{text}`")))
    }
}

/// A motion that waits for its second signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    /// Its number; a later motion has a higher one.
    pub id: i64,
    /// The listing it is about.
    pub listing_id: String,
    /// The site.
    pub host: String,
    /// What it asks for.
    pub action: Action,
    /// The bytes both officers sign.
    pub statement: Vec<u8>,
    /// Their hash, shown on the form that seconds.
    pub statement_sha256: String,
    /// Code of the reason.
    pub reason_code: String,
    /// The reason in words, or the order's number.
    pub reason: String,
    /// Who moved: an officer's id.
    pub moved_by: String,
    /// When, in Unix seconds.
    pub moved_at: i64,
}

type Row = (
    i64,
    String,
    String,
    String,
    Vec<u8>,
    String,
    String,
    String,
    String,
    i64,
);

/// Motions that can still be seconded, as rows of `m`: young enough, the last of their kind, signed
/// once, on a listing in a state that they can move. `$1` is the moment after which they were moved.
macro_rules! waiting {
    () => {
        "SELECT m.id, m.listing_id, c.host, m.action, m.statement, m.statement_sha256, m.reason_code, m.reason,
            m.moved_by, m.moved_at
        FROM motion m JOIN proposal p ON p.listing_id = m.listing_id JOIN review_case c ON c.id = p.case_id
        WHERE m.moved_at > $1
            AND m.id = (SELECT MAX(n.id) FROM motion n WHERE n.listing_id = m.listing_id AND n.action = m.action)
            AND NOT EXISTS (SELECT 1 FROM motion_signature s WHERE s.motion_id = m.id AND s.place = 2)
            AND m.listing_id = (SELECT MAX(q.listing_id) FROM proposal q WHERE q.case_id = c.id)
            AND (c.state = 'listed' OR m.action = 'annul' AND c.state IN ('lifted', 'expired'))"
    };
}

/// The motions on a listing that wait for their second signature at `now`, in Unix seconds.
///
/// # Errors
/// When the store fails.
pub async fn waiting_on(store: &Store, listing_id: &str, now: i64) -> Result<Vec<Motion>> {
    const SQL: &str = concat!(waiting!(), " AND m.listing_id = $2 ORDER BY m.id");
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(SQL)
        .bind(oldest(now))
        .bind(listing_id)
        .fetch_all(db)
        .await)?;
    rows.into_iter().map(motion).collect()
}

/// All motions that wait for their second signature at `now`, the first first.
///
/// # Errors
/// When the store fails.
pub async fn waiting(store: &Store, now: i64) -> Result<Vec<Motion>> {
    const SQL: &str = concat!(waiting!(), " ORDER BY m.id");
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(SQL)
        .bind(oldest(now))
        .fetch_all(db)
        .await)?;
    rows.into_iter().map(motion).collect()
}

/// The moment after which a motion was moved that can still be seconded at `now`.
pub(super) fn oldest(now: i64) -> i64 {
    now.saturating_sub(MOTION_DAYS * DAY_SECONDS)
}

fn motion(row: Row) -> Result<Motion> {
    let (id, listing_id, host, action, statement, sha256, reason_code, reason, moved_by, moved_at) =
        row;
    Ok(Motion {
        id,
        listing_id,
        host,
        action: Action::parse(&action)?,
        statement,
        statement_sha256: sha256,
        reason_code,
        reason,
        moved_by,
        moved_at,
    })
}

/// What an officer moves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) action: Action,
    pub(crate) listing_id: &'a str,
    pub(crate) statement: &'a [u8],
    pub(crate) signature: &'a SignatureBytes,
    pub(crate) reason_code: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) officer: &'a Officer,
    pub(crate) at: i64,
}

pub(crate) const MOTION: &str = "INSERT INTO motion
    (id, listing_id, action, statement, statement_sha256, reason_code, reason, moved_by, moved_at)
    SELECT COALESCE(MAX(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM motion";
/// The motion just entered, for the first signature.
pub(crate) const LAST: &str = "SELECT MAX(id) FROM motion WHERE listing_id = $1 AND action = $2";
pub(crate) const SIGNATURE: &str = "INSERT INTO motion_signature
    (motion_id, place, officer_id, key_id, statement_sha256, signature, signed_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";

/// Enters a [`Draft`] with its first signature in the open transaction `tx`, which holds
/// [`crate::pool::locks::OFFICE`]. A macro, because the two engines' transactions are two types.
macro_rules! enter_motion {
    ($tx:ident, $draft:expr) => {{
        let draft = &$draft;
        let sha256 = blocklist::Digest::of(draft.statement).to_string();
        sqlx::query($crate::ending::motion::MOTION)
            .bind(draft.listing_id)
            .bind(draft.action.as_str())
            .bind(draft.statement)
            .bind(&sha256)
            .bind(&*$crate::pool::storable(draft.reason_code))
            .bind(&*$crate::pool::storable(draft.reason))
            .bind(&draft.officer.id)
            .bind(draft.at)
            .execute(&mut *$tx)
            .await?;
        let id: i64 = sqlx::query_scalar($crate::ending::motion::LAST)
            .bind(draft.listing_id)
            .bind(draft.action.as_str())
            .fetch_one(&mut *$tx)
            .await?;
        sqlx::query($crate::ending::motion::SIGNATURE)
            .bind(id)
            .bind(1i64)
            .bind(&draft.officer.id)
            .bind(draft.officer.key_id.as_str())
            .bind(&sha256)
            .bind(&draft.signature.0[..])
            .bind(draft.at)
            .execute(&mut *$tx)
            .await?;
    }};
}
pub(crate) use enter_motion;

/// What is moved, before it is signed.
pub(super) struct Asked<'a> {
    pub(super) action: Action,
    /// The decision that is kept of it.
    pub(super) kind: &'static str,
    pub(super) statement: &'a Statement,
    pub(super) reason_code: &'a str,
    pub(super) reason: &'a str,
}

/// Moves: signs the statement as the first officer and lets it wait for another. The case stays where
/// it is.
pub(super) async fn move_it(
    store: &Store,
    officer: &Officer,
    password: &str,
    subject: &Subject,
    asked: Asked<'_>,
    now: i64,
) -> Result<(), DecideError> {
    check_key(store, officer).await?;
    let key = officer::unlock(store, officer, password, now).await?;
    let bytes = asked
        .statement
        .to_bytes()
        .map_err(|e| Error::stored("motion", e))?;
    let signature = key::sign(&key, Role::Officer, &bytes);
    let state = resting(&subject.state)?;
    let step = Move {
        id: random_id()?,
        case_id: &subject.case_id,
        from: state,
        to: state,
        officer,
        kind: asked.kind,
        reason_code: asked.reason_code,
        reason: asked.reason,
        at: now,
        review_at: None,
    };
    let draft = Draft {
        action: asked.action,
        listing_id: subject.list.listing_id.as_str(),
        statement: &bytes,
        signature: &signature,
        reason_code: asked.reason_code,
        reason: asked.reason,
        officer,
        at: now,
    };
    transaction!(store, locks::OFFICE, |tx| {
        enter_move!(tx, step);
        enter_motion!(tx, draft);
    });
    Ok(())
}

/// A state in which a listing can have a motion.
fn resting(state: &str) -> Result<&'static str, DecideError> {
    ["listed", "lifted", "expired"]
        .into_iter()
        .find(|known| *known == state)
        .ok_or(DecideError::Stale)
}

/// The second officer signs the same bytes, and the leaf goes to the log. `shown` is the hash of the
/// statement on the page the officer read. Gives what was decided.
///
/// # Errors
/// When the officer moved it, it is another statement than was shown, a later motion took its place,
/// it waited too long or its listing moved on; see [`DecideError`].
pub async fn second(
    store: &Store,
    officer: &Officer,
    password: &str,
    id: i64,
    shown: &str,
    now: i64,
) -> Result<Action, DecideError> {
    may_decide(officer)?;
    let motion = load(store, id).await?.ok_or(DecideError::Stale)?;
    if motion.moved_by == officer.id {
        return Err(DecideError::SameOfficer);
    }
    if motion.statement_sha256 != shown || Digest::of(&motion.statement).to_string() != shown {
        return Err(DecideError::StatementChanged);
    }
    if motion.moved_at <= oldest(now) {
        return Err(DecideError::ProposalExpired);
    }
    let subject = subject(store, &motion.listing_id).await?;
    let statement: Statement =
        from_canonical(&motion.statement).map_err(|e| Error::stored("motion", e))?;
    // What the log would take as one thing must not be entered here as another.
    if statement.action() != motion.action.as_str()
        || about(&statement) != Some(&subject.list.listing_id)
    {
        return Err(Error::stored("motion", "its statement is about something else").into());
    }
    let (from, to, kind) = match motion.action {
        Action::OrderNumber => {
            number::open(store, &subject, now).await?;
            ("listed", "listed", "number")
        }
        Action::Lift => ("listed", "lifted", "lift"),
        Action::Annul => (resting(&subject.state)?, "annulled", "annul"),
    };
    check_key(store, officer).await?;
    let key = officer::unlock(store, officer, password, now).await?;
    let signature = key::sign(&key, Role::Officer, &motion.statement);
    let leaf = Leaf {
        statement,
        signatures: vec![
            first_signature(store, id).await?,
            LeafSignature {
                role: Role::Officer,
                key_id: officer.key_id.clone(),
                signature,
            },
        ],
    };
    let bytes = for_the_log(store, &leaf).await?;
    let step = Move {
        id: random_id()?,
        case_id: &subject.case_id,
        from,
        to,
        officer,
        kind,
        reason_code: &motion.reason_code,
        reason: &motion.reason,
        at: now,
        review_at: None,
    };
    const SIGNED: &str = "SELECT COUNT(*) FROM motion_signature WHERE motion_id = $1";
    let (listing_id, answered) = (motion.listing_id.as_str(), random_id()?);
    let due_at = calendar::shipped()?.working_days(now, 1);
    transaction!(store, locks::OFFICE, |tx| {
        let last: i64 = sqlx::query_scalar(LAST)
            .bind(listing_id)
            .bind(motion.action.as_str())
            .fetch_one(&mut *tx)
            .await?;
        let signed: i64 = sqlx::query_scalar(SIGNED)
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
        if last != id || signed != 1 {
            return Err(DecideError::Stale);
        }
        enter_move!(tx, step);
        sqlx::query(SIGNATURE)
            .bind(id)
            .bind(2i64)
            .bind(&officer.id)
            .bind(officer.key_id.as_str())
            .bind(shown)
            .bind(&signature.0[..])
            .bind(now)
            .execute(&mut *tx)
            .await?;
        match motion.action {
            Action::OrderNumber => {}
            Action::Lift => {
                enter_lift!(
                    tx,
                    listing_id,
                    &motion.moved_by,
                    Some(&officer.id),
                    now,
                    due_at
                );
                close_matters!(tx, listing_id, step, answered, "lift");
            }
            Action::Annul => close_matters!(tx, listing_id, step, answered, "annul"),
        }
        sqlx::query(queue::INSERT)
            .bind(motion.action.as_str())
            .bind(listing_id)
            .bind(&bytes)
            .bind(Digest::of(&bytes).to_string())
            .bind(now)
            .execute(&mut *tx)
            .await?;
    });
    Ok(motion.action)
}

/// The listing a motion's statement is about.
fn about(statement: &Statement) -> Option<&ListingId> {
    match statement {
        Statement::OrderNumber(number) => Some(&number.listing_id),
        Statement::Lift(lift) => Some(&lift.listing_id),
        Statement::Annul(annul) => Some(&annul.listing_id),
        _ => None,
    }
}

async fn load(store: &Store, id: i64) -> Result<Option<Motion>> {
    const SQL: &str =
        "SELECT m.id, m.listing_id, c.host, m.action, m.statement, m.statement_sha256,
            m.reason_code, m.reason, m.moved_by, m.moved_at
        FROM motion m JOIN proposal p ON p.listing_id = m.listing_id
        JOIN review_case c ON c.id = p.case_id WHERE m.id = $1";
    let row: Option<Row> = on!(store, |db| sqlx::query_as(SQL)
        .bind(id)
        .fetch_optional(db)
        .await)?;
    row.map(motion).transpose()
}

async fn first_signature(store: &Store, id: i64) -> Result<LeafSignature> {
    const SQL: &str =
        "SELECT key_id, signature FROM motion_signature WHERE motion_id = $1 AND place = 1";
    let (key_id, signature): (String, Vec<u8>) =
        on!(store, |db| sqlx::query_as(SQL).bind(id).fetch_one(db).await)?;
    let stored = |problem: &dyn std::fmt::Display| Error::stored("motion_signature", problem);
    Ok(LeafSignature {
        role: Role::Officer,
        key_id: KeyId::try_from(key_id).map_err(|e| stored(&e))?,
        signature: SignatureBytes::from_bytes(&signature).map_err(|e| stored(&e))?,
    })
}
