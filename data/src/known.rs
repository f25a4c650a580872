//! Everything a public answer follows from, put together once and shared until it changes.

use std::sync::Arc;

use blocklist::{
    Digest, DomainName, Timestamp,
    fold::Fold,
    matching::{self, Claim, ClaimFinding, Known, Match},
    register::Snapshot,
};

use crate::{
    error::{Error, Result},
    pool::Store,
    record::shipped,
    reference, register,
};

/// What is known, ready to be asked. Asking goes through [`check_host`] and [`check_claims`] here, so
/// that this room names the type in one place.
pub type KnownNow = matching::Index;

/// What was put together last, and what it was put together from.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Leaves of the log it follows from.
    size: u64,
    /// The moments at which its listings stand where they stand: from the one at which the log was last
    /// folded to the one at which time alone may next move a listing.
    holds: (Timestamp, Option<Timestamp>),
    /// How often this log was folded for it.
    #[cfg(test)]
    folds: usize,
    known: Arc<KnownNow>,
    /// Hash over the registers and the policy in it.
    registers: Digest,
}

impl Held {
    /// Whether another fold of `size` leaves at `now` would give the same.
    fn answers(&self, size: u64, now: Timestamp) -> bool {
        let (from, until) = self.holds;
        self.size == size && from <= now && until.is_none_or(|until| now < until)
    }
}

/// Judges one host.
pub fn check_host(name: &DomainName, known: &KnownNow, now: Timestamp) -> Match {
    matching::check_host(name, known, now)
}

/// Weighs what a site claims.
pub fn check_claims(
    name: &DomainName,
    claims: &[Claim],
    known: &KnownNow,
    now: Timestamp,
) -> Vec<ClaimFinding> {
    matching::check_claims(name, claims, known, now)
}

/// Signed registers and lists that are too old at `now` to say that a licence is live: whoever shows
/// anything of them says so.
pub fn too_old(known: &Known, now: Timestamp) -> impl Iterator<Item = &Snapshot> {
    let days = known.register_days;
    let signed = known.snapshots.iter();
    signed.filter(move |snapshot| !snapshot.is_fresh(now, days))
}

impl Store {
    /// Everything a public answer follows from: what people signed and, for registers that no signed
    /// snapshot covers, what is shipped. A demonstration sees nothing that is shipped.
    ///
    /// It is put together anew when the log has grown or time has moved a listing, and shared
    /// otherwise: each request reads the end of the log and no more, and the log is folded again only
    /// once it has grown or a date of a listing or a licence has come.
    ///
    /// # Errors
    /// When the store fails, or holds no log.
    pub async fn known(&self, now: Timestamp) -> Result<Arc<KnownNow>> {
        Ok(self.known_and_hash(now).await?.0)
    }

    /// The same, with a hash over the registers and the policy in it: equal hashes, equal registers.
    pub(crate) async fn known_and_hash(&self, now: Timestamp) -> Result<(Arc<KnownNow>, Digest)> {
        let mut held = self.known.lock().await;
        let holds;
        let (size, listings, signed, from_fold) = {
            let mut record = self.read_record().await?;
            let replay = record.replay()?;
            let (size, fold) = (replay.tree().size(), replay.fold());
            if let Some(held) = held.as_ref()
                && held.answers(size, now)
            {
                return Ok((Arc::clone(&held.known), held.registers));
            }
            let (folded, course) = fold.on_course(now);
            let listings = folded.listings;
            holds = (now, course.until());
            if let Some(held) = held.as_mut().filter(|held| held.size == size) {
                #[cfg(test)]
                {
                    held.folds += 1;
                }
                if held.known.listings == listings {
                    held.holds = holds;
                    return Ok((Arc::clone(&held.known), held.registers));
                }
            }
            let signed: Vec<String> = fold
                .registers()
                .map(|snapshot| snapshot.sha256.to_string())
                .collect();
            (size, listings, signed, FromFold::of(fold)?)
        };
        let snapshots = register::snapshots(self, &signed).await?;
        let registers = from_fold.hash(&signed);
        let warnings = snapshots.iter().chain(&from_fold.shipped);
        let known = Known {
            warnings: warnings.flat_map(|s| s.warnings.clone()).collect(),
            snapshots,
            shipped: from_fold.shipped,
            operators: from_fold.operators,
            register_days: from_fold.register_days,
            listings,
        };
        // For a large register this is a second's work.
        let known = tokio::task::spawn_blocking(|| Arc::new(KnownNow::from(known)))
            .await
            .map_err(|error| Error::stored("register_snapshot", error))?;
        *held = Some(Held {
            size,
            holds,
            #[cfg(test)]
            folds: held
                .as_ref()
                .map_or(1, |held| if held.size == size { held.folds } else { 1 }),
            known: Arc::clone(&known),
            registers,
        });
        Ok((known, registers))
    }
}

/// What the log says of the shipped data and of the policy.
struct FromFold {
    shipped: Vec<Snapshot>,
    operators: Vec<matching::Operator>,
    register_days: u32,
}

impl FromFold {
    fn of(fold: &Fold) -> Result<Self> {
        let operators = if fold.demo() {
            Vec::new()
        } else {
            reference::shipped()?.operators.clone()
        };
        Ok(Self {
            shipped: shipped(fold)?.cloned().collect(),
            operators,
            register_days: fold.policy().register_days,
        })
    }

    /// What is shipped changes with the program, and so may what is made of it.
    fn hash(&self, signed: &[String]) -> Digest {
        let shipped: Vec<&str> = self.shipped.iter().map(|s| s.register.as_str()).collect();
        let parts = (
            env!("CARGO_PKG_VERSION"),
            signed,
            shipped,
            self.register_days,
        );
        // Texts and a number always have a form.
        Digest::of(&serde_json::to_vec(&parts).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use blocklist::time::DAY_SECONDS;

    use super::*;
    use crate::testing::{Centre, Engine, NOW, proposal};

    /// Who asks each second has the log folded once, and once more when a date has come.
    async fn the_log_is_folded_when_it_grew_or_a_date_came(engine: Engine) {
        let centre = Centre::on(engine).await;
        centre.approved("obmen.test", proposal()).await;
        centre.publisher().await.step(NOW).await.unwrap();
        let store = &centre.store;
        let folds = async || store.known.lock().await.as_ref().map(|held| held.folds);
        let mut known = store.known(Timestamp(NOW)).await.unwrap();
        let expires = known.listings[0].statement.expires_at;
        for second in 0..100 {
            known = store.known(Timestamp(NOW + second)).await.unwrap();
        }
        assert_eq!(folds().await, Some(1));
        let before = expires.plus(-1);
        assert_eq!(store.known(before).await.unwrap().listings, known.listings);
        assert_eq!(folds().await, Some(1));
        let over = store.known(expires).await.unwrap();
        assert!(!over.listings[0].state.stands());
        store.known(expires.plus(DAY_SECONDS)).await.unwrap();
        assert_eq!(folds().await, Some(2));
        // A clock that was put back is no date that has come.
        let again = store.known(Timestamp(NOW)).await.unwrap();
        assert_eq!(again.listings, known.listings);
        assert_eq!(folds().await, Some(3));
        centre.approved("other.test", proposal()).await;
        centre.publisher().await.step(NOW).await.unwrap();
        assert_eq!(store.known(Timestamp(NOW)).await.unwrap().listings.len(), 2);
        assert_eq!(folds().await, Some(1), "of another log");
    }

    crate::both_engines!(the_log_is_folded_when_it_grew_or_a_date_came);
}
