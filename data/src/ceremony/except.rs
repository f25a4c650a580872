//! Taking a host out of a register's protection: two officers record why.

use std::slice;

use blocklist::{
    DomainName, Timestamp,
    fold::Fold,
    guard::MAX_REASON,
    key::Role,
    statement::{RegisterExcept, Statement, VERSION},
};

use super::{CeremonyError, Change, Pair, sign_by, unlock};
use crate::pool::Store;

/// Records why the rows of `register` do not protect `name`, which they name; two officers sign. From
/// then on the name may be proposed like any other. A licence that comes to life later suspends a
/// listing all the same.
///
/// # Errors
/// [`CeremonyError::NotNamed`] where there is nothing to take away, [`CeremonyError::Licensed`] while a
/// row of any register is live for the name or one above it, [`CeremonyError::Excepted`] a second time.
pub async fn except_host(
    store: &Store,
    register: &str,
    name: &DomainName,
    reason: &str,
    officers: Pair<'_>,
    now: i64,
) -> Result<(), CeremonyError> {
    let reason = reason.trim();
    if !(1..=MAX_REASON).contains(&reason.chars().count()) {
        return Err(CeremonyError::Reason);
    }
    let origin = {
        let mut record = store.read_record().await?;
        let fold = record.replay()?.fold();
        check(fold, register, name, Timestamp(now))?;
        fold.origin().to_owned()
    };
    let keys = unlock(store, officers, Role::Officer, now).await?;
    let statement = Statement::RegisterExcept(RegisterExcept {
        v: VERSION,
        origin,
        register: register.to_owned(),
        name: name.clone(),
        reason: reason.to_owned(),
        at: Timestamp(now),
    });
    let leaf = sign_by(statement, Role::Officer, &keys)?;
    Change::of(slice::from_ref(&leaf)).store(store, now).await
}

/// Whether the exception says something: the register protects the name, and nobody licenses it.
fn check(
    fold: &Fold,
    register: &str,
    name: &DomainName,
    now: Timestamp,
) -> Result<(), CeremonyError> {
    let mut named = false;
    for snapshot in fold.registers() {
        for host in &snapshot.hosts {
            named |= snapshot.register == register && host.name == *name;
            let live = host.licensed.is_some_and(|term| term.covers(now));
            if live && name.is_at_or_below(&host.name) {
                return Err(CeremonyError::Licensed {
                    register: snapshot.register.clone(),
                    name: name.clone(),
                });
            }
        }
    }
    let (register, name) = (register.to_owned(), name.clone());
    if !named {
        return Err(CeremonyError::NotNamed { register, name });
    }
    let list = format!("register/{register}");
    let protects = fold
        .guard_lists()
        .any(|(_, held)| held.list == list && held.names.contains(&name));
    if protects {
        Ok(())
    } else {
        Err(CeremonyError::Excepted { register, name })
    }
}

#[cfg(test)]
mod tests {
    use blocklist::{
        Scope,
        register::{Basis, Snapshot, table},
        testing::name,
        time::Day,
    };

    use super::*;
    use crate::{
        ceremony,
        testing::{Centre, Engine, NOW, PASSWORD},
    };

    const OFFICERS: Pair<'static> = [("officer-1", PASSWORD), ("officer-2", PASSWORD)];

    crate::both_engines!(what_no_licence_covers_may_be_taken_out);

    async fn what_no_licence_covers_may_be_taken_out(engine: Engine) {
        let centre = Centre::on(engine).await;
        let store = &centre.store;
        let day = |text| Some(Day::parse(text).unwrap());
        let row = |record: &str, host: &str, to| {
            let mut row = table::empty_row();
            row.record_id = record.into();
            row.regulator = "AFSA".into();
            row.legal_name = format!("{record} Ltd.");
            row.basis = Basis::Register;
            row.valid_from = day("2025-01-01");
            row.valid_to = to;
            row.hosts = vec![name(host)];
            row.source_url = "http://register.test/".into();
            row
        };
        let mut snapshot = Snapshot {
            register: "afsa-demo".into(),
            taken_on: Day::parse("2026-11-20").unwrap(),
            source: "x".into(),
            rows: vec![
                row("r1", "jaqsy.test", None),
                row("r2", "ended.test", day("2026-01-31")),
            ],
            warnings: Vec::new(),
            notes: String::new(),
            lookup_url: String::new(),
            raw_sha256: None,
        };
        for row in &mut snapshot.rows {
            row.source_date = blocklist::register::SourceDate::parse("2026-11-20").unwrap();
        }
        ceremony::enter_register(store, &snapshot, OFFICERS, NOW)
            .await
            .unwrap();
        let mut publisher = centre.publisher().await;
        publisher.step(NOW).await.unwrap();
        let except = async |register: &str, host: &str, reason: &str| {
            except_host(store, register, &name(host), reason, OFFICERS, NOW).await
        };
        let live = except("afsa-demo", "jaqsy.test", "no longer theirs").await;
        assert!(
            matches!(live, Err(CeremonyError::Licensed { .. })),
            "{live:?}"
        );
        let below = except("afsa-demo", "www.jaqsy.test", "no longer theirs").await;
        assert!(matches!(below, Err(CeremonyError::Licensed { .. })));
        for (register, host) in [
            ("afsa-demo", "other.test"),
            ("afsa-demo", "www.ended.test"),
            ("nbk-demo", "ended.test"),
        ] {
            let unknown = except(register, host, "sold").await;
            assert!(matches!(unknown, Err(CeremonyError::NotNamed { .. })));
        }
        let silent = except("afsa-demo", "ended.test", "  ").await;
        assert!(matches!(silent, Err(CeremonyError::Reason)));
        let one = [OFFICERS[0], OFFICERS[0]];
        let alone = except_host(store, "afsa-demo", &name("ended.test"), "sold", one, NOW).await;
        assert!(matches!(alone, Err(CeremonyError::SamePerson)));

        let free = async || {
            let mut record = store.read_record().await.unwrap();
            let guard = record.guard().unwrap();
            guard.check(&name("ended.test"), Scope::Host).is_ok()
        };
        assert!(!free().await);
        except("afsa-demo", "ended.test", "sold").await.unwrap();
        publisher.step(NOW + 1).await.unwrap();
        assert!(free().await);
        let again = except("afsa-demo", "ended.test", "sold").await;
        assert!(matches!(again, Err(CeremonyError::Excepted { .. })));
    }
}
