//! Appeals as officers have them before them: what is due first at the top.

use super::{Kind, Outcome, State, proof, sender::Due};
use crate::{
    error::{Error, Result},
    officer::Officer,
    pool::{Store, on, storable},
};

/// Decided appeals shown on the desk at most.
const DECIDED: i64 = 50;

/// One line of the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `A-2026-000001`.
    pub id: String,
    /// The listing.
    pub listing_id: String,
    /// The name it is about.
    pub host: String,
    /// Who appeals.
    pub kind: Kind,
    /// Where it stands.
    pub state: State,
    /// When it came.
    pub received_at: i64,
    /// The promise it is under.
    pub due: Due,
    /// Who took the last step, by officer's id.
    pub officer_id: Option<String>,
    /// What an upheld appeal led to.
    pub outcome: Option<Outcome>,
    /// Whether the officer who asks signed the listing, and so does not decide.
    pub took_part: bool,
}

impl Line {
    /// What is promised next: the first answer, or the decision once somebody has taken it.
    pub fn due_at(&self) -> i64 {
        match self.state {
            State::Taken => self.due.decision_by,
            _ => self.due.answer_by,
        }
    }

    /// Whether a promise is broken.
    pub fn is_overdue(&self, now: i64) -> bool {
        !self.state.is_closed() && now > self.due_at()
    }
}

/// The desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desk {
    /// What waits for an officer, or for the decision of one; what is due first is first.
    pub open: Vec<Line>,
    /// Upheld appeals whose listing is wanted annulled, and is not.
    pub to_annul: Vec<Line>,
    /// Decided of late, the last first.
    pub decided: Vec<Line>,
    /// How many owners have not proved control yet: nobody needs to read those.
    pub unproved: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    listing_id: String,
    host: String,
    kind: String,
    received_at: i64,
    reached_at: Option<i64>,
    state: String,
    officer_id: Option<String>,
    outcome: Option<String>,
    took_part: i64,
}

const LINE: &str = "SELECT a.id, a.listing_id, a.host, a.kind, a.received_at,
        (SELECT MIN(r.at) FROM appeal_event r WHERE r.appeal_id = a.id AND r.state IN ('received', 'proved')) AS reached_at,
        e.state, e.officer_id, e.outcome,
        (SELECT COUNT(*) FROM proposal l JOIN proposal p ON p.case_id = l.case_id
            LEFT JOIN signature s ON s.listing_id = p.listing_id
            WHERE l.listing_id = a.listing_id AND (p.proposed_by = $1 OR s.officer_id = $1)) AS took_part
    FROM appeal a JOIN appeal_event e ON e.appeal_id = a.id AND e.seq = (
        SELECT MAX(l.seq) FROM appeal_event l WHERE l.appeal_id = a.id AND l.kind <> 'erase')";

impl TryFrom<Row> for Line {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let unreadable = |what: &str| Error::stored("appeal", format!("unknown {what}"));
        Ok(Self {
            kind: Kind::parse(&row.kind).ok_or_else(|| unreadable("kind"))?,
            state: State::stored(&row.state)?,
            due: Due::from(row.reached_at.unwrap_or(row.received_at))?,
            outcome: row
                .outcome
                .map(|word| Outcome::parse(&word).ok_or_else(|| unreadable("outcome")))
                .transpose()?,
            id: row.id,
            listing_id: row.listing_id,
            host: row.host,
            received_at: row.received_at,
            officer_id: row.officer_id,
            took_part: row.took_part > 0,
        })
    }
}

/// What waits for an officer, or for the decision of one.
const OPEN: &str = "WHERE e.state IN ('received', 'proved', 'taken')";

/// `officer` is the id of whoever asks.
async fn lines(store: &Store, officer: &str, rest: &str) -> Result<Vec<Line>> {
    let sql = format!("{LINE} {rest}");
    let rows: Vec<Row> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(officer)
        .fetch_all(db)
        .await)?;
    rows.into_iter().map(Line::try_from).collect()
}

/// The desk as `officer` sees it. What is open is bounded by [`super::MOST_OPEN`] a listing.
///
/// # Errors
/// When the store fails.
pub async fn desk(store: &Store, officer: &Officer) -> Result<Desk> {
    const UNPROVED: &str = "SELECT COUNT(*) FROM appeal_check";
    let mut open = lines(store, &officer.id, OPEN).await?;
    open.sort_by(|a, b| (a.due_at(), &a.id).cmp(&(b.due_at(), &b.id)));
    let to_annul = "WHERE e.state = 'upheld' AND e.outcome = 'annul' AND NOT EXISTS (SELECT 1
        FROM signed_statement q WHERE q.listing_id = a.listing_id AND q.kind = 'annul') ORDER BY a.id";
    let decided = format!(
        "WHERE e.state IN ('upheld', 'rejected') ORDER BY e.at DESC, a.id DESC LIMIT {DECIDED}"
    );
    Ok(Desk {
        open,
        to_annul: lines(store, &officer.id, to_annul).await?,
        decided: lines(store, &officer.id, &decided).await?,
        unproved: on!(store, |db| sqlx::query_scalar(UNPROVED).fetch_one(db).await)?,
    })
}

/// How many appeals wait longer than was promised, at `now` in Unix seconds.
///
/// # Errors
/// When the store fails.
pub async fn overdue(store: &Store, now: i64) -> Result<usize> {
    let open = lines(store, "", OPEN).await?;
    Ok(open.iter().filter(|line| line.is_overdue(now)).count())
}

/// A step of an appeal, as colleagues see it.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Event {
    /// When.
    pub at: i64,
    /// What: a kind of the table `appeal_step`.
    pub kind: String,
    /// Who, by display name, where it was an officer.
    pub display_name: Option<String>,
    /// The reason shown to the public.
    pub reason_code: String,
    /// For colleagues; of a proof, what was asked and seen, as JSON.
    pub note: String,
}

/// An appeal with all that is needed to decide it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// The appeal.
    pub line: Line,
    /// What the sender says, until it is erased.
    pub text: Option<String>,
    /// What was answered.
    pub answer: Option<String>,
    /// Whether a contact was left: [`super::keep::contact`] opens it.
    pub has_contact: bool,
    /// What proved control, of an owner's.
    pub proof: Vec<proof::Look>,
    /// Its trail, the first first.
    pub trail: Vec<Event>,
}

/// One appeal that is before people, or was.
///
/// # Errors
/// When the store fails.
pub async fn load(store: &Store, officer: &Officer, id: &str) -> Result<Option<File>> {
    const WORDS: &str = "SELECT part, words FROM appeal_words WHERE appeal_id = $1";
    const CONTACT: &str = "SELECT COUNT(*) FROM appeal_contact WHERE appeal_id = $1";
    const TRAIL: &str = "SELECT e.at, e.kind, o.display_name, e.reason_code, e.note
        FROM appeal_event e LEFT JOIN officer o ON o.id = e.officer_id WHERE e.appeal_id = $1 ORDER BY e.seq";
    let sql = format!("{LINE} WHERE a.id = $2 AND e.state <> 'proof-wanted'");
    let row: Option<Row> = on!(store, |db| sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(&officer.id)
        .bind(&*storable(id))
        .fetch_optional(db)
        .await)?;
    let Some(row) = row else { return Ok(None) };
    let line = Line::try_from(row)?;
    let words: Vec<(String, String)> = on!(store, |db| sqlx::query_as(WORDS)
        .bind(&line.id)
        .fetch_all(db)
        .await)?;
    let contacts: i64 = on!(store, |db| sqlx::query_scalar(CONTACT)
        .bind(&line.id)
        .fetch_one(db)
        .await)?;
    let trail: Vec<Event> = on!(store, |db| sqlx::query_as(TRAIL)
        .bind(&line.id)
        .fetch_all(db)
        .await)?;
    let part = |name: &str| {
        let mut words = words.iter();
        words.find(|(part, _)| part == name).map(|(_, w)| w.clone())
    };
    let proved = trail.iter().find(|event| event.kind == "prove");
    Ok(Some(File {
        text: part("text"),
        answer: part("answer"),
        has_contact: contacts > 0,
        proof: proved.map_or(Ok(Vec::new()), |event| proof::looks(&event.note))?,
        trail,
        line,
    }))
}
