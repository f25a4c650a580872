//! What two officers have agreed to, so that the wrong order of things does not compile.

use ed25519_dalek::SigningKey;

use crate::{
    digest::Digest,
    key::{self, KeyId, Role},
    leaf::{Leaf, LeafSignature},
    statement::{CanonicalError, List, Statement},
    time::Timestamp,
};

/// One person's word on a statement: a signature, in which role, when, and on which evidence.
#[derive(Clone, Debug)]
pub struct Decision {
    /// The signature, with the role and the key it was made with.
    pub signature: LeafSignature,
    /// When.
    pub at: Timestamp,
    /// Root of the evidence the case stood on for whoever signed.
    pub evidence_root: Digest,
}

impl Decision {
    /// Signs the bytes of `list` in `role`.
    ///
    /// # Errors
    /// When the statement has no canonical form.
    pub fn sign(
        list: &List,
        role: Role,
        key: &SigningKey,
        at: Timestamp,
    ) -> Result<Self, CanonicalError> {
        let bytes = Statement::List(list.clone()).to_bytes()?;
        Ok(Self {
            signature: LeafSignature {
                role,
                key_id: key::public(key).id(),
                signature: key::sign(key, role, &bytes),
            },
            at,
            evidence_root: list.evidence_root,
        })
    }
}

/// A listing that one officer signed, its order attached: a [`List`] without one does not compile.
///
/// It gives no leaf; somebody else has to sign first.
///
/// ```compile_fail
/// fn publish(proposed: blocklist::lifecycle::Proposed) -> blocklist::leaf::Leaf {
///     proposed.leaf()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Proposed {
    list: List,
    first: Decision,
}

/// A listing that two officers signed, and a lawyer where that is needed. Nothing but a [`Proposed`]
/// and another's decision makes one:
///
/// ```compile_fail
/// use blocklist::lifecycle::{Approved, Decision, Proposed};
/// fn alone(proposed: Proposed, second: Decision) -> Approved {
///     Approved { proposed, second, legal: None }
/// }
/// ```
///
/// and a proposal is used up by its approval, so that it is not approved twice:
///
/// ```compile_fail
/// use blocklist::lifecycle::{Decision, Proposed};
/// fn twice(proposed: Proposed, second: Decision, third: Decision) {
///     let _ = proposed.approve(second);
///     let _ = proposed.approve(third);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Approved {
    proposed: Proposed,
    second: Decision,
    legal: Option<Decision>,
}

/// Why a decision does not make a listing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConsentError {
    /// Made in another role than this signature needs.
    #[error("this signature is for the role `{}`, and was made in `{}`", .needed.as_str(), .found.as_str())]
    Role {
        /// The role it takes.
        needed: Role,
        /// The role it was made in.
        found: Role,
    },
    /// One person twice.
    #[error("the key {0} signed already; another person must sign")]
    SamePerson(KeyId),
    /// Decided on something else than the statement names.
    #[error("the decision was made on evidence {found}, and the statement names {named}")]
    Evidence {
        /// What the statement names.
        named: Digest,
        /// What whoever signed had before them.
        found: Digest,
    },
}

impl Proposed {
    /// The first officer's proposal.
    ///
    /// # Errors
    /// [`ConsentError`], when the decision is no officer's, or on other evidence.
    pub fn new(list: List, first: Decision) -> Result<Self, ConsentError> {
        let proposed = Self { list, first };
        proposed.check(&proposed.first, Role::Officer)?;
        Ok(proposed)
    }

    /// The second officer's consent to the same statement.
    ///
    /// # Errors
    /// [`ConsentError`], when the decision is no officer's, the proposer's own, or on other evidence.
    pub fn approve(self, second: Decision) -> Result<Approved, ConsentError> {
        self.check(&second, Role::Officer)?;
        another(&[&self.first], &second)?;
        Ok(Approved {
            proposed: self,
            second,
            legal: None,
        })
    }

    fn check(&self, decision: &Decision, needed: Role) -> Result<(), ConsentError> {
        let found = decision.signature.role;
        if found != needed {
            return Err(ConsentError::Role { needed, found });
        }
        let (named, found) = (self.list.evidence_root, decision.evidence_root);
        if named != found {
            return Err(ConsentError::Evidence { named, found });
        }
        Ok(())
    }
}

impl Approved {
    /// The lawyer's consent, for a name of the raised tier.
    ///
    /// # Errors
    /// [`ConsentError`], when the decision is no lawyer's, made with a key that signed already, or on
    /// other evidence.
    pub fn with_legal(mut self, third: Decision) -> Result<Self, ConsentError> {
        self.proposed.check(&third, Role::Legal)?;
        another(&[&self.proposed.first, &self.second], &third)?;
        self.legal = Some(third);
        Ok(self)
    }

    /// The leaf for the log. Whether its keys are active, and its signatures theirs, is the fold's to
    /// say ([`crate::fold::Fold::check_signatures`]).
    pub fn leaf(self) -> Leaf {
        let decisions = [self.proposed.first, self.second]
            .into_iter()
            .chain(self.legal);
        Leaf {
            statement: Statement::List(self.proposed.list),
            signatures: decisions.map(|decision| decision.signature).collect(),
        }
    }
}

fn another(before: &[&Decision], new: &Decision) -> Result<(), ConsentError> {
    let key = &new.signature.key_id;
    if before
        .iter()
        .any(|decision| decision.signature.key_id == *key)
    {
        return Err(ConsentError::SamePerson(key.clone()));
    }
    Ok(())
}
