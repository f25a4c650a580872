//! Witnesses: others who co-sign checkpoints, so that a log cannot show one history here and
//! another there (C2SP tlog-cosignature, Ed25519). How many must sign, of whom, is a policy that two
//! admins put into the log. `0 of 0` says in so many words that nobody does yet.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::VerifyingKey;
use signed_note::{Note, Signature, VerifierList};

use crate::{Timestamp, Trust, statement::Policy};

/// Type octet of an Ed25519 cosignature key.
const COSIGNATURE: u8 = 4;

/// How old a cosignature may be, in seconds: a witness that has not looked for two days vouches
/// for nothing of today.
pub const MAX_AGE: i64 = 2 * 86_400;

/// How many witnesses must co-sign, of how many: `0 of 0`, `2 of 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// How many must.
    pub needed: usize,
    /// How many there are.
    pub of: usize,
}

/// Why a checkpoint does not carry what the policy asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WitnessError {
    /// Not `N of M` with N at most M.
    #[error("the policy asks for witnesses `{0}`; it is written `2 of 3`, and `0 of 0` for none")]
    Quorum(String),
    /// As many keys as witnesses are needed.
    #[error("the policy names {keys} witness keys and speaks of {of} witnesses")]
    Keys {
        /// Keys named.
        keys: usize,
        /// Witnesses spoken of.
        of: usize,
    },
    /// A key that is no cosignature key, or stands twice.
    #[error("the witness key `{0}` is no cosignature key, or stands twice")]
    Key(String),
    /// Too few.
    #[error("{found} of {needed} witnesses have co-signed the checkpoint within two days")]
    Missing {
        /// Valid cosignatures.
        found: usize,
        /// Cosignatures the policy asks for.
        needed: usize,
    },
}

impl FromStr for Quorum {
    type Err = WitnessError;

    fn from_str(text: &str) -> Result<Self, WitnessError> {
        let refuse = || WitnessError::Quorum(text.chars().take(40).collect());
        let (needed, of) = text.split_once(" of ").ok_or_else(refuse)?;
        let number = |text: &str| text.parse().map_err(|_| refuse());
        let quorum = Self {
            needed: number(needed)?,
            of: number(of)?,
        };
        // One spelling: no signs, no leading noughts. Witnesses of whom none must sign are none.
        let nobody = quorum.needed == 0 && quorum.of > 0;
        if quorum.to_string() == text && quorum.needed <= quorum.of && !nobody {
            Ok(quorum)
        } else {
            Err(refuse())
        }
    }
}

impl fmt::Display for Quorum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.needed, self.of)
    }
}

/// A witness: the name and key by which its lines are known.
struct Witness {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Witness {
    /// Reads a verifier key `name+id+base64(4 ‖ key)`.
    fn read(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('+')?;
        let (id, key) = rest.split_once('+')?;
        let key = STANDARD.decode(key).ok()?;
        let well_formed = signed_note::is_key_name_valid(name)
            && format!("{:08x}", signed_note::key_id(name, &key)) == id;
        let octets: &[u8; 32] = key.strip_prefix(&[COSIGNATURE])?.try_into().ok()?;
        well_formed.then_some(Self {
            name: name.to_owned(),
            id: signed_note::key_id(name, &key),
            key: VerifyingKey::from_bytes(octets).ok()?,
        })
    }

    /// When this witness last co-signed `text`, of the `lines` under it; `None` when it did not.
    fn signed(&self, text: &[u8], lines: &[Signature]) -> Option<Timestamp> {
        let own = lines
            .iter()
            .filter(|line| line.name() == self.name && line.id() == self.id);
        own.filter_map(|line| self.time(text, line.signature()))
            .max()
    }

    fn time(&self, text: &[u8], octets: &[u8]) -> Option<Timestamp> {
        let (time, signature) = octets.split_first_chunk::<8>()?;
        let time = u64::from_be_bytes(*time);
        let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
        let stamp = format!("cosignature/v1\ntime {time}\n");
        self.key
            .verify_strict(&[stamp.as_bytes(), text].concat(), &signature)
            .ok()?;
        i64::try_from(time).ok().map(Timestamp)
    }
}

/// Checks that the checkpoint `note`, signed by the log key, carries the cosignatures that `policy`
/// asks for, none older than [`MAX_AGE`] at `now`.
pub fn check(
    note: &[u8],
    trust: &Trust,
    policy: &Policy,
    now: Timestamp,
) -> Result<Quorum, WitnessError> {
    let quorum: Quorum = policy.witnesses.parse()?;
    let (keys, of) = (policy.witness_keys.len(), quorum.of);
    if keys != of {
        return Err(WitnessError::Keys { keys, of });
    }
    let mut witnesses: Vec<Witness> = Vec::new();
    for text in &policy.witness_keys {
        let witness = Witness::read(text).filter(|new| witnesses.iter().all(|w| w.key != new.key));
        witnesses.push(witness.ok_or_else(|| WitnessError::Key(text.chars().take(120).collect()))?);
    }
    let (text, lines) = lines(note, trust).unwrap_or_default();
    let fresh = |witness: &&Witness| {
        let signed = witness.signed(&text, &lines);
        signed.is_some_and(|at| at.plus(MAX_AGE) > now)
    };
    let (found, needed) = (witnesses.iter().filter(fresh).count(), quorum.needed);
    if found < needed {
        return Err(WitnessError::Missing { found, needed });
    }
    Ok(quorum)
}

/// The text of a note that the log key signed, and the lines of others under it.
fn lines(note: &[u8], trust: &Trust) -> Option<(Vec<u8>, Vec<Signature>)> {
    let note = Note::from_bytes(note).ok()?;
    let log = VerifierList::new(vec![Box::new(trust.verifier().ok()?)]);
    let (_, others) = note.verify(&log).ok()?;
    Some((note.text().to_vec(), others))
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer as _, SigningKey};
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{START, TestLog};

    fn vkey(name: &str, key: &SigningKey) -> String {
        let public = [&[COSIGNATURE][..], key.verifying_key().as_bytes()].concat();
        let id = signed_note::key_id(name, &public);
        format!("{name}+{id:08x}+{}", STANDARD.encode(public))
    }

    /// A line as a witness adds it to a checkpoint.
    fn cosign(note: &mut Vec<u8>, name: &str, key: &SigningKey, at: Timestamp) {
        let text = Note::from_bytes(note).unwrap().text().to_vec();
        let stamp = format!("cosignature/v1\ntime {}\n", at.0);
        let signature = key.sign(&[stamp.as_bytes(), &text].concat());
        let public = [&[COSIGNATURE][..], key.verifying_key().as_bytes()].concat();
        let line = [
            &signed_note::key_id(name, &public).to_be_bytes()[..],
            &at.0.to_be_bytes(),
            &signature.to_bytes(),
        ];
        note.extend(format!("— {name} {}\n", STANDARD.encode(line.concat())).bytes());
    }

    fn checkpoint(log: &TestLog) -> Vec<u8> {
        let root = log.fold(START).0.tree().root().unwrap();
        let size = log.leaves.len() as u64;
        crate::log::sign_checkpoint(&log.trust.origin, size, root, &log.log_key).unwrap()
    }

    #[test]
    fn a_quorum_counts_each_witness_once_and_only_if_it_looked_lately() {
        let log = TestLog::new(true);
        let keys = [1, 2, 3].map(|seed| SigningKey::from_bytes(&[seed; 32]));
        let names = ["w.test/a", "w.test/b", "w.test/c"];
        let mut policy = log.fold(START).0.fold().policy().clone();
        policy.witnesses = "2 of 3".into();
        policy.witness_keys = names
            .iter()
            .zip(&keys)
            .map(|(name, key)| vkey(name, key))
            .collect();
        let found = |note: &[u8], now| match check(note, &log.trust, &policy, now) {
            Ok(_) => 2,
            Err(WitnessError::Missing { found, needed: 2 }) => found,
            Err(other) => panic!("{other}"),
        };

        let mut note = checkpoint(&log);
        assert_eq!(found(&note, START), 0);
        cosign(&mut note, names[0], &keys[0], START);
        cosign(&mut note, names[0], &keys[0], START);
        cosign(&mut note, names[1], &keys[2], START);
        cosign(&mut note, names[2], &keys[2], START.plus(-MAX_AGE));
        assert_eq!(found(&note, START), 1, "twice, a stranger's key, too old");
        cosign(&mut note, names[1], &keys[1], START);
        assert_eq!(found(&note, START), 2);
        assert_eq!(found(&note, START.plus(MAX_AGE)), 0);
        crate::log::open_checkpoint(&note, &log.trust).expect("the log's own signature stays");

        let altered = String::from_utf8(note)
            .unwrap()
            .replacen("\n4\n", "\n5\n", 1);
        assert_eq!(found(altered.as_bytes(), START), 0);
    }

    #[test]
    fn none_is_said_in_so_many_words() {
        let log = TestLog::new(true);
        let mut policy = log.fold(START).0.fold().policy().clone();
        let none = Quorum { needed: 0, of: 0 };
        assert_eq!(
            check(&checkpoint(&log), &log.trust, &policy, START),
            Ok(none)
        );
        for wrong in [
            "", "0", "0 of 1", "2 of 1", "+1 of 1", "01 of 1", "1  of 1", "1 of 1 ",
        ] {
            policy.witnesses = wrong.into();
            let refused = check(&checkpoint(&log), &log.trust, &policy, START);
            assert!(matches!(refused, Err(WitnessError::Quorum(_))), "{wrong}");
        }
        policy.witnesses = "1 of 1".into();
        let refused = check(&checkpoint(&log), &log.trust, &policy, START);
        assert_eq!(refused, Err(WitnessError::Keys { keys: 0, of: 1 }));
        // The log's own key is no witness.
        policy.witness_keys = vec![log.trust.log_key.clone()];
        let refused = check(&checkpoint(&log), &log.trust, &policy, START);
        assert!(matches!(refused, Err(WitnessError::Key(_))), "{refused:?}");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_round_trips(text in "\\PC{0,12}|[0-9]{1,3} of [0-9]{1,3}") {
            if let Ok(quorum) = text.parse::<Quorum>() {
                prop_assert_eq!(quorum.to_string(), text);
                prop_assert!(quorum.needed <= quorum.of);
            }
        }

        #[test]
        fn any_key_is_refused_or_read(text in "\\PC{0,60}|[a-z]{1,5}\\+[0-9a-f]{8}\\+[A-Za-z0-9+/]{44}") {
            let _ = Witness::read(&text);
        }
    }
}
