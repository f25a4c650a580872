//! Appeals from the first word to the last erasure, and everything that must not happen between.

mod apart;
mod bounds;
mod road;

use blocklist::{DomainName, key::Role, testing::name, time::DAY_SECONDS};

use super::{
    AppealError, Kind, MOST_OPEN, MOST_WAITING, Outcome, State, code,
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
            receipt: None,
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
