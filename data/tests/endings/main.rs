//! How listings end, through a real database and a published log, at moments the test gives.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod annulments;
mod dates;
mod emergencies;
mod lifts;

use blocklist::{Timestamp, fold::ListingState, key::Role, leaf::Leaf, time::DAY_SECONDS};
use data::{
    Officer, case, ceremony,
    decide::{self, DecideError, Proposal},
    ending::{
        LIFTS_A_DAY, annul,
        lift::Lifted,
        motion::{self, Action, Motion},
        number,
        question::{self, Finding, Why},
        review::{self, Outcome},
        sweep,
    },
    frontier,
    testing::{ADMINS, Centre, Engine, NOW, PASSWORD, person, proposal},
};

/// A day, in seconds: how long an emergency listing waits for its number.
const DAY: i64 = DAY_SECONDS;

fn emergency() -> Proposal {
    Proposal {
        order_number: String::new(),
        urgent: Some("People are losing money today.".into()),
        ..proposal()
    }
}

async fn publish(centre: &Centre, now: i64) {
    centre.publisher().await.step(now).await.unwrap();
}

/// Where a listing stands by the log.
async fn state(centre: &Centre, listing: &str, now: i64) -> ListingState {
    let folded = centre.store.folded(Timestamp(now)).await.unwrap();
    let mut listings = folded.listings.into_iter();
    let found = listings.find(|l| l.statement.listing_id.as_str() == listing);
    found.expect("a listing in the log").state
}

async fn case_state(centre: &Centre, listing: &str) -> String {
    let case = case::of_listing(&centre.store, listing).await.unwrap();
    let file = case::load(&centre.store, &case.unwrap()).await.unwrap();
    file.unwrap().case.state
}

async fn motion(centre: &Centre, listing: &str, now: i64) -> Motion {
    let mut waiting = motion::waiting_on(&centre.store, listing, now)
        .await
        .unwrap();
    waiting.pop().expect("a motion that waits")
}

async fn second(
    centre: &Centre,
    officer: &Officer,
    motion: &Motion,
    now: i64,
) -> Result<Action, DecideError> {
    let hash = &motion.statement_sha256;
    motion::second(&centre.store, officer, PASSWORD, motion.id, hash, now).await
}

async fn lift(centre: &Centre, officer: &Officer, listing: &str, now: i64) -> Lifted {
    let store = &centre.store;
    decide::lift(
        store,
        officer,
        PASSWORD,
        listing,
        "closed",
        "It is gone.",
        now,
    )
    .await
    .unwrap()
}

async fn third(centre: &Centre) -> Officer {
    let new = person("officer-3", Role::Officer);
    let officer = ceremony::add_officer(&centre.store, new, ADMINS, NOW).await;
    publish(centre, NOW).await;
    officer.unwrap()
}
