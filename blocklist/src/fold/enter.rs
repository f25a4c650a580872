//! What each leaf changes. Whoever signed it is checked before; what is wrong here is remarked on.

use std::{cell::OnceCell, sync::Arc};

use super::{Fold, Held, ListingState};
use crate::{
    ListingId, Timestamp,
    key::{KeyId, Role},
    leaf::{Leaf, LeafSignature},
    statement::{Due, EMERGENCY_SECONDS, Lift, List, OrderNumber, Statement},
};

impl Fold {
    /// Takes what the leaf at `position` says. The error is a remark: the leaf changes nothing, or it
    /// does and should not have come so.
    pub(super) fn enter(&mut self, position: u64, leaf: Leaf) -> Result<(), String> {
        match leaf.statement {
            Statement::Genesis(_) => Ok(()),
            Statement::KeyAdd(add) => {
                let role = add.grant.role;
                match self.keys.insert(add.grant.key.id(), add.grant) {
                    Some(held) if held.role != role => {
                        self.keys.insert(held.key.id(), held);
                        Err("a key cannot change its role; add another key".into())
                    }
                    _ => Ok(()),
                }
            }
            Statement::KeyRevoke(revoke) => {
                let removed = self.keys.remove(&revoke.key_id);
                removed
                    .map(|_| ())
                    .ok_or_else(|| format!("key {} was not active", revoke.key_id))
            }
            Statement::PolicySet(set) => {
                if set.policy.serial_base < self.policy.serial_base {
                    return Err("a smaller serial base would turn the zone's serial back".into());
                }
                self.policy = set.policy;
                self.forget_guard();
                Ok(())
            }
            Statement::GuardSet(set) => {
                if set.list.names.is_empty() {
                    self.guards.remove(&set.list.list);
                } else {
                    self.guards.insert(set.list.list.clone(), (position, set));
                }
                self.forget_guard();
                Ok(())
            }
            Statement::RegisterSnapshot(snapshot) => {
                if self.registers.enter(&snapshot)? {
                    self.forget_guard();
                }
                Ok(())
            }
            Statement::RegisterExcept(except) => {
                self.registers.except(&except.register, &except.name)?;
                self.forget_guard();
                Ok(())
            }
            Statement::List(list) => self.enter_list(position, list, &leaf.signatures),
            Statement::OrderNumber(number) => self.enter_number(&number),
            Statement::Lift(lift) => self.enter_lift(lift),
            Statement::Annul(annul) => {
                let state = ListingState::Annulled {
                    at: annul.at,
                    reason: annul.reason,
                };
                self.end(&annul.listing_id, state)
            }
            Statement::Effect(due) => {
                let said = self.clock.say(due.at);
                self.check_begun(&due).and(said)
            }
            Statement::Expire(due) => {
                let said = self.clock.say(due.at);
                self.check_ended(&due).and(said)
            }
            Statement::AuditAnchor(anchor) => self.clock.say(anchor.at),
        }
    }

    fn enter_list(
        &mut self,
        position: u64,
        list: List,
        signatures: &[LeafSignature],
    ) -> Result<(), String> {
        if self.listings.contains(&list.listing_id) {
            return Err(format!("listing {} is already in the log", list.listing_id));
        }
        if !self.policy.bases.contains(&list.basis) {
            return Err(format!(
                "basis `{}` is not one the policy allows",
                list.basis
            ));
        }
        if list.effective_at >= list.expires_at || list.review_at > list.expires_at {
            return Err(format!("listing {} ends before it begins", list.listing_id));
        }
        let keys: Vec<KeyId> = signatures.iter().map(|s| s.key_id.clone()).collect();
        let signed_by = self.listings.signers(keys);
        let legal = signatures.iter().any(|s| s.role == Role::Legal);
        let clock = self.clock.count();
        self.listings
            .push(Held::new(list, position, signed_by, legal, clock));
        Ok(())
    }

    fn enter_number(&mut self, number: &OrderNumber) -> Result<(), String> {
        let id = &number.listing_id;
        let held = self.listings.get_mut(id).ok_or_else(|| unknown(id))?;
        let list = &held.list;
        if let Some(known) = &list.order.number {
            return Err(format!(
                "the order of listing {id} already has the number {known}"
            ));
        }
        if number.at >= list.effective_at.plus(EMERGENCY_SECONDS) {
            return Err(format!(
                "the number of the order of listing {id} came after the listing had ended for want of it"
            ));
        }
        Arc::make_mut(&mut held.list).order.number = Some(number.number.clone());
        Ok(())
    }

    /// A lift that names another host than its listing does lifts all the same: what the officer meant
    /// cannot be told, and a removal is the safer side.
    fn enter_lift(&mut self, lift: Lift) -> Result<(), String> {
        let id = &lift.listing_id;
        let state = ListingState::Lifted {
            at: lift.at,
            reason: lift.reason,
        };
        self.end(id, state)?;
        match self.listings.get(id).map(|held| &held.list.name) {
            Some(listed) if *listed != lift.name => Err(format!(
                "listing {id} is lifted, but it is of {listed}, and the lift names {}",
                lift.name
            )),
            _ => Ok(()),
        }
    }

    fn end(&mut self, id: &ListingId, state: ListingState) -> Result<(), String> {
        let held = self.listings.get_mut(id).ok_or_else(|| unknown(id))?;
        // An annulment says more than a lifting and may follow it; nothing else follows either.
        match (held.ended.as_deref(), &state) {
            (Some(ListingState::Annulled { .. }), _) => {
                Err(format!("listing {id} was annulled already"))
            }
            (Some(_), ListingState::Lifted { .. }) => {
                Err(format!("listing {id} was lifted already"))
            }
            _ => {
                held.ended = Some(Box::new(state));
                Ok(())
            }
        }
    }

    /// Checks that the time of each listing named had come, by the listing's own dates.
    fn check_begun(&self, due: &Due) -> Result<(), String> {
        for id in &due.listings {
            let held = self.listings.get(id).ok_or_else(|| unknown(id))?;
            let stands = held.list.effective_at <= due.at && due.at < held.ends();
            if !stands || held.ended.is_some() {
                return Err(not_due(id, "taken effect", due.at));
            }
        }
        Ok(())
    }

    /// Checks that each listing named had ended by its own dates, or was suspended by a licence whose
    /// term had begun.
    fn check_ended(&self, due: &Due) -> Result<(), String> {
        let live = OnceCell::new();
        for id in &due.listings {
            let held = self.listings.get(id).ok_or_else(|| unknown(id))?;
            let suspended = || {
                let live = live.get_or_init(|| self.registers.live(due.at));
                live.register_of(&held.list.name).is_some()
            };
            if held.ends() > due.at && !suspended() {
                return Err(not_due(id, "ended", due.at));
            }
        }
        Ok(())
    }
}

fn unknown(id: &ListingId) -> String {
    format!("listing {id} is not in the log")
}

fn not_due(id: &ListingId, what: &str, at: Timestamp) -> String {
    format!("listing {id} had not {what} by {at}, as the publisher says it had")
}
