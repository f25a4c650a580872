//! `list verify --seen`: what was verified is not fetched again, and what does not continue it is
//! refused, whoever changed it: the publisher, the mirror, or somebody on this machine.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use blocklist::{Scope, statement::Statement, testing::TestLog};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{Ended, NEGATIVE, PERMANENT, USAGE, now, qalqan};

/// A mirror that writes down what it is asked for.
#[derive(Clone)]
struct Mirror {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    replace_at: Arc<Mutex<Option<&'static str>>>,
}

impl Mirror {
    async fn of(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mirror = Self {
            address,
            asked: Arc::default(),
            replace_at: Arc::default(),
        };
        let (folder, of) = (folder.to_owned(), mirror.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, folder.clone(), of.clone()));
            }
        });
        mirror
    }

    /// Puts the folder `next` in place of what is served, once, before `path` is answered.
    fn replace_when_asked_for(&self, path: &'static str) {
        *self.replace_at.lock().unwrap() = Some(path);
    }

    /// What was asked for since the last time, in order of name.
    fn asked(&self) -> Vec<String> {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked
    }
}

/// One request a connection, which is enough for a client that is told so.
async fn serve(mut stream: TcpStream, folder: PathBuf, mirror: Mirror) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(octet) => head.push(octet),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().trim_start_matches('/');
    mirror.asked.lock().unwrap().push(path.to_owned());
    if mirror
        .replace_at
        .lock()
        .unwrap()
        .take_if(|at| *at == path)
        .is_some()
    {
        fs::remove_dir_all(&folder).unwrap();
        fs::rename(folder.with_file_name("next"), &folder).unwrap();
    }
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
}

/// A published log with a mirror of it, and a verifier's directory.
struct Stage {
    dir: tempfile::TempDir,
    log: TestLog,
    mirror: Mirror,
}

impl Stage {
    /// More leaves than one bundle holds.
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut log = TestLog::new(true);
        for number in 1..=300 {
            list(&mut log, &format!("host{number}.test"), number);
        }
        fs::write(dir.path().join("trust.json"), log.trust.to_json()).unwrap();
        let mirror = Mirror::of(&dir.path().join("release")).await;
        let stage = Self { dir, log, mirror };
        stage.publish();
        stage
    }

    fn publish(&self) {
        self.log.write(&self.dir.path().join("release"), now());
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    async fn verify(&self, more: &[&str]) -> Ended {
        let base = format!("http://{}/", self.mirror.address);
        let seen = self.file("seen.json").display().to_string();
        let words = ["list", "verify", "--base", &base, "--seen", &seen];
        qalqan(self.dir.path(), words.iter().chain(more)).await
    }
}

fn list(log: &mut TestLog, host: &str, number: u32) {
    let mut statement = log.list_statement(host, Scope::Host, number);
    statement.effective_at = now().plus(-60);
    statement.review_at = now().plus(86_400);
    statement.expires_at = now().plus(2 * 86_400);
    log.push_officers(Statement::List(statement));
}

/// What somebody does to a file.
type Change<'a> = dyn Fn(&mut Vec<u8>) + 'a;

fn of_the_log(asked: Vec<String>) -> Vec<String> {
    let log = |path: &String| path.starts_with("log/tile/");
    asked.into_iter().filter(log).collect()
}

#[tokio::test]
async fn a_second_verification_asks_only_for_what_is_new() {
    let mut stage = Stage::new().await;
    let first = stage.log.leaves.len();
    stage.verify(&[]).await.done("leaves verified");
    let all = of_the_log(stage.mirror.asked());
    assert!(all.contains(&"log/tile/entries/000".to_owned()), "{all:?}");

    stage.verify(&[]).await.done("leaves verified");
    assert_eq!(of_the_log(stage.mirror.asked()), [""; 0], "nothing is new");

    list(&mut stage.log, "new.test", 301);
    stage.publish();
    let says = format!("{} leaves verified", first + 1);
    stage.verify(&[]).await.done(&says);
    let width = first + 1 - 256;
    let new = [
        format!("log/tile/0/001.p/{width}"),
        // The root is over two tiles below it, as before, and both are in this one.
        "log/tile/1/000.p/1".to_owned(),
        format!("log/tile/entries/001.p/{width}"),
    ];
    let asked = of_the_log(stage.mirror.asked());
    assert!(asked.iter().all(|path| new.contains(path)), "{asked:?}");
    assert!(asked.contains(&new[2]), "{asked:?}");

    stage.verify(&["--full"]).await.done(&says);
    let asked = of_the_log(stage.mirror.asked());
    assert!(asked.contains(&"log/tile/0/000".to_owned()), "{asked:?}");
    assert!(
        asked.contains(&"log/tile/entries/000".to_owned()),
        "{asked:?}"
    );
}

/// A publisher does not wait until a verifier has read everything.
#[tokio::test]
async fn a_release_that_comes_while_another_is_read_is_verified_instead() {
    let mut stage = Stage::new().await;
    let mut says = format!("{} leaves verified", stage.log.leaves.len());
    for number in [301, 302] {
        list(&mut stage.log, &format!("late{number}.test"), number);
        stage.log.write(&stage.file("next"), now());
        stage.mirror.replace_when_asked_for("list/adblock");
        let read = stage.mirror.clone();
        let ended = if number == 301 {
            let base = format!("http://{}/", stage.mirror.address);
            qalqan(stage.dir.path(), ["list", "verify", "--base", &base]).await
        } else {
            stage.verify(&[]).await
        };
        assert!(!stage.file("next").exists(), "nothing was replaced");
        let lists = read.asked();
        let times = lists.iter().filter(|path| *path == "list/adblock").count();
        assert_eq!(times, 2, "{lists:?}");
        assert!(!ended.out.contains(&says), "{}", ended.out);
        says = format!("{} leaves verified", stage.log.leaves.len());
        ended.done(&says);
    }
}

#[tokio::test]
async fn what_does_not_continue_what_was_seen_is_refused() {
    let mut stage = Stage::new().await;
    stage.verify(&[]).await.done("leaves verified");
    let leaf = stage.log.leaves.pop().unwrap();
    fs::remove_dir_all(stage.file("release")).unwrap();
    stage.publish();
    for more in [&[][..], &["--full"]] {
        stage.verify(more).await.with(NEGATIVE, "a roll-back");
        assert!(stage.file("seen.json").exists());
    }
    // Another leaf in its place, and one more.
    list(&mut stage.log, "fork.test", 301);
    stage.log.leaves.push(leaf);
    stage.publish();
    for more in [&[][..], &["--full"]] {
        stage.verify(more).await.with(NEGATIVE, "a fork");
    }
}

#[tokio::test]
async fn what_was_changed_on_this_machine_is_named() {
    let stage = Stage::new().await;
    stage.verify(&[]).await.done("leaves verified");
    let (state, leaves) = ("seen.json.log/state.json", "seen.json.log/leaves");
    let kept = fs::read_to_string(stage.file(state)).unwrap();
    let size = format!("\"size\": {}", stage.log.leaves.len());
    let changes: [(&str, &Change<'_>, &str); 4] = [
        (
            leaves,
            &|bytes| bytes[5000] ^= 1,
            "seen.json.log/leaves is damaged",
        ),
        (
            leaves,
            &|bytes| bytes.truncate(9000),
            "leaves is damaged: it is cut short",
        ),
        (
            state,
            &|bytes| *bytes = kept.replace(&size, "\"size\": 5").into_bytes(),
            "it says otherwise than the release note in it",
        ),
        (
            "seen.json",
            &|bytes| {
                let at = bytes.windows(8).position(|w| w == b"\"root\":\"").unwrap() + 8;
                bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            },
            "do not belong together",
        ),
    ];
    for (name, change, says) in changes {
        let whole = fs::read(stage.file(name)).unwrap();
        let mut bytes = whole.clone();
        change(&mut bytes);
        fs::write(stage.file(name), bytes).unwrap();
        stage.verify(&[]).await.with(PERMANENT, says);
        fs::write(stage.file(name), whole).unwrap();
        stage.verify(&[]).await.done("leaves verified");
    }
    // What is kept of the log can be made again; what was seen cannot.
    fs::write(stage.file(leaves), "").unwrap();
    stage.verify(&["--full"]).await.done("leaves verified");
    fs::write(stage.file("seen.json"), "{}").unwrap();
    stage.verify(&["--full"]).await.with(USAGE, "seen.json: ");
}
