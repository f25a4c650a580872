//! A whole log in memory with fixed keys, for tests of this room and of those that read releases.
//! Behind the feature `testing`; nothing here is part of a build that serves.
#![allow(clippy::expect_used, missing_docs, reason = "test support")]

use std::path::Path;

use ed25519_dalek::SigningKey;
use signed_note::StandardSigner;

use crate::{
    Digest, DomainName, Folded, ListingId, Release, Scope, Timestamp, Trust, export,
    fold::FOLD_VERSION,
    guard::{GuardList, Reach, Tier},
    key::{self, Custody, Role},
    leaf::{Leaf, LeafSignature},
    log,
    statement::{
        GuardSet, KeyAdd, KeyGrant, Lift, List, Order, Policy, RegisterHost, RegisterSnapshot,
        Statement, VERSION,
    },
    time::Day,
    verify::Replay,
};

/// The moment at which test logs begin: 2026-11-21T06:00:00Z.
pub const START: Timestamp = Timestamp(1_795_240_800);

/// A log with two admins, two officers and one legal signer.
pub struct TestLog {
    pub trust: Trust,
    pub leaves: Vec<Vec<u8>>,
    pub admins: [SigningKey; 2],
    pub officers: [SigningKey; 2],
    pub legal: SigningKey,
    pub log_key: StandardSigner,
}

pub fn name(text: &str) -> DomainName {
    DomainName::parse(text).expect("a test name")
}

/// The log key made from a seed, as (private, public) signed-note keys.
pub fn note_keys(origin: &str, seed: [u8; 32]) -> (StandardSigner, String) {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let key = SigningKey::from_bytes(&seed);
    let public = [&[1][..], key.verifying_key().as_bytes()].concat();
    let id = signed_note::key_id(origin, &public);
    let private = STANDARD.encode([&[1][..], &seed].concat());
    let signer =
        StandardSigner::new(&format!("PRIVATE+KEY+{origin}+{id:08x}+{private}")).expect("a key");
    (
        signer,
        signed_note::new_ed25519_verifier_key(origin, &key.verifying_key()),
    )
}

impl TestLog {
    pub fn new(demo: bool) -> Self {
        Self::with_seed(demo, 9)
    }

    /// Another log key and other people for another seed.
    pub fn with_seed(demo: bool, seed: u8) -> Self {
        let origin = "qalqan.test/log".to_owned();
        let key = |offset: u8| SigningKey::from_bytes(&[seed.wrapping_add(offset); 32]);
        let (log_key, log_vkey) = note_keys(&origin, [seed; 32]);
        let admins = [key(1), key(2)];
        let genesis = Statement::Genesis(crate::statement::Genesis {
            v: VERSION,
            origin: origin.clone(),
            log_key: log_vkey.clone(),
            admins: admins.each_ref().map(|k| grant(k, Role::Admin)),
            policy: Policy {
                serial_base: 2_026_000_000,
                public_domain: name("qalqan.test"),
                bases: vec!["193-VII/11-5".into()],
                listings_per_day: 1000,
                growth: None,
                release_seconds: 604_800,
                register_days: 14,
                witnesses: "0 of 0".into(),
                witness_keys: Vec::new(),
            },
            demo,
            at: START,
        });
        let first = signed(
            genesis,
            &[(Role::Admin, &admins[0]), (Role::Admin, &admins[1])],
        );
        let leaf = first.to_bytes().expect("a leaf");
        let trust = Trust {
            origin,
            log_key: log_vkey,
            genesis: Digest::of(&leaf),
            public_url: "https://qalqan.test".into(),
            demo,
        };
        let mut log = Self {
            trust,
            leaves: vec![leaf],
            admins,
            officers: [key(3), key(4)],
            legal: key(5),
            log_key,
        };
        for (index, role) in [(3, Role::Officer), (4, Role::Officer), (5, Role::Legal)] {
            let statement = Statement::KeyAdd(KeyAdd {
                v: VERSION,
                origin: log.trust.origin.clone(),
                grant: grant(&key(index), role),
                at: START,
            });
            log.push_admin(statement);
        }
        log
    }

    pub fn push(&mut self, leaf: &Leaf) {
        self.leaves.push(leaf.to_bytes().expect("a leaf"));
    }

    pub fn push_admin(&mut self, statement: Statement) {
        let leaf = signed(
            statement,
            &[
                (Role::Admin, &self.admins[0]),
                (Role::Admin, &self.admins[1]),
            ],
        );
        self.push(&leaf);
    }

    pub fn push_officers(&mut self, statement: Statement) {
        let leaf = signed(
            statement,
            &[
                (Role::Officer, &self.officers[0]),
                (Role::Officer, &self.officers[1]),
            ],
        );
        self.push(&leaf);
    }

    pub fn list_statement(&self, host: &str, scope: Scope, number: u32) -> List {
        List {
            v: VERSION,
            origin: self.trust.origin.clone(),
            name: name(host),
            scope,
            listing_id: ListingId::new(2026, number).expect("a number"),
            basis: "193-VII/11-5".into(),
            order: Order {
                authority: "Demo authority".into(),
                number: Some(format!("№ {number}")),
                date: Day::parse("2026-11-20").expect("a day"),
                document_sha256: Digest::of(b"order"),
            },
            evidence_root: Digest::of(b"evidence"),
            effective_at: START,
            review_at: START.plus(90 * 86_400),
            expires_at: START.plus(365 * 86_400),
        }
    }

    pub fn list(&mut self, host: &str, scope: Scope, number: u32) {
        let statement = Statement::List(self.list_statement(host, scope, number));
        self.push_officers(statement);
    }

    pub fn lift(&mut self, host: &str, number: u32) {
        let statement = Statement::Lift(Lift {
            v: VERSION,
            origin: self.trust.origin.clone(),
            name: name(host),
            listing_id: ListingId::new(2026, number).expect("a number"),
            reason: "owner-complied".into(),
            at: START.plus(60),
        });
        let leaf = signed(statement, &[(Role::Officer, &self.officers[1])]);
        self.push(&leaf);
    }

    pub fn guard(&mut self, list: &str, tier: Tier, names: &[&str]) {
        let list = GuardList {
            list: list.into(),
            tier,
            reach: Reach::Tree,
            reason: "protected in a test".into(),
            names: names.iter().map(|text| name(text)).collect(),
        };
        let origin = self.trust.origin.clone();
        self.push_admin(Statement::GuardSet(GuardSet {
            v: VERSION,
            origin,
            list,
            at: START,
        }));
    }

    pub fn register(&mut self, hosts: Vec<RegisterHost>) {
        let origin = self.trust.origin.clone();
        self.push_officers(Statement::RegisterSnapshot(RegisterSnapshot {
            v: VERSION,
            origin,
            register: "afsa-demo".into(),
            taken_on: Day::parse("2026-11-20").expect("a day"),
            sha256: Digest::of(b"snapshot"),
            hosts,
            part: None,
            at: START,
        }));
    }

    /// Verifies and folds what is there at `time`.
    pub fn fold(&self, time: Timestamp) -> (Replay, Folded) {
        let mut replay = Replay::begin(&self.trust, &self.leaves[0]).expect("a genesis");
        for leaf in &self.leaves[1..] {
            replay.push(leaf).expect("a valid leaf");
        }
        let folded = replay.fold().at(time);
        (replay, folded)
    }

    /// A signed release over all leaves, folded at `time`, and its artefacts.
    pub fn release(
        &self,
        time: Timestamp,
    ) -> (Vec<u8>, std::collections::BTreeMap<String, Vec<u8>>) {
        let (replay, folded) = self.fold(time);
        let root = replay.tree().root().expect("a root");
        let artefacts = export::artefacts(&folded, &self.trust.origin, root);
        let release = Release {
            size: folded.size,
            root,
            fold_version: FOLD_VERSION,
            serial: folded.serial(),
            time,
            not_after: time.plus(i64::from(folded.policy.release_seconds)),
            artefacts: artefacts
                .iter()
                .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
                .collect(),
        };
        (
            release
                .sign(&self.trust.origin, &self.log_key)
                .expect("a note"),
            artefacts,
        )
    }

    /// Writes the static layout of a release below `base`.
    pub fn write(&self, base: &Path, time: Timestamp) {
        let write = |path: &str, bytes: &[u8]| {
            let path = base.join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            std::fs::write(path, bytes).expect("a file");
        };
        let (replay, _) = self.fold(time);
        for (path, bytes) in replay.tree().tiles_since(0).expect("tiles") {
            write(&format!("log/{path}"), &bytes);
        }
        let size = self.leaves.len() as u64;
        for (index, width) in log::bundles(0, size) {
            let from = (index * log::BUNDLE_WIDTH) as usize;
            let leaves = self.leaves[from..from + width as usize]
                .iter()
                .map(Vec::as_slice);
            write(
                &format!("log/{}", log::entry_bundle_path(index, width)),
                &log::bundle::encode(leaves),
            );
        }
        let root = replay.tree().root().expect("a root");
        let checkpoint =
            log::sign_checkpoint(&self.trust.origin, size, root, &self.log_key).expect("a note");
        write("log/checkpoint", &checkpoint);
        let (note, artefacts) = self.release(time);
        for (path, bytes) in artefacts {
            write(&path, &bytes);
        }
        write("release", &note);
    }
}

pub fn grant(key: &SigningKey, role: Role) -> KeyGrant {
    KeyGrant {
        key: key::public(key),
        role,
        custody: Custody::Server,
    }
}

/// Signs a statement with each key in its role.
pub fn signed(statement: Statement, keys: &[(Role, &SigningKey)]) -> Leaf {
    let bytes = statement.to_bytes().expect("canonical bytes");
    let signatures = keys
        .iter()
        .map(|(role, key)| LeafSignature {
            role: *role,
            key_id: key::public(key).id(),
            signature: key::sign(key, *role, &bytes),
        })
        .collect();
    Leaf {
        statement,
        signatures,
    }
}
