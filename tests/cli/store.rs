//! `db`: what it says of a store, and a backup that is put back.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use data::{
    Store,
    publish::Publisher,
    testing::{Centre, Engine, NOW, Scratch, proposal},
};

use super::{NEGATIVE, PERMANENT, USAGE, now, qalqan};

/// Puts a backup back into a database of its own.
async fn restore(engine: Engine, file: &Path) -> Scratch {
    let scratch = Scratch::new(engine).await;
    match engine {
        Engine::Sqlite => {
            let path = scratch.url.strip_prefix("sqlite:").unwrap();
            fs::copy(file, path).unwrap();
        }
        Engine::Postgres => {
            let output = Command::new(pg_restore())
                .args(["--no-password", "--exit-on-error", "--dbname"])
                .arg(&scratch.url)
                .arg(file)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{said}");
        }
    }
    scratch
}

fn pg_restore() -> PathBuf {
    let mut versions: Vec<_> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin/pg_restore"))
        .filter(|file| file.exists())
        .collect();
    versions.sort();
    versions.pop().unwrap_or_else(|| "pg_restore".into())
}

/// A data directory with the key and the trust file, and nothing published.
fn fresh_directory(centre: &Centre) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("keys")).unwrap();
    for file in [data::ceremony::LOG_KEY, "trust.json"] {
        fs::copy(centre.dir.path().join(file), dir.path().join(file)).unwrap();
    }
    dir
}

async fn a_backup_is_put_back_and_an_old_one_never_published(engine: Engine) {
    let centre = Centre::on(engine).await;
    let data = centre.dir.path();
    centre.approved("before.test", proposal()).await;
    centre.publisher().await.step(NOW + 1).await.unwrap();
    let file = data.join("store.backup");
    let backup = |file: &Path| {
        let words = ["--database", &centre.url, "db", "backup"].map(str::to_owned);
        words
            .into_iter()
            .chain([file.display().to_string()])
            .collect::<Vec<_>>()
    };
    qalqan(data, backup(&file)).await.done("octets");
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let held = fs::read(&file).unwrap();
    qalqan(data, backup(&file))
        .await
        .with(USAGE, "a backup never overwrites");
    assert_eq!(fs::read(&file).unwrap(), held);
    qalqan(data, backup(&data.join("nowhere/store.backup")))
        .await
        .with(PERMANENT, "nowhere/store.backup");

    // The centre goes on, then loses its store and puts the backup back.
    centre.approved("after.test", proposal()).await;
    centre.publisher().await.step(NOW + 2).await.unwrap();
    let restored = restore(engine, &file).await;
    let database = ["--database", &restored.url];
    let refused = qalqan(
        data,
        [&database[..], &["publish", "--transfer", "127.0.0.1:0"]].concat(),
    );
    let refused = refused.await;
    refused
        .with(
            PERMANENT,
            "the published log (6 leaves) is not continued by the store (5 leaves)",
        )
        .with(
            PERMANENT,
            "restore the newest backup, never publish a second history",
        );
    let check = qalqan(
        data,
        [&database[..], &["--format", "json", "db", "check"]].concat(),
    )
    .await;
    let problems = check.with(NEGATIVE, "").json()["problems"].to_string();
    assert!(
        problems.contains("the first 6 leaves") && problems.contains("published checkpoint"),
        "{problems}"
    );

    // Where nothing later was ever published it works on as it stands.
    let dir = fresh_directory(&centre);
    let store = Store::open(&restored.url).await.unwrap();
    // The one that was refused had the lease for a moment.
    let later = now().0 + 60;
    let mut publisher = Publisher::open(store.clone(), dir.path(), later)
        .await
        .unwrap();
    publisher.step(later).await.unwrap();
    let folded = &publisher.published().unwrap().folded;
    // By this machine's clock days have passed since the test log began, and so the audit chain is anchored.
    let anchors = data::audit::anchors(&store).await.unwrap().len() as u64;
    assert_eq!((folded.size - anchors, folded.listings.len()), (5, 1));
    let listing = folded.listings[0].statement.listing_id.clone();
    data::decide::lift(
        &store,
        &centre.first,
        data::testing::PASSWORD,
        listing.as_str(),
        "owner-complied",
        "",
        later,
    )
    .await
    .unwrap();
    publisher.step(later + 1).await.unwrap();
    assert_eq!(publisher.published().unwrap().release.size - anchors, 6);
    assert!(publisher.published().unwrap().folded.entries.is_empty());
}

async fn the_store_of_a_centre_is_whole_until_somebody_changes_it(engine: Engine) {
    let scratch = Scratch::new(engine).await;
    let data = scratch.dir.path();
    let db = |verb: &'static str| {
        qalqan(
            data,
            [
                "--database".to_owned(),
                scratch.url.clone(),
                "db".into(),
                verb.into(),
            ],
        )
    };
    db("migrate").await.done("the schema went from 0 to ");
    db("migrate").await.done("the schema is up to date at ");
    db("check").await.done("the store is whole");

    let centre = Centre::on(engine).await;
    let check = |format: &'static str| {
        let words = ["--database", &centre.url, "--format", format, "db", "check"];
        let words = words.map(str::to_owned);
        async { qalqan(centre.dir.path(), words).await }
    };
    let whole = check("json").await;
    let whole = whole.done("").json();
    assert_eq!(
        (&whole["leaves"], &whole["problems"]),
        (&4.into(), &serde_json::json!([]))
    );
    centre
        .sql(&engine.drop_trigger("audit_keeps", "audit"))
        .await
        .unwrap();
    centre
        .sql("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
        .await
        .unwrap();
    let broken = check("text").await;
    assert_eq!(broken.code, Some(NEGATIVE), "{broken}");
    assert!(broken.out.contains("audit 2: was changed"), "{broken}");
}

/// A demonstration makes a log of its own: never in a store that is in use.
async fn a_demonstration_needs_an_empty_database(engine: Engine) {
    let centre = Centre::on(engine).await;
    let dir = tempfile::tempdir().unwrap();
    let words = ["--database", &centre.url, "demo", "--once"];
    qalqan(&dir.path().join("demo"), words)
        .await
        .with(USAGE, "a demonstration needs an empty one");
    assert_eq!(centre.another().await.trust().await.unwrap(), centre.trust);
}

data::both_engines!(
    a_backup_is_put_back_and_an_old_one_never_published,
    the_store_of_a_centre_is_whole_until_somebody_changes_it,
    a_demonstration_needs_an_empty_database,
);
