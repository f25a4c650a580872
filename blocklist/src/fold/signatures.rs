//! Who signed a leaf, and whether they may.

use super::{Fold, FoldErrorKind};
use crate::{
    key::{KeyId, PublicKey, Role},
    leaf::Leaf,
    statement::{Statement, VERSION},
};

/// A leaf, and the keys under which its signatures were found good, in their order.
///
/// Whether a key may sign depends on the leaves before; that a signature is good under a key does not. So
/// leaves can be proved side by side, which is nearly all the work of taking them, and be taken in their
/// order afterwards. What was not proved before, or under another key than the one that counts when the leaf
/// is taken, is proved then.
#[derive(Clone, Debug)]
pub struct Proved {
    leaf: Leaf,
    under: Vec<PublicKey>,
}

impl Proved {
    pub(super) fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    pub(super) fn into_leaf(self) -> Leaf {
        self.leaf
    }
}

/// A leaf of which nothing was proved yet.
impl From<Leaf> for Proved {
    fn from(leaf: Leaf) -> Self {
        let under = Vec::new();
        Self { leaf, under }
    }
}

impl Fold {
    /// Proves the signatures of a leaf that may come later, under the keys of now.
    pub fn prove(&self, leaf: Leaf) -> Proved {
        let mut under = Vec::with_capacity(leaf.signatures.len());
        // What is wrong with it now may be right when its turn comes, and is found out then.
        let _ = self.check(&leaf, &[], |key| under.push(key));
        Proved { leaf, under }
    }

    /// A leaf of which the caller knows that it was proved before, by the root of a tree that it stands in:
    /// whether its signers may sign is looked at again when it is taken, their signatures are not.
    pub(crate) fn recall(&self, leaf: Leaf) -> Proved {
        let keys = leaf
            .signatures
            .iter()
            .map_while(|signature| self.key(&signature.key_id, signature.role));
        let under = keys.copied().collect();
        Proved { leaf, under }
    }

    /// Checks that `leaf` may be appended now: shape, keys, roles, signatures.
    pub fn check_signatures(&self, leaf: &Leaf) -> Result<(), FoldErrorKind> {
        self.check(leaf, &[], |_| {})
    }

    /// As [`Self::check_signatures`]; what was proved before need not be proved again.
    pub(super) fn check_proved(&self, proved: &Proved) -> Result<(), FoldErrorKind> {
        self.check(&proved.leaf, &proved.under, |_| {})
    }

    /// Checks `leaf`, whose first signatures are known to be good under the keys `under`, and names the key
    /// of each good signature.
    fn check(
        &self,
        leaf: &Leaf,
        under: &[PublicKey],
        mut good: impl FnMut(PublicKey),
    ) -> Result<(), FoldErrorKind> {
        let (v, origin) = leaf.statement.header();
        if v != VERSION || origin != self.origin {
            return Err(FoldErrorKind::Header {
                origin: origin.chars().take(80).collect(),
                v,
            });
        }
        let mut bytes = None;
        let mut seen: Vec<&KeyId> = Vec::new();
        for (index, signature) in leaf.signatures.iter().enumerate() {
            if seen.contains(&&signature.key_id) {
                return Err(FoldErrorKind::SameKey(signature.key_id.clone()));
            }
            seen.push(&signature.key_id);
            let key = self
                .key(&signature.key_id, signature.role)
                .ok_or_else(|| FoldErrorKind::UnknownKey(signature.key_id.clone()))?;
            if under.get(index) != Some(key) {
                let bytes = match &mut bytes {
                    Some(bytes) => bytes,
                    none => none.insert(leaf.statement.to_bytes()?),
                };
                if !key.verify(signature.role, bytes, &signature.signature) {
                    return Err(FoldErrorKind::BadSignature(signature.key_id.clone()));
                }
            }
            good(*key);
        }
        check_quorum(leaf)
    }
}

/// As many signatures of each role as the statement takes, and none besides.
fn check_quorum(leaf: &Leaf) -> Result<(), FoldErrorKind> {
    let count = |role| leaf.signatures.iter().filter(|s| s.role == role).count();
    let Some((role, needed)) = leaf.statement.quorum() else {
        return if leaf.signatures.is_empty() {
            Ok(())
        } else {
            Err(FoldErrorKind::StrayRole)
        };
    };
    let found = count(role);
    let legal = match leaf.statement {
        Statement::List(_) => count(Role::Legal),
        _ => 0,
    };
    if found < needed {
        Err(FoldErrorKind::Quorum {
            role,
            found,
            needed,
        })
    } else if found + legal != leaf.signatures.len() {
        Err(FoldErrorKind::StrayRole)
    } else {
        Ok(())
    }
}
