//! A publisher gone bad: it signs whatever leaves and artefacts it is given with the true log key.

use std::{collections::BTreeMap, fs, path::Path};

use blocklist::{
    Digest, Release, Timestamp, export,
    fold::FOLD_VERSION,
    key::{self, Role},
    log::{self, Tree},
    testing::TestLog,
};

pub(crate) type Artefacts = BTreeMap<String, Vec<u8>>;

/// What is published below a base, in the order of writing: path and bytes.
pub(crate) struct Forged {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
}

impl Forged {
    /// Every leaf of `log`, whether it verifies or not, with the artefacts of its first `honest`
    /// leaves as `alter` leaves them.
    pub(crate) fn new(
        log: &TestLog,
        time: Timestamp,
        honest: usize,
        alter: impl FnOnce(&mut Artefacts),
    ) -> Self {
        let mut tree = Tree::default();
        for leaf in &log.leaves {
            tree.append(leaf).unwrap();
        }
        let root = tree.root().unwrap();
        let mut folded = honest_part(log, honest).fold(time).1;
        folded.size = tree.size();
        let mut artefacts = export::artefacts(&folded, &log.trust.origin, root);
        alter(&mut artefacts);
        let release = Release {
            size: tree.size(),
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
        let origin = &log.trust.origin;
        let mut files = artefacts;
        for (path, bytes) in tree.tiles_since(0).unwrap() {
            files.insert(format!("log/{path}"), bytes);
        }
        for (index, width) in log::bundles(0, tree.size()) {
            let from = usize::try_from(index * log::BUNDLE_WIDTH).unwrap();
            let leaves = log.leaves[from..].iter().take(width as usize);
            files.insert(
                format!("log/{}", log::entry_bundle_path(index, width)),
                log::bundle::encode(leaves.map(Vec::as_slice)),
            );
        }
        files.insert(
            "log/checkpoint".into(),
            log::sign_checkpoint(origin, tree.size(), root, &log.log_key).unwrap(),
        );
        files.insert(
            "release".into(),
            release.sign(origin, &log.log_key).unwrap(),
        );
        Self { files }
    }

    pub(crate) fn write(&self, base: &Path) {
        for (path, bytes) in &self.files {
            let path = base.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

fn honest_part(log: &TestLog, honest: usize) -> TestLog {
    let mut part = TestLog::new(log.trust.demo);
    part.trust = log.trust.clone();
    part.leaves = log.leaves[..honest].to_vec();
    part
}

/// A leaf of any JSON statement, really signed by both officers: what no form of ours would make.
pub(crate) fn signed_json(log: &TestLog, statement: &serde_json::Value) -> Vec<u8> {
    let bytes = statement.to_string().into_bytes();
    let signatures = log.officers.each_ref().map(|officer| {
        let signature = key::sign(officer, Role::Officer, &bytes);
        serde_json::json!({
            "role": "officer", "key_id": key::public(officer).id(), "signature": signature,
        })
    });
    let leaf = serde_json::json!({ "statement": statement, "signatures": signatures });
    leaf.to_string().into_bytes()
}
