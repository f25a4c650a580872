//! A release directory that cannot be written, step by step: publication stops with an error that
//! names the file, readers keep what they had, and nothing signed is lost.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::{fs, path::Path};

use blocklist::{Release, Timestamp};
use data::{
    Error,
    publish::PublishError,
    testing::{Centre, Engine, NOW, proposal},
};

/// What stands in the way of what: a file where a directory is needed, or the other way round. That
/// refuses root as well.
const HINDRANCES: [(&str, bool); 4] = [
    ("log/tile/entries", false),
    ("log/checkpoint", true),
    ("made", false),
    ("now", true),
];

fn remove(path: &Path) {
    if fs::symlink_metadata(path).unwrap().is_dir() {
        fs::remove_dir_all(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
}

async fn a_step_that_cannot_write_is_made_up_for_later(engine: Engine) {
    for (hindered, by_directory) in HINDRANCES {
        let centre = Centre::on(engine).await;
        let (store, base) = (&centre.store, centre.dir.path().join("release"));
        let before = fs::read(base.join("release")).unwrap();
        centre.approved("obmen.test", proposal()).await;

        let mut publisher = centre.publisher().await;
        let place = base.join(hindered);
        remove(&place);
        if by_directory {
            fs::create_dir_all(place.join("in the way")).unwrap();
        } else {
            fs::write(&place, "in the way").unwrap();
        }
        let stopped = publisher.step(NOW + 1).await.unwrap_err();
        let PublishError::Store(Error::File { path, .. }) = &stopped else {
            panic!("{hindered}: {stopped:?}");
        };
        assert!(path.starts_with(&place), "{}", path.display());
        assert!(stopped.to_string().contains(hindered), "{stopped}");
        // What is made and the link to it were taken away here together with the releases in them.
        if hindered.starts_with("log") {
            assert_eq!(
                fs::read(base.join("release")).unwrap(),
                before,
                "readers keep what they had"
            );
        }

        // The same publisher goes on by itself once there is room.
        remove(&place);
        assert!(publisher.step(NOW + 2).await.unwrap(), "{hindered}");
        let note = fs::read(base.join("release")).unwrap();
        assert_eq!(
            Release::open(&note, &centre.trust).unwrap().size,
            5,
            "sequenced once"
        );
        let listed = fs::read_to_string(base.join("list/domains")).unwrap();
        assert!(listed.contains("\nobmen.test\n"), "{hindered}: {listed}");
        let folded = store.folded(Timestamp(NOW + 2)).await.unwrap();
        assert_eq!((folded.entries.len(), folded.remarks.len()), (1, 0));
        let left: Vec<_> = fs::read_dir(&base)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".new"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

async fn a_clock_set_back_signs_nothing_and_loses_nothing(engine: Engine) {
    let centre = Centre::on(engine).await;
    let base = centre.dir.path().join("release");
    centre.approved("obmen.test", proposal()).await;
    let mut publisher = centre.publisher().await;
    assert!(publisher.step(NOW + 100).await.unwrap());
    let before = fs::read(base.join("release")).unwrap();
    centre.approved("birzha.test", proposal()).await;

    // The same publisher, and one that starts on a machine whose clock was lost.
    for _ in 0..2 {
        let refused = publisher.step(NOW + 50).await.unwrap_err();
        assert!(matches!(refused, PublishError::Clock { .. }), "{refused:?}");
        assert!(refused.to_string().contains("set the clock"), "{refused}");
        drop(publisher);
        publisher = centre.publisher().await;
    }
    assert_eq!(fs::read(base.join("release")).unwrap(), before);

    assert!(publisher.step(NOW + 101).await.unwrap());
    let listed = fs::read_to_string(base.join("list/domains")).unwrap();
    assert!(listed.contains("\nbirzha.test\n"), "{listed}");
}

data::both_engines!(
    a_step_that_cannot_write_is_made_up_for_later,
    a_clock_set_back_signs_nothing_and_loses_nothing,
);
