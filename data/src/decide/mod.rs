//! The moves people make on a case. Each is checked here and again by the database: the proposer
//! cannot approve, bytes cannot change between the two signatures, and nothing reaches the queue
//! for the log without both.
//!
//! [`propose()`] is the first officer's move, [`approve()`] and [`send_back`] the second's, [`dismiss`]
//! and [`lift()`] end things. [`take()`] says who looks at a case, [`expire_proposals`] ends what waited too
//! long, and [`outlook()`] tells when a listing would begin. Where each move leads is data:
//! [`blocklist::lifecycle`]. What else becomes of a listing stands in [`crate::ending`].

#[macro_use]
pub(crate) mod moves;
mod approve;
mod close;
mod fresh;
mod lapse;
mod legal;
mod outlook;
mod propose;
mod signed;
mod take;

use blocklist::{
    DomainName, Scope, Timestamp,
    guard::Refusal,
    key::{self, KeyId, Role},
    leaf::{Leaf, LeafSignature},
    lifecycle::ConsentError,
    statement::Statement,
    time::{DAY_SECONDS, Day},
};

pub use crate::ending::lift::lift;
pub use approve::{approve, send_back};
pub use close::dismiss;
pub use lapse::expire_proposals;
pub use legal::{
    AHEAD_SECONDS, Notice, RAISED_NOTICE_SECONDS, awaits_lawyer, legal_sign, notices, withhold,
};
pub(crate) use moves::{DECISION, enter_move};
pub use outlook::{Outlook, outlook};
pub use propose::propose;
pub(crate) use signed::for_the_log;
pub use take::{release, take};

use crate::{
    case,
    error::{Error, Result},
    officer::{Officer, UnlockError},
    pool::Store,
};

/// A proposal waits this long for its second signature, in days.
pub const PROPOSAL_DAYS: i64 = 7;

/// How old evidence may be when it is signed on, in hours.
pub const EVIDENCE_HOURS: i64 = 72;

/// The longest term of a listing, in days.
pub const MAX_LISTING_DAYS: u32 = 731;

/// Days for which a closed case stays closed on the same evidence, unless whoever closes it says otherwise.
pub const REVIEW_DAYS: u32 = 180;

/// The longest such time, in days.
pub const MAX_REVIEW_DAYS: u32 = 731;

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
    /// The order's own number. Empty only where [`Proposal::urgent`] says why: then it follows within a
    /// day, or the listing ends (see [`crate::ending::number`]).
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

impl Proposal {
    fn number(&self) -> Option<String> {
        let number = self.order_number.trim();
        (!number.is_empty()).then(|| number.to_owned())
    }
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
    /// Too many wrong passwords of late.
    #[error("too many wrong passwords; nothing was signed; try again in a quarter of an hour")]
    TooManyTries,
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
    /// Another officer reviews the case.
    #[error("{0} is reviewing this case; take it over first")]
    Taken(String),
    /// The capture is too old to sign on; a new one was asked for.
    #[error(
        "the site was captured {hours} hours ago, and evidence is good for {EVIDENCE_HOURS}; it is being captured again: load the case anew once that is done"
    )]
    EvidenceOld {
        /// Its age.
        hours: i64,
    },
    /// The newest capture says otherwise.
    #[error(
        "the newest capture of the site no longer shows an exchange that serves Kazakhstan; look at it and close the case, or send the proposal back"
    )]
    EvidenceTurned,
    /// The evidence was renewed while the form was open.
    #[error("the evidence of the case was renewed since the page was loaded; load it again")]
    EvidenceChanged,
    /// Signatures that do not make a listing.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// A protected name.
    #[error(transparent)]
    Guarded(#[from] Box<Refusal>),
    /// A name of the raised tier, asked to be blocked at once.
    #[error("a name of the raised tier is never urgent: a day of public notice comes first")]
    RaisedUrgent,
    /// Somebody else than a lawyer tried to sign third.
    #[error("only a legal account signs third")]
    NotLegal,
    /// A day of public notice no longer fits before the signed moment.
    #[error(
        "a day of public notice no longer fits before {0}, when the listing was to take effect; send it back and propose again"
    )]
    NoticeTooShort(Timestamp),
    /// A legal ground the policy does not name.
    #[error("`{0}` is not a legal ground that the policy allows")]
    Basis(String),
    /// A field is missing or out of bounds; the field's name is given.
    #[error("the field `{0}` is missing or not acceptable")]
    Field(&'static str),
    /// The order of the listing has its number.
    #[error("the order of this listing has its number already")]
    NumberKnown,
    /// The number of an emergency listing's order came too late.
    #[error(
        "the listing ended: the number of its order did not come within 24 hours; propose it anew"
    )]
    NumberLate,
    /// Whoever lifted tried to review the lift.
    #[error("you lifted this listing; another officer must look at it")]
    OwnLift,
    /// The officer's key is not active in the log.
    #[error("your key {0} is not active in the log; ask an admin")]
    KeyNotActive(KeyId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<UnlockError> for DecideError {
    fn from(error: UnlockError) -> Self {
        match error {
            UnlockError::Store(error) => Self::Store(error),
            UnlockError::WrongPassword => Self::WrongPassword,
            UnlockError::TooManyTries => Self::TooManyTries,
        }
    }
}

impl From<sqlx::Error> for DecideError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
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

pub(crate) fn may_decide(officer: &Officer) -> Result<(), DecideError> {
    if officer.role == Role::Officer {
        Ok(())
    } else {
        Err(DecideError::NotAnOfficer)
    }
}

pub(crate) fn required(field: &'static str, text: &str) -> Result<(), DecideError> {
    let length = text.trim().chars().count();
    if (1..=2000).contains(&length) {
        Ok(())
    } else {
        Err(DecideError::Field(field))
    }
}

/// The checks that stand at both doors: an active key, an allowed ground, a free name. Of a name of the
/// raised tier it gives what the guard says, for [`legal`] to follow.
async fn check_listing(
    store: &Store,
    officer: &Officer,
    name: &DomainName,
    scope: Scope,
    basis: &str,
) -> Result<Option<Box<Refusal>>, DecideError> {
    let mut record = store.read_record().await?;
    let fold = record.replay()?.fold();
    if fold.key(&officer.key_id, Role::Officer).is_none() {
        return Err(DecideError::KeyNotActive(officer.key_id.clone()));
    }
    if !fold.policy().bases.iter().any(|allowed| allowed == basis) {
        return Err(DecideError::Basis(basis.chars().take(80).collect()));
    }
    Ok(record.guard()?.check_with_legal(name, scope)?)
}

pub(crate) async fn check_key(store: &Store, officer: &Officer) -> Result<(), DecideError> {
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
