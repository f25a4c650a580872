//! Appeals from the first word to the last erasure, and everything that must not happen between.

use blocklist::{DomainName, key::Role, testing::name, time::DAY_SECONDS};

use super::{
    AppealError, Kind, MOST_OPEN, MOST_WAITING, Outcome, State,
    decide::{self, Decision},
    desk, keep, outcome,
    proof::{self, Look, Seen},
    receive::{NewAppeal, Received, receive},
    sender,
};
use crate::{
    Officer, case, ceremony,
    decide::DecideError,
    ending::motion,
    officer,
    pool::on,
    testing::{ADMINS, Centre, Engine, NOW, PASSWORD, person, proposal},
};

const HOST: &str = "obmen.test";
const TEXT: &str = "We sell flowers and have never exchanged anything.";
const CONTACT: &str = "+7 700 123 45 67";

const UPHELD: Decision<'static> = Decision {
    reason_code: "not-an-exchange",
    answer: "You were right.",
    note: "seen again today",
};
const REJECTED: Decision<'static> = Decision {
    reason_code: "evidence-stands",
    answer: "The order form is still there.",
    note: "",
};

/// A centre with a listing that two officers signed, and a third who did not.
struct Stage {
    centre: Centre,
    third: Officer,
    listing: String,
}

impl Stage {
    async fn on(engine: Engine) -> Self {
        let centre = Centre::on(engine).await;
        let third = add(&centre, "officer-3", Role::Officer).await;
        let listing = centre.approved(HOST, proposal()).await;
        centre.publisher().await.step(NOW).await.unwrap();
        Self {
            centre,
            third,
            listing,
        }
    }

    async fn send(&self, kind: Kind, text: &str, at: i64) -> Result<Received, AppealError> {
        self.send_about(&name(HOST), kind, text, at).await
    }

    async fn send_about(
        &self,
        host: &DomainName,
        kind: Kind,
        text: &str,
        at: i64,
    ) -> Result<Received, AppealError> {
        let new = NewAppeal {
            listing_id: &self.listing,
            host,
            kind,
            text,
            contact: Some(CONTACT),
        };
        receive(&self.centre.store, new, at).await
    }

    async fn report(&self) -> Received {
        self.send(Kind::Report, TEXT, NOW).await.unwrap()
    }

    async fn taken(&self) -> Received {
        let received = self.report().await;
        let store = &self.centre.store;
        decide::take(store, &self.third, &received.id, NOW + 1)
            .await
            .unwrap();
        received
    }

    async fn state(&self, received: &Received) -> State {
        let status = sender::status(&self.centre.store, &received.receipt).await;
        status.unwrap().unwrap().state
    }

    async fn open(&self) -> Vec<desk::Line> {
        desk::desk(&self.centre.store, &self.third)
            .await
            .unwrap()
            .open
    }

    async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT COUNT(*) FROM {table}");
        on!(self.centre.store, |db| sqlx::query_scalar(
            sqlx::AssertSqlSafe(sql)
        )
        .fetch_one(db)
        .await)
        .unwrap()
    }
}

async fn add(centre: &Centre, login: &str, role: Role) -> Officer {
    let added = ceremony::add_officer(&centre.store, person(login, role), ADMINS, NOW).await;
    centre.publisher().await.step(NOW).await.unwrap();
    added.unwrap()
}

fn token_seen() -> Vec<Look> {
    vec![
        Look {
            asked: format!("TXT _qalqan.{HOST}"),
            seen: Seen::Nothing,
            detail: "no such name".into(),
        },
        Look {
            asked: format!("http://{HOST}/.well-known/qalqan-appeal.txt"),
            seen: Seen::Token,
            detail: String::new(),
        },
    ]
}

async fn an_upheld_report_lifts_the_listing_and_shows_no_word_of_it(engine: Engine) {
    let stage = Stage::on(engine).await;
    let (store, third) = (&stage.centre.store, &stage.third);
    let received = stage.taken().await;
    let wrong = decide::uphold(
        store,
        third,
        "not the password",
        &received.id,
        Outcome::Lift,
        UPHELD,
        NOW + 2,
    );
    assert!(matches!(
        wrong.await,
        Err(AppealError::Lift(DecideError::WrongPassword))
    ));
    assert_eq!(stage.state(&received).await, State::Taken);
    let uphold = |outcome| {
        decide::uphold(
            store,
            third,
            PASSWORD,
            &received.id,
            outcome,
            UPHELD,
            NOW + 3,
        )
    };
    uphold(Outcome::Annul).await.unwrap();
    assert!(matches!(
        uphold(Outcome::Lift).await,
        Err(AppealError::Stale)
    ));
    stage.centre.publisher().await.step(NOW + 4).await.unwrap();
    let folded = store.folded(blocklist::Timestamp(NOW + 4)).await.unwrap();
    assert!(folded.entries.is_empty(), "the name resolves again");
    let listing = format!("{:?}", folded.listings[0].state);
    assert!(listing.contains(decide::LIFTED_FOR), "{listing}");

    let status = sender::status(store, &received.receipt).await.unwrap();
    let status = status.unwrap();
    assert_eq!(
        (status.state, status.answer.as_deref(), status.outcome),
        (State::Upheld, Some(UPHELD.answer), Some(Outcome::Annul))
    );
    let public = outcome::of_listing(store, &stage.listing).await.unwrap();
    assert_eq!(public, outcome::all(store).await.unwrap());
    let public = serde_json::to_string(&public).unwrap();
    assert_eq!(
        public,
        r#"[{"id":"A-2026-000001","kind":"report","received_at":"2026-11-21T06:00:00Z","decided_at":"2026-11-21T06:00:03Z","decision":"upheld","outcome":"annul","reason":"not-an-exchange"}]"#
    );
    let desk = desk::desk(store, third).await.unwrap();
    assert!(desk.open.is_empty());
    assert_eq!((desk.to_annul.len(), desk.decided.len()), (1, 1));
    crate::audit::verify(store).await.unwrap();
    let file = case::load(store, "C-2026-000001").await.unwrap().unwrap();
    let mut moves: Vec<_> = file.decisions.iter().map(|d| d.kind.as_str()).collect();
    moves.sort_unstable();
    let expected = [
        "annul-propose",
        "appeal-uphold",
        "approve",
        "lift",
        "propose",
    ];
    assert_eq!(moves, expected);
    // What this officer moved, another one seconds; then nothing is left to annul.
    let motions = motion::waiting_on(store, &stage.listing, NOW + 5)
        .await
        .unwrap();
    let [wanted] = motions.as_slice() else {
        panic!("{motions:?}")
    };
    let (second, shown) = (&stage.centre.second, &wanted.statement_sha256);
    motion::second(store, second, PASSWORD, wanted.id, shown, NOW + 5)
        .await
        .unwrap();
    let desk = desk::desk(store, third).await.unwrap();
    assert!(desk.to_annul.is_empty());
    // What ended is not appealed against any more.
    let late = stage
        .send(Kind::Report, "It is an error, really.", NOW + 5)
        .await;
    assert!(matches!(late, Err(AppealError::NotListed)), "{late:?}");
}

async fn an_owner_is_heard_once_control_is_proved(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let received = stage.send(Kind::Owner, TEXT, NOW).await.unwrap();
    let token = received.token.clone().unwrap();
    assert_eq!(token.len(), 32);
    assert!(stage.open().await.is_empty(), "nobody reads it yet");
    let early = decide::take(store, &stage.third, &received.id, NOW).await;
    assert!(matches!(early, Err(AppealError::Stale)));

    let waiting = proof::next(store, NOW).await.unwrap().unwrap();
    assert_eq!(waiting.host, name(HOST));
    assert_eq!(waiting.tokens, [(received.id.clone(), token)]);
    assert_eq!(
        proof::next(store, NOW).await.unwrap(),
        None,
        "another process looks elsewhere"
    );
    let missing = &token_seen()[..1];
    assert!(
        !proof::found(store, &received.id, missing, NOW + 1)
            .await
            .unwrap()
    );
    let status = sender::status(store, &received.receipt).await.unwrap();
    let proof = status.unwrap().proof.unwrap();
    assert_eq!(
        (proof.looks.as_slice(), proof.checked_at),
        (missing, Some(NOW + 1))
    );

    let again = |at| sender::look_again(store, &received.receipt, at);
    assert!(!again(NOW + 2).await.unwrap(), "too soon");
    assert!(again(NOW + 61).await.unwrap());
    assert!(proof::next(store, NOW + 61).await.unwrap().is_some());
    assert!(
        proof::found(store, &received.id, &token_seen(), NOW + 62)
            .await
            .unwrap()
    );
    assert_eq!(stage.state(&received).await, State::Proved);
    assert!(proof::next(store, NOW + 9_000).await.unwrap().is_none());
    let open = stage.open().await;
    // A Saturday: the clock begins on Monday.
    assert_eq!(open[0].due_at() - NOW, 3 * DAY_SECONDS - 11 * 3_600);
    let file = desk::load(store, &stage.third, &received.id).await.unwrap();
    let file = file.unwrap();
    assert_eq!(file.proof, token_seen());
    let kinds: Vec<_> = file.trail.iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["receive", "prove"]);
    decide::take(store, &stage.third, &received.id, NOW + 63)
        .await
        .unwrap();
    decide::reject(store, &stage.third, &received.id, REJECTED, NOW + 64)
        .await
        .unwrap();
    assert_eq!(stage.state(&received).await, State::Rejected);
}

/// Rule of the flood: whatever is sent, people read a bounded number, and each word once.
async fn ten_thousand_submissions_do_not_reach_people(engine: Engine) {
    let stage = Stage::on(engine).await;
    let mut full = 0;
    for n in 0..10_000 {
        // Spaces and signs do not make the same words new.
        let text = match n % 3 {
            0 => format!("{}{TEXT}", "!? ".repeat(n % 40)),
            _ => format!("{TEXT} {n}"),
        };
        match stage.send(Kind::Report, &text, NOW + 1).await {
            Ok(_) | Err(AppealError::Known) => {}
            Err(AppealError::Full) => full += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(full > 6_000, "{full}");
    assert_eq!(stage.open().await.len() as i64, MOST_OPEN);
    assert_eq!(stage.count("appeal").await, MOST_OPEN);
    // Owners who prove nothing are nobody's work, and bounded all the same.
    for n in 0..=MOST_WAITING {
        let sent = stage
            .send(Kind::Owner, &format!("{TEXT} {n}"), NOW + 1)
            .await;
        assert_eq!(sent.is_ok(), n < MOST_WAITING, "{n}");
    }
    assert_eq!(stage.open().await.len() as i64, MOST_OPEN);
}

/// Names of one owner may be many: proofs are bounded like reports.
async fn proofs_are_bounded_too(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let mut proved = 0;
    for n in 0..=MOST_OPEN {
        let host = name(&format!("h{n}.{HOST}"));
        let sent = stage.send_about(&host, Kind::Owner, TEXT, NOW).await;
        let id = sent.unwrap().id;
        let went_on = proof::found(store, &id, &token_seen(), NOW).await.unwrap();
        proved += i64::from(went_on);
    }
    assert_eq!(proved, MOST_OPEN);
    // The last one waits until another is decided, and goes on by itself at a later look.
    let first = &stage.open().await[0].id.clone();
    decide::take(store, &stage.third, first, NOW).await.unwrap();
    decide::reject(store, &stage.third, first, REJECTED, NOW)
        .await
        .unwrap();
    let last = format!("A-2026-{:06}", MOST_OPEN + 1);
    assert!(
        proof::found(store, &last, &token_seen(), NOW)
            .await
            .unwrap()
    );
}

async fn what_is_no_appeal_is_refused(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    for (text, field) in [
        ("", "text"),
        ("short", "text"),
        (&*"x".repeat(4_001), "text"),
    ] {
        let refused = stage.send(Kind::Report, text, NOW).await;
        assert!(matches!(refused, Err(AppealError::Field(f)) if f == field));
    }
    let long = "x".repeat(201);
    let host = name(HOST);
    let new = NewAppeal {
        listing_id: &stage.listing,
        host: &host,
        kind: Kind::Report,
        text: TEXT,
        contact: Some(&long),
    };
    let refused = receive(store, new, NOW).await;
    assert!(matches!(refused, Err(AppealError::Field("contact"))));
    let other = name("dobro.test");
    for (listing, host, at) in [
        ("Q-2026-000099", &host, NOW),
        ("\0", &host, NOW),
        (stage.listing.as_str(), &other, NOW),
        (stage.listing.as_str(), &host, NOW + 400 * DAY_SECONDS),
    ] {
        let new = NewAppeal {
            listing_id: listing,
            host,
            contact: None,
            ..new
        };
        let refused = receive(store, new, at).await;
        assert!(matches!(refused, Err(AppealError::NotListed)), "{listing}");
    }
    let odd = stage.send(Kind::Report, "\0\0 nothing \u{202e} here \0", NOW);
    assert!(odd.await.is_ok());
    assert_eq!(stage.count("appeal").await, 1);
    // The same words the next day are heard again.
    let tomorrow = stage.send(Kind::Report, "nothing here", NOW + DAY_SECONDS);
    assert!(tomorrow.await.is_ok());
}

/// Each person who signed the listing, each thing to do with the appeal: refused by the program and
/// by the database.
async fn whoever_signed_the_listing_decides_nothing(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let received = stage.report().await;
    let taken = stage.send(Kind::Report, "Another error it is.", NOW).await;
    let taken = taken.unwrap();
    decide::take(store, &stage.third, &taken.id, NOW)
        .await
        .unwrap();
    let legal = add(&stage.centre, "legal-1", Role::Legal).await;
    // The third signature of the listing, put there past the rule of when a lawyer signs: what matters
    // here is that it stands.
    let past = engine.drop_trigger("signature_in_notice", "signature");
    stage.centre.sql(&past).await.unwrap();
    let hash = case::proposal(store, &stage.listing)
        .await
        .unwrap()
        .unwrap()
        .statement_sha256;
    let sql = format!(
        "INSERT INTO signature VALUES ('{}', 3, '{}', '{}', '{hash}', {}, 0)",
        stage.listing,
        legal.id,
        legal.key_id,
        engine.octets("00")
    );
    stage.centre.sql(&sql).await.unwrap();
    let admin = officer::all(store).await.unwrap().remove(0);
    for (who, part) in [
        (&stage.centre.first, "the proposer"),
        (&stage.centre.second, "the approver"),
        (&legal, "the legal signer"),
        (&admin, "an admin"),
    ] {
        let id = &received.id;
        let refusals = [
            decide::take(store, who, id, NOW).await,
            decide::take(store, who, &taken.id, NOW).await,
            decide::reject(store, who, &taken.id, REJECTED, NOW).await,
            decide::uphold(store, who, PASSWORD, &taken.id, Outcome::Lift, UPHELD, NOW).await,
            keep::contact(store, who, &taken.id, NOW).await.map(|_| ()),
        ];
        for refused in refusals {
            let expected = match who.role {
                Role::Officer => matches!(refused, Err(AppealError::TookPart)),
                _ => matches!(refused, Err(AppealError::NotAnOfficer)),
            };
            assert!(expected, "{part}: {refused:?}");
        }
        for (id, kind, state, outcome, seq) in [
            (id, "take", "taken", "NULL", 2),
            (&taken.id, "take", "taken", "NULL", 3),
            (&taken.id, "reject", "rejected", "NULL", 3),
            (&taken.id, "uphold", "upheld", "'lift'", 3),
        ] {
            let sql = format!(
                "INSERT INTO appeal_event VALUES ('{id}', {seq}, 0, '{kind}', '{state}', '{}', {outcome}, '', '')",
                who.id
            );
            let refused = stage.centre.sql(&sql).await.expect_err(part).to_string();
            let says = [
                "signed the listing",
                "active officer",
                "ends the listing",
                "has taken",
            ];
            assert!(
                says.iter().any(|says| refused.contains(says)),
                "{part}: {refused}"
            );
        }
    }
    // Nor does the legal signer in another role.
    let sql = format!(
        "UPDATE officer SET role = 'officer' WHERE id = '{}'",
        legal.id
    );
    stage.centre.sql(&sql).await.unwrap();
    let legal = officer::load(store, &legal.id).await.unwrap().unwrap();
    let refused = decide::take(store, &legal, &received.id, NOW).await;
    assert!(matches!(refused, Err(AppealError::TookPart)));
    let row = |id: &str| {
        format!(
            "INSERT INTO appeal_event VALUES ('{}', 3, 0, 'take', 'taken', '{id}', NULL, '', '')",
            taken.id
        )
    };
    let refused = stage
        .centre
        .sql(&row(&legal.id))
        .await
        .unwrap_err()
        .to_string();
    assert!(refused.contains("whoever signed the listing"), "{refused}");
    // The very same rows by somebody who signed nothing are let in, so it is the person that was refused.
    let sql = format!(
        "INSERT INTO appeal_event VALUES ('{}', 3, 0, 'reject', 'rejected', '{}', NULL, '', '')",
        taken.id, stage.third.id
    );
    stage.centre.sql(&sql).await.unwrap();
    let file = case::load(store, "C-2026-000001").await.unwrap().unwrap();
    assert_eq!(file.case.state, "listed");
    assert_eq!(file.decisions.len(), 2, "nobody decided anything");
}

/// What somebody with a database console tries.
async fn the_database_holds_the_steps(engine: Engine) {
    let stage = Stage::on(engine).await;
    let (third, fourth) = (
        &stage.third,
        &add(&stage.centre, "officer-4", Role::Officer).await,
    );
    let taken = stage.taken().await.id;
    let owner = stage.send(Kind::Owner, TEXT, NOW).await.unwrap().id;
    let event = |id: &str,
                 seq: i64,
                 kind: &str,
                 state: &str,
                 officer: Option<&str>,
                 outcome: &str| {
        let officer = officer.map_or("NULL".to_owned(), |id| format!("'{id}'"));
        format!(
            "INSERT INTO appeal_event VALUES ('{id}', {seq}, 0, '{kind}', '{state}', {officer}, {outcome}, '', '')"
        )
    };
    let (by_third, by_fourth) = (Some(third.id.as_str()), Some(fourth.id.as_str()));
    let tries = [
        (
            event(&taken, 3, "uphold", "upheld", by_third, "'lift'"),
            "ends the listing",
        ),
        (
            event(&taken, 3, "uphold", "upheld", by_third, "NULL"),
            "ends the listing",
        ),
        (
            event(&taken, 3, "reject", "rejected", by_third, "'lift'"),
            "ends the listing",
        ),
        (
            event(&taken, 3, "reject", "rejected", by_fourth, "NULL"),
            "has taken the appeal",
        ),
        (
            event(&taken, 3, "reject", "rejected", None, "NULL"),
            "cannot take this step",
        ),
        (
            event(&taken, 3, "reject", "upheld", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            event(&taken, 4, "reject", "rejected", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            event(&taken, 3, "erase", "taken", None, "NULL"),
            "cannot take this step",
        ),
        (
            event(&owner, 2, "take", "taken", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            event(&owner, 2, "prove", "proved", by_third, "NULL"),
            "cannot take this step",
        ),
        (
            "UPDATE appeal SET kind = 'report', token = NULL".into(),
            "append-only",
        ),
        (
            "UPDATE appeal_event SET officer_id = NULL".into(),
            "append-only",
        ),
        ("DELETE FROM appeal_event".into(), "append-only"),
        ("DELETE FROM appeal".into(), "append-only"),
        ("DELETE FROM appeal_step".into(), "append-only"),
        ("UPDATE appeal_words SET words = 'x'".into(), "append-only"),
        ("DELETE FROM appeal_words".into(), "of an open appeal stay"),
        (
            "DELETE FROM appeal_contact".into(),
            "of an open appeal stay",
        ),
    ];
    for (sql, says) in tries {
        let refused = stage.centre.sql(&sql).await.expect_err(&sql).to_string();
        assert!(refused.contains(says), "{sql}: {refused}");
    }
    // An owner's appeal that skips its proof.
    let sql = format!(
        "INSERT INTO appeal SELECT 'A-1', listing_id, host, kind, 0, 'x', 'y', 'z' FROM appeal WHERE id = '{owner}'"
    );
    stage.centre.sql(&sql).await.unwrap();
    let skipped = event("A-1", 1, "receive", "received", None, "NULL");
    let refused = stage.centre.sql(&skipped).await.unwrap_err().to_string();
    assert!(refused.contains("an owner proves control"), "{refused}");
}

async fn one_officer_holds_an_appeal_and_another_may_take_it_over(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let fourth = add(&stage.centre, "officer-4", Role::Officer).await;
    let id = stage.taken().await.id;
    let not_mine = decide::reject(store, &fourth, &id, REJECTED, NOW + 2).await;
    assert!(matches!(not_mine, Err(AppealError::NotTaken)));
    let twice = decide::take(store, &stage.third, &id, NOW + 2).await;
    assert!(matches!(twice, Err(AppealError::Stale)));
    let contact = keep::contact(store, &fourth, &id, NOW + 2).await;
    assert!(matches!(contact, Err(AppealError::NotTaken)));
    decide::take(store, &fourth, &id, NOW + 3).await.unwrap();
    let contact = keep::contact(store, &fourth, &id, NOW + 4).await.unwrap();
    assert_eq!(contact.as_deref(), Some(CONTACT));
    let opened: i64 = stage
        .count("audit WHERE action = 'appeal.contact' AND subject LIKE 'A-%'")
        .await;
    assert_eq!(opened, 1);
    let lost = decide::reject(store, &stage.third, &id, REJECTED, NOW + 5).await;
    assert!(matches!(lost, Err(AppealError::NotTaken)));
    for (decision, field) in [
        (
            Decision {
                reason_code: "licensed",
                ..REJECTED
            },
            "reason_code",
        ),
        (
            Decision {
                answer: " ",
                ..REJECTED
            },
            "answer",
        ),
    ] {
        let refused = decide::reject(store, &fourth, &id, decision, NOW + 5).await;
        assert!(matches!(refused, Err(AppealError::Field(f)) if f == field));
    }
    decide::reject(store, &fourth, &id, REJECTED, NOW + 6)
        .await
        .unwrap();
}

async fn words_and_contact_are_sealed_and_erased(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let received = stage.taken().await;
    const SEALED: &str = "SELECT sealed FROM appeal_contact";
    let sealed: Vec<u8> = on!(store, |db| sqlx::query_scalar(SEALED).fetch_one(db).await).unwrap();
    let in_clear = sealed
        .windows(4)
        .any(|part| CONTACT.as_bytes().windows(4).any(|c| c == part));
    assert!(!in_clear);
    decide::reject(store, &stage.third, &received.id, REJECTED, NOW + 2)
        .await
        .unwrap();
    let still_open = stage
        .send(Kind::Report, "Nobody looked at this.", NOW)
        .await;
    let still_open = still_open.unwrap();
    let year = NOW + 2 + keep::KEEP_DAYS * DAY_SECONDS;
    let swept = keep::sweep(store, year - 1).await.unwrap();
    assert_eq!(swept, keep::Swept::default());
    assert_eq!(keep::sweep(store, year).await.unwrap().erased, 1);
    assert_eq!(keep::sweep(store, year + 1).await.unwrap().erased, 0);
    assert_eq!(stage.count("appeal_contact").await, 1);
    assert_eq!(stage.count("appeal_words").await, 1);
    assert_eq!(stage.state(&still_open).await, State::Received);
    // The trail stays, and so does the answer to whoever holds the receipt: how it ended.
    let status = sender::status(store, &received.receipt).await.unwrap();
    let status = status.unwrap();
    assert_eq!((status.state, status.answer), (State::Rejected, None));
    assert_eq!(status.reason_code, REJECTED.reason_code);
    assert_eq!(outcome::all(store).await.unwrap().len(), 1);
    let file = desk::load(store, &stage.third, &received.id).await.unwrap();
    assert_eq!(file.unwrap().text, None);
}

async fn what_is_taken_back_or_never_proved_is_closed(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let report = stage.report().await;
    sender::withdraw(store, &report.receipt, NOW + 1)
        .await
        .unwrap();
    let twice = sender::withdraw(store, &report.receipt, NOW + 2).await;
    assert!(matches!(twice, Err(AppealError::Stale)));
    let owner = stage.send(Kind::Owner, TEXT, NOW).await.unwrap();
    let end = proof::lapses_at(NOW);
    assert_eq!(keep::sweep(store, end - 1).await.unwrap().lapsed, 0);
    assert_eq!(keep::sweep(store, end).await.unwrap().lapsed, 1);
    assert_eq!(stage.state(&owner).await, State::Withdrawn);
    assert!(proof::next(store, end).await.unwrap().is_none());
    let late = proof::found(store, &owner.id, &token_seen(), end).await;
    assert!(!late.unwrap());
    assert!(stage.open().await.is_empty());
    assert!(outcome::all(store).await.unwrap().is_empty());
    let nobody = super::code::Receipt::parse("0000-0000-0000-0000").unwrap();
    assert_eq!(sender::status(store, &nobody).await.unwrap(), None);
}

async fn what_is_due_first_stands_first(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    // Taken on Monday, due on the next Monday; the later one is due on Tuesday already.
    let monday = NOW + 2 * DAY_SECONDS;
    let first = stage.send(Kind::Report, TEXT, monday).await.unwrap().id;
    let second = stage
        .send(Kind::Report, "It is another error.", monday + 60)
        .await;
    let second = second.unwrap().id;
    let order = |lines: Vec<desk::Line>| lines.into_iter().map(|l| l.id).collect::<Vec<_>>();
    assert_eq!(order(stage.open().await), [first.clone(), second.clone()]);
    decide::take(store, &stage.third, &first, monday + 90)
        .await
        .unwrap();
    let open = stage.open().await;
    // Monday is eleven in the morning there; terms end with their last day.
    let monday_ends = monday + 13 * 3_600;
    assert_eq!(open[0].due_at(), monday_ends + DAY_SECONDS);
    assert_eq!(open[1].due_at(), monday_ends + 7 * DAY_SECONDS);
    assert!(!open[0].is_overdue(monday + DAY_SECONDS));
    assert!(open[0].is_overdue(monday + 2 * DAY_SECONDS));
    for (days, late) in [(1, 0), (2, 1), (8, 2)] {
        let overdue = desk::overdue(store, monday + days * DAY_SECONDS).await;
        assert_eq!(overdue.unwrap(), late, "{days}");
    }
    assert_eq!(order(open), [second, first]);
    let by_first = desk::desk(store, &stage.centre.first).await.unwrap();
    assert!(by_first.open.iter().all(|line| line.took_part));
}

crate::both_engines!(
    an_upheld_report_lifts_the_listing_and_shows_no_word_of_it,
    an_owner_is_heard_once_control_is_proved,
    ten_thousand_submissions_do_not_reach_people,
    proofs_are_bounded_too,
    what_is_no_appeal_is_refused,
    whoever_signed_the_listing_decides_nothing,
    the_database_holds_the_steps,
    one_officer_holds_an_appeal_and_another_may_take_it_over,
    words_and_contact_are_sealed_and_erased,
    what_is_taken_back_or_never_proved_is_closed,
    what_is_due_first_stands_first,
);
