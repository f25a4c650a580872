//! A whole centre in a temporary directory: log, people, cases. For tests only.
#![allow(clippy::expect_used, missing_docs, reason = "test support")]

pub mod cluster;
mod engine;

pub use engine::{Engine, Scratch};

use blocklist::{
    DomainName, Scope, Trust,
    guard::{GuardList, Reach, Tier},
    key::Role,
    testing::name,
    time::Day,
};

use crate::{
    Officer, Store, case,
    ceremony::{self, NewLog},
    decide::{self, Document, Proposal},
    officer::NewOfficer,
    pool::{on, random_id},
    publish::Publisher,
};

/// 2026-11-21T06:00:00Z, when test centres begin.
pub const NOW: i64 = blocklist::testing::START.0;

/// Everybody's password.
pub const PASSWORD: &str = "a password for tests";

/// Both admins, as they sign.
pub const ADMINS: ceremony::Pair<'static> = [("admin-1", PASSWORD), ("admin-2", PASSWORD)];

/// A centre with two admins and two officers, its first leaves published.
pub struct Centre {
    pub dir: tempfile::TempDir,
    /// What `Store::open` is given.
    pub url: String,
    pub engine: Engine,
    pub store: Store,
    pub trust: Trust,
    pub first: Officer,
    pub second: Officer,
    _database: Option<cluster::Database>,
}

pub fn person<'a>(login: &'a str, role: Role) -> NewOfficer<'a> {
    NewOfficer {
        login,
        display_name: login,
        role,
        password: PASSWORD,
    }
}

impl Centre {
    /// A demonstration: it lists names under `.test`, and sees nothing that is shipped. On SQLite, in
    /// the file that a data directory has.
    pub async fn new() -> Self {
        Self::on(Engine::Sqlite).await
    }

    /// A demonstration, as most tests need it: it lists names under `.test`.
    pub async fn on(engine: Engine) -> Self {
        Self::with(Scratch::new(engine).await).await
    }

    /// A demonstration on a database that is there.
    pub async fn with(scratch: Scratch) -> Self {
        let centre = Self::begin(scratch, "qalqan.test", true, Vec::new()).await;
        let banks = GuardList {
            list: "banks".into(),
            tier: Tier::Never,
            reach: Reach::Tree,
            reason: "a bank".into(),
            names: vec![name("bank.test")],
        };
        ceremony::set_guard(&centre.store, banks, ADMINS, NOW)
            .await
            .expect("a guard");
        centre.publisher().await.step(NOW).await.expect("a release");
        centre
    }

    /// A log that is no demonstration, with the lists shipped for such a log, as `init` makes it.
    pub async fn real(domain: &str) -> Self {
        let guards = crate::guards::shipped().expect("lists");
        let centre = Self::begin(Scratch::new(Engine::Sqlite).await, domain, false, guards).await;
        centre.publisher().await.step(NOW).await.expect("a release");
        centre
    }

    async fn begin(scratch: Scratch, domain: &str, demo: bool, guards: Vec<GuardList>) -> Self {
        let engine = scratch.engine();
        let store = scratch.open().await;
        let Scratch { url, dir, database } = scratch;
        let new = NewLog {
            origin: "qalqan.test/log",
            public_url: "http://qalqan.test",
            policy: ceremony::default_policy(name(domain), 2_026_000_000),
            demo,
            admins: [
                person("admin-1", Role::Admin),
                person("admin-2", Role::Admin),
            ],
            guards,
        };
        let trust = ceremony::init(&store, dir.path(), new, NOW)
            .await
            .expect("a log");
        let mut people = Vec::new();
        for login in ["officer-1", "officer-2"] {
            people.push(
                ceremony::add_officer(&store, person(login, Role::Officer), ADMINS, NOW)
                    .await
                    .expect("an officer"),
            );
        }
        let second = people.pop().expect("two officers");
        let first = people.pop().expect("two officers");
        Self {
            dir,
            url,
            engine,
            store,
            trust,
            first,
            second,
            _database: database,
        }
    }

    /// The store as another process has it.
    pub async fn another(&self) -> Store {
        Store::open(&self.url).await.expect("a store")
    }

    pub async fn publisher(&self) -> Publisher {
        Publisher::open(self.store.clone(), self.dir.path(), NOW)
            .await
            .expect("a publisher")
    }

    /// A site with one capture that was flagged and has no case; gives its assessment and the root of
    /// its evidence.
    pub async fn plant_site_at(&self, host: &str, seen: i64) -> (i64, String) {
        let host = DomainName::parse(host).expect("a host");
        let id = random_id().expect("an id");
        let report = serde_json::json!({
            "url": format!("http://{host}/"), "exchange": 0.98, "serves_kz": 0.97,
            "kinds": ["instant_exchanger"], "verdict": "flag",
            "signals": [{"id": "order-form", "weight": 4.0, "quote": "Отдаёте USDT, получаете KZT",
                "where": "form", "url": format!("http://{host}/"), "capture": "ab".repeat(32)}],
            "guards": [], "identifiers": [], "contradictions": [],
        });
        let body = "ab".repeat(32);
        let manifest = format!(
            r#"[{{"body_sha256":"{body}","fetched_at":{seen},"record_sha256":"{body}","status":200,"url":"http://{host}/"}}]"#
        );
        let root = blocklist::Digest::of(manifest.as_bytes()).to_string();
        for sql in [
            format!(
                "INSERT INTO site (id, host, discovered_at, discovered_from, state) VALUES ({id}, '{host}', {seen}, 'seed', 'assessed')"
            ),
            format!(
                "INSERT INTO capture (id, host, url, fetched_at, status, content_type, charset, title, body_sha256, body_bytes, truncated, warc_file, warc_offset, warc_length, record_sha256) VALUES ({id}, '{host}', 'http://{host}/', {seen}, 200, 'text/html', 'utf-8', 'Title of {host}', '{body}', 12, FALSE, 'x.warc.gz', 0, 1, '{body}')"
            ),
            format!(
                "INSERT INTO evidence (root, host, manifest, created_at) VALUES ('{root}', '{host}', '{manifest}', {seen})"
            ),
            format!(
                "INSERT INTO assessment (id, host, assessed_at, exchange, serves_kz, verdict, evidence_root, report) VALUES ({id}, '{host}', {seen}, 0.98, 0.97, 'flag', '{root}', '{report}')"
            ),
        ] {
            on!(self.store, |db| sqlx::query(sqlx::AssertSqlSafe(sql))
                .execute(db)
                .await
                .map(|_| ()))
            .expect("a row");
        }
        (id, root)
    }

    /// A site as [`Self::plant_site_at`] makes it, captured at [`NOW`].
    pub async fn plant_site(&self, host: &str) -> (i64, String) {
        self.plant_site_at(host, NOW).await
    }

    /// Puts a site with one capture and a flag before the officers; gives the case id.
    pub async fn plant_case(&self, host: &str) -> String {
        self.plant_case_at(host, NOW).await
    }

    /// The same, captured and opened at a moment: what people sign by this machine's clock must be fresh.
    pub async fn plant_case_at(&self, host: &str, seen: i64) -> String {
        let (assessment_id, root) = self.plant_site_at(host, seen).await;
        let host = DomainName::parse(host).expect("a host");
        let licence_match = serde_json::json!({
            "match": blocklist::matching::check_host(&host, &self.store.known(blocklist::Timestamp(NOW)).await.expect("known"), blocklist::Timestamp(NOW)),
            "claims": [],
        });
        let new = case::NewCase {
            host: &host,
            assessment_id,
            evidence_root: &root,
            licence_match: &licence_match.to_string(),
            at: seen,
        };
        case::open(&self.store, new)
            .await
            .expect("a case")
            .expect("a new case")
    }

    /// Proposes a new case as the first officer.
    pub async fn proposed(&self, host: &str, form: Proposal) -> String {
        let case = self.plant_case(host).await;
        let proposed = decide::propose(&self.store, &self.first, PASSWORD, &case, form, NOW).await;
        proposed.expect("a proposal").to_string()
    }

    /// Proposes a new case and approves it as the second officer.
    pub async fn approved(&self, host: &str, form: Proposal) -> String {
        let listing = self.proposed(host, form).await;
        let shown = case::proposal(&self.store, &listing)
            .await
            .expect("a store");
        let shown = shown.expect("a proposal").statement_sha256;
        decide::approve(&self.store, &self.second, PASSWORD, &listing, &shown, NOW)
            .await
            .expect("an approval");
        listing
    }

    /// Runs SQL as somebody with a database console would.
    pub async fn sql(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = sql.to_owned();
        on!(self.store, |db| sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(db)
            .await
            .map(|done| done.rows_affected()))
    }
}

/// A complete proposal form.
pub fn proposal() -> Proposal {
    Proposal {
        scope: Scope::Subtree,
        basis: "193-VII/11-5".into(),
        authority: "Demo authority".into(),
        order_number: "№ 7-Қ".into(),
        order_date: Day::parse("2026-11-20").expect("a day"),
        document: Document {
            file_name: "order.txt".into(),
            content_type: "text/plain".into(),
            bytes: b"The order.".to_vec(),
        },
        reason_code: "unlicensed-exchange".into(),
        reason: "Sells USDT for tenge without a licence.".into(),
        urgent: None,
        days: 365,
    }
}
