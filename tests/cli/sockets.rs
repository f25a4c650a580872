//! Ports that are taken, lists that are not for this node, one publisher at a time.

use std::{
    fs,
    net::{SocketAddr, TcpListener, UdpSocket},
    process::Stdio,
};

use blocklist::testing::TestLog;
use data::testing::Centre;

use super::{TEMPORARY, USAGE, binary, now, qalqan};

const FREE: &str = "127.0.0.1:0";

/// A port that is taken for TCP and UDP while this lives.
struct Taken {
    address: SocketAddr,
    _tcp: TcpListener,
    _udp: UdpSocket,
}

impl Taken {
    fn new() -> Self {
        loop {
            let tcp = TcpListener::bind(FREE).unwrap();
            let address = tcp.local_addr().unwrap();
            if let Ok(udp) = UdpSocket::bind(address) {
                return Self {
                    address,
                    _tcp: tcp,
                    _udp: udp,
                };
            }
        }
    }
}

#[tokio::test]
async fn a_taken_port_is_named_whoever_wants_it() {
    let taken = Taken::new();
    let port = taken.address.to_string();
    let says = format!("cannot listen on {port}: Address already in use");
    let dir = tempfile::tempdir().unwrap();
    let args = ["resolver", "--listen", &port, "--forward", "127.0.0.1:9"];
    qalqan(dir.path(), args)
        .await
        .with(USAGE, &says)
        .with(USAGE, "choose another address");

    let centre = Centre::new().await;
    let data = centre.dir.path();
    qalqan(data, ["publish", "--transfer", &port])
        .await
        .with(USAGE, &says);
    for (taken, others) in [
        ("--web", ["--block-page", "--evidence"]),
        ("--block-page", ["--web", "--evidence"]),
        ("--evidence", ["--web", "--block-page"]),
    ] {
        let others = [others[0], FREE, others[1], FREE];
        let web = [&["web", taken, &port][..], &others].concat();
        qalqan(data, &web).await.with(USAGE, &says);
        let run = [
            &["run", "--dns", FREE, "--transfer", FREE, taken, &port][..],
            &others,
        ]
        .concat();
        qalqan(data, &run).await.with(USAGE, &says);
    }
    let args = ["run", "--transfer", FREE, "--dns", &port];
    qalqan(data, args).await.with(USAGE, &says);
}

/// What `web` says on stderr by the time it has written its ports.
fn said_by(centre: &Centre, options: &[&str]) -> String {
    use std::io::Read as _;
    let ports = centre.dir.path().join("ports.json");
    let mut web = binary::qalqan()
        .arg("--data")
        .arg(centre.dir.path())
        .args(["web", "--web", FREE, "--block-page", FREE])
        .args(["--evidence", FREE])
        .args(options)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    while !ports.exists() {
        assert_eq!(web.try_wait().unwrap(), None, "it serves");
        std::thread::yield_now();
    }
    web.kill().unwrap();
    web.wait().unwrap();
    fs::remove_file(ports).unwrap();
    let mut said = String::new();
    web.stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    said
}

#[tokio::test]
async fn a_server_says_where_it_is_ready_unless_it_is_told_to_be_quiet() {
    let centre = Centre::new().await;
    let said = said_by(&centre, &[]);
    for name in ["web", "block_page", "evidence"] {
        assert!(said.contains(&format!("{name} is ready")), "{said}");
    }
    assert_eq!(said_by(&centre, &["-q"]), "");
}

#[tokio::test]
async fn a_second_publisher_waits_for_the_first() {
    let centre = Centre::new().await;
    let _first = centre.publisher().await;
    let says = "another publisher is at work on this store";
    let data = centre.dir.path();
    qalqan(data, ["publish", "--transfer", FREE])
        .await
        .with(TEMPORARY, says);
    let listen = ["--web", "--block-page", "--evidence", "--dns", "--transfer"];
    let args: Vec<_> = listen.iter().flat_map(|option| [*option, FREE]).collect();
    qalqan(data, [&["run"], args.as_slice()].concat())
        .await
        .with(TEMPORARY, says);
}

#[tokio::test]
async fn a_node_enforces_no_list_it_should_not() {
    let dir = tempfile::tempdir().unwrap();
    let (release, trust) = (dir.path().join("release"), dir.path().join("trust.json"));
    let log = TestLog::new(true);
    log.write(&release, now());
    fs::write(&trust, log.trust.to_json()).unwrap();
    let (release, trust) = (release.to_str().unwrap(), trust.to_str().unwrap());
    let node = ["resolver", "--listen", FREE, "--forward", "127.0.0.1:9"];
    let with = |rest: &[&'static str]| {
        let list = ["--list", release, "--trust", trust].map(str::to_owned);
        let node = node.map(str::to_owned).into_iter().chain(list);
        node.chain(rest.iter().map(|arg| (*arg).to_owned()))
            .collect::<Vec<_>>()
    };
    let node = dir.path().join("node-data");
    qalqan(&node, with(&[]))
        .await
        .with(USAGE, "a demonstration log");
    assert!(!node.exists(), "nothing was begun");

    // No trust file, no list, another log's list, an altered list.
    let args = ["resolver", "--forward", "127.0.0.1:9", "--list", release];
    qalqan(&node, args).await.with(USAGE, "--trust");
    let other = TestLog::with_seed(true, 40);
    other.write(std::path::Path::new(release), now());
    qalqan(&node, with(&["--accept-demo"]))
        .await
        .with(super::PERMANENT, "not signed by the log key");
    fs::remove_dir_all(release).unwrap();
    qalqan(&node, with(&["--accept-demo"]))
        .await
        .with(TEMPORARY, "there is no verified list yet");
    fs::write(trust, "{}").unwrap();
    qalqan(&node, with(&[])).await.with(USAGE, "trust.json: ");
}

#[tokio::test]
async fn a_demonstration_deletes_nothing_but_an_older_one() {
    let dir = tempfile::tempdir().unwrap();
    let mut trust = TestLog::new(false).trust;
    fs::write(dir.path().join("trust.json"), trust.to_json()).unwrap();
    let once = ["demo", "--once"];
    qalqan(dir.path(), once)
        .await
        .with(USAGE, "holds something that is not a demonstration");
    fs::write(dir.path().join("trust.json"), "{").unwrap();
    qalqan(dir.path(), once)
        .await
        .with(USAGE, "holds something that is not a demonstration");
    assert!(dir.path().join("trust.json").exists());

    // A demonstration that is running is not pulled from under its own feet.
    trust.demo = true;
    fs::write(dir.path().join("trust.json"), trust.to_json()).unwrap();
    let lock = fs::File::create(dir.path().join("publish.lock")).unwrap();
    lock.try_lock().unwrap();
    qalqan(dir.path(), once)
        .await
        .with(USAGE, "a demonstration is running in");
    assert!(dir.path().join("trust.json").exists());
}
