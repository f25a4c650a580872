//! The process that publishes and is killed.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
};

use blocklist::PolicyZone;
use data::{
    Store,
    publish::{Publisher, Step},
    testing::{Centre, NOW},
};

use crate::secondary;

const DIR: &str = "QALQAN_KILL_DIR";
const DATABASE: &str = "QALQAN_KILL_DATABASE";
const MOMENT: &str = "QALQAN_KILL_AT";

/// Where the journal of the zone lies, below the data directory.
pub(crate) const JOURNAL: &str = "zone.journal";

/// When the child publishes what was signed while it ran.
pub(crate) const CHANGED: i64 = NOW + 20;
/// When time alone has ended a listing of one day.
pub(crate) const LATER: i64 = NOW + 3 * 86_400;

/// A moment at which the child dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Right after a step of publication.
    After(Step),
    /// After the zone's journal was written, which follows each release.
    JournalWritten,
}

impl Moment {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let steps = Step::ALL.iter().copied().map(Self::After);
        steps.chain([Self::JournalWritten])
    }

    /// Whether it comes by time alone, after what was signed is released.
    pub(crate) fn is_later(self) -> bool {
        matches!(self, Self::After(Step::Marked | Step::Anchored))
    }

    /// When the child dies, by its own clock.
    pub(crate) fn now(self) -> i64 {
        if self.is_later() { LATER } else { CHANGED }
    }

    /// Whether readers see the new release by then.
    pub(crate) fn is_released(self) -> bool {
        let at = |moment| Self::all().position(|one| one == moment);
        !self.is_later() && at(self) >= at(Self::After(Step::Released))
    }
}

/// The child in its first rest: it has released what was there when it started.
pub(crate) struct Child(std::process::Child);

impl Child {
    pub(crate) fn start(centre: &Centre, moment: Moment) -> Self {
        let index = Moment::all().position(|one| one == moment).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::that_dies", "--nocapture"])
            .env(DIR, centre.dir.path())
            .env(DATABASE, &centre.url)
            .env(MOMENT, index.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(
            lines.any(|line| line.unwrap().ends_with("ready")),
            "{moment:?}"
        );
        // What else it prints has somewhere to go.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    /// Lets it publish what came since, and waits until it is dead.
    pub(crate) fn go_on_and_die(mut self) {
        self.0.stdin.take().unwrap().write_all(b"\n").unwrap();
        let status = self.0.wait().unwrap();
        assert!(
            !status.success() && status.code().is_none(),
            "the child must die by a signal: {status}"
        );
    }
}

/// Not a test of its own: the body of the child process.
#[tokio::test]
async fn that_dies() {
    let [Ok(dir), Ok(index), Ok(url)] = [DIR, MOMENT, DATABASE].map(std::env::var) else {
        return;
    };
    let dir = Path::new(&dir);
    let moment = Moment::all().nth(index.parse().unwrap()).unwrap();
    let store = Store::open(&url).await.unwrap();
    let mut publisher = Publisher::open(store, dir, NOW + 10).await.unwrap();
    publisher.step(NOW + 10).await.unwrap();
    publisher.packed().await;
    let server = secondary::primary(&dir.join(JOURNAL)).await;
    let serve = |publisher: &Publisher| {
        let zone = PolicyZone::new(&publisher.published().unwrap().folded);
        server.set_zone(&zone).unwrap();
    };
    serve(&publisher);
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();

    publisher.on_step(move |done| {
        if Moment::After(done) == moment {
            std::process::abort();
        }
    });
    publisher.step(CHANGED).await.unwrap();
    publisher.packed().await;
    if moment.is_later() {
        publisher.step(LATER).await.unwrap();
    }
    serve(&publisher);
    if moment == Moment::JournalWritten {
        std::process::abort();
    }
    panic!("the moment {moment:?} never came");
}
