//! Places at which a process may die while it writes its state. In a running node they are nothing
//! at all; in tests the process "dies" at each of them in turn.

use std::io;

/// Passes every place, or dies at one of them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kill {
    #[cfg(test)]
    places_left: Option<std::sync::Arc<std::sync::atomic::AtomicUsize>>,
}

impl Kill {
    /// A place between two steps of writing.
    #[cfg(not(test))]
    #[allow(
        clippy::unused_self,
        clippy::unnecessary_wraps,
        reason = "it does something in tests"
    )]
    pub(crate) fn place(&self) -> io::Result<()> {
        Ok(())
    }

    /// A place between two steps of writing.
    #[cfg(test)]
    pub(crate) fn place(&self) -> io::Result<()> {
        use std::sync::atomic::Ordering;
        let Some(left) = &self.places_left else {
            return Ok(());
        };
        match left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
            left.checked_sub(1)
        }) {
            Ok(_) => Ok(()),
            // Dead stays dead: nothing after the first such place is carried out.
            Err(_) => Err(io::Error::other("killed here by a test")),
        }
    }

    /// Dies after `places` places.
    #[cfg(test)]
    pub(crate) fn after(places: usize) -> Self {
        Self {
            places_left: Some(std::sync::Arc::new(places.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, sync::Arc};

    use blocklist::{
        BlockSet, Scope,
        testing::{START, TestLog},
    };

    use super::Kill;
    use crate::{
        error::PullError,
        source::{ListSource, Reader},
        state::StateDir,
        update::{Pulled, Updater},
    };

    fn updater(log: &TestLog, base: &Path, state: &Path, kill: Kill) -> Updater {
        let state = StateDir::open_with(state, kill).unwrap();
        // Whatever was left behind must load: this is what a start after the kill does.
        let loaded = state.load(&log.trust).unwrap();
        let reader = Reader::open(&ListSource::Directory(base.into())).unwrap();
        Updater::new(Arc::new(log.trust.clone()), reader, state, loaded)
    }

    fn set(log: &TestLog) -> BlockSet {
        log.fold(START.plus(1_000)).1.block_set().unwrap()
    }

    /// What a node does, but for enforcing.
    async fn pull(updater: &mut Updater) -> Result<Pulled, PullError> {
        let pulled = updater.pull(START).await?;
        updater.keep().await?;
        Ok(pulled)
    }

    fn held(updater: &Updater) -> Option<BlockSet> {
        updater.held().map(|held| BlockSet::clone(&held.set))
    }

    /// Walks through every place of one update; `before` prepares the state it starts from. Gives
    /// how many places there were.
    async fn walk(
        first: Option<&TestLog>,
        second: &TestLog,
        third: &TestLog,
        before: fn(&Path),
    ) -> usize {
        for places in 0.. {
            let (base, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            if let Some(first) = first {
                first.write(base.path(), START);
                let mut first = updater(first, base.path(), state.path(), Kill::default());
                pull(&mut first).await.unwrap();
            }
            before(state.path());
            second.write(base.path(), START.plus(10));
            let mut killed = updater(second, base.path(), state.path(), Kill::after(places));
            let over = match pull(&mut killed).await {
                Ok(Pulled::New(_)) => true,
                Err(PullError::State(_)) => false,
                other => panic!("place {places}: {other:?}"),
            };
            drop(killed);

            let mut again = updater(second, base.path(), state.path(), Kill::default());
            let found = held(&again);
            let old_or_new = found == first.map(set) || found == Some(set(second));
            assert!(
                old_or_new,
                "place {places}: neither the old list nor the new one"
            );
            pull(&mut again).await.unwrap();
            assert_eq!(held(&again), Some(set(second)), "place {places}");

            // And the log goes on from what is kept.
            third.write(base.path(), START.plus(20));
            let mut later = updater(third, base.path(), state.path(), Kill::default());
            assert!(
                matches!(pull(&mut later).await, Ok(Pulled::New(_))),
                "place {places}"
            );
            assert_eq!(held(&later), Some(set(third)), "place {places}");
            if over {
                return places;
            }
        }
        unreachable!()
    }

    fn logs() -> [TestLog; 3] {
        let mut first = TestLog::new(true);
        first.list("one.test", Scope::Host, 1);
        let mut second = TestLog::new(true);
        second.list("one.test", Scope::Host, 1);
        second.list("two.test", Scope::Subtree, 2);
        let mut third = TestLog::new(true);
        third.list("one.test", Scope::Host, 1);
        third.list("two.test", Scope::Subtree, 2);
        third.lift("one.test", 1);
        [first, second, third]
    }

    #[tokio::test]
    async fn a_kill_at_any_place_of_an_update_loses_nothing() {
        let [first, second, third] = logs();
        let places = walk(Some(&first), &second, &third, |_| {}).await;
        assert!(places >= 12, "only {places} places were walked through");
    }

    #[tokio::test]
    async fn a_kill_at_any_place_of_a_first_installation_loses_nothing() {
        let [_, second, third] = logs();
        let places = walk(None, &second, &third, |_| {}).await;
        assert!(places >= 12, "only {places} places were walked through");
    }

    #[tokio::test]
    async fn a_kill_while_a_damaged_copy_of_the_log_is_replaced_loses_nothing() {
        let [first, second, third] = logs();
        let damage =
            |state: &Path| std::fs::write(state.join("leaves"), b"no leaves at all").unwrap();
        walk(Some(&first), &second, &third, damage).await;
    }
}
