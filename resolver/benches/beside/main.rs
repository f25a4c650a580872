//! The resolver beside others, on this machine, in one run: one core for the servers, one for the load.
//!
//! ```text
//! cargo bench -p resolver --bench beside -- [--names N] [--seconds S] [--runs R] [server…]
//! ```
//!
//! Every server that is installed loads the same list (three of ten names with all below them) and
//! forwards to the same upstream. They are all there during all of it, and take turns: one run of
//! each, then the next of each, so that what else the machine does falls on all alike. Before and
//! after each run stands one of an echo on the same core, and the figure is the share of what
//! the echo reached: the machine's own speed falls out. Each answer is checked.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    unreachable_pub,
    missing_docs,
    reason = "a benchmark"
)]

mod echo;
mod lists;
mod load;
mod peers;
mod process;

use std::{net::SocketAddr, path::PathBuf, process::Command, time::Duration};

use lists::{Kind, Lists, Questions};
use load::Run;
use peers::{PEERS, Peer, Places};
use process::Server;

/// Where the servers are, and where load and upstream are.
const SERVERS: usize = 0;
const LOAD: usize = 1;
const NOERROR: u8 = 0;
const NXDOMAIN: u8 = 3;
/// Questions on their way at once.
const WINDOW: usize = 200;
/// Questions a second when delays are measured.
const PACE: u32 = 20_000;

/// What the command line says.
struct Options {
    names: u64,
    time: Duration,
    runs: usize,
    servers: Vec<String>,
}

fn options() -> Options {
    let mut options = Options {
        names: 1_000_000,
        time: Duration::from_millis(1500),
        runs: 3,
        servers: vec![],
    };
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    while let Some(word) = words.next() {
        let mut number = || {
            words
                .next()
                .and_then(|word| word.parse::<f64>().ok())
                .expect("a number follows")
        };
        match word.as_str() {
            "--names" => options.names = number() as u64,
            "--seconds" => options.time = Duration::from_secs_f64(number()),
            "--runs" => options.runs = number() as usize,
            name if PEERS.iter().any(|peer| peer.name == name) => options.servers.push(word),
            other => panic!("{other}: no such option or server"),
        }
    }
    options
}

/// The node as ISPs build it, built if need be. `QALQAN_BIN` names another program.
fn node() -> PathBuf {
    if let Some(path) = std::env::var_os("QALQAN_BIN") {
        return path.into();
    }
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--locked",
            "--release",
            "--no-default-features",
            "--bin",
            "qalqan",
            "--manifest-path",
        ])
        .arg(manifest)
        .status();
    assert!(built.unwrap().success(), "the node does not build");
    // This program lies in `release/deps`.
    let own = std::env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("qalqan")
}

/// The middle and both ends of several figures.
struct Spread(Vec<f64>);

impl Spread {
    fn words(mut self, digits: usize) -> String {
        self.0.sort_by(f64::total_cmp);
        let (low, high) = (self.0[0], self.0[self.0.len() - 1]);
        let middle = self.0[self.0.len() / 2];
        format!("{middle:.digits$} ({low:.digits$} to {high:.digits$})")
    }
}

struct Bench {
    options: Options,
    lists: Lists,
    echo: SocketAddr,
    running: Vec<(&'static str, Server)>,
}

impl Bench {
    /// What the echo reaches now.
    fn ceiling(&self, questions: &Questions) -> f64 {
        load::full(
            self.echo,
            questions,
            WINDOW,
            Duration::from_millis(300),
            true,
        )
        .rate
    }

    /// One kind of load on every server, in turns.
    fn throughput(&self, kind: Kind) {
        let questions = &self.questions(kind);
        let mut figures: Vec<(Vec<f64>, Vec<f64>, Run)> =
            self.running.iter().map(|_| Default::default()).collect();
        let mut ceilings = vec![];
        for _ in 0..self.options.runs {
            for ((_, server), (shares, rates, sum)) in self.running.iter().zip(&mut figures) {
                let before = self.ceiling(questions);
                let run = load::full(server.address, questions, WINDOW, self.options.time, false);
                let ceiling = f64::midpoint(before, self.ceiling(questions));
                ceilings.push(ceiling);
                shares.push(run.rate / ceiling);
                rates.push(run.rate / 1000.0);
                sum.wrong += run.wrong;
                sum.lost += run.lost;
            }
        }
        println!(
            "\n{}: shares of an echo that answers {} thousand a second",
            kind.words(),
            thousands(ceilings)
        );
        println!("| server | share | thousand a second | wrong | lost |\n|---|---|---|---|---|");
        for ((name, _), (shares, rates, sum)) in self.running.iter().zip(figures) {
            let (shares, rates) = (Spread(shares).words(2), Spread(rates).words(0));
            println!(
                "| {name} | {shares} | {rates} | {} | {} |",
                sum.wrong, sum.lost
            );
        }
    }

    /// What a list costs the names that are not on it: the same load with the list and with none.
    fn price(&self, without: &Server) {
        let Some((_, with)) = self.running.iter().find(|(name, _)| *name == PEERS[0].name) else {
            return;
        };
        let questions = self.questions(Kind::Remembered);
        let rate = |server: &Server| {
            load::full(server.address, &questions, WINDOW, self.options.time, false).rate
        };
        rate(without);
        let shares = (0..2 * self.options.runs).map(|_| {
            let (before, with, after) = (rate(without), rate(with), rate(without));
            with / f64::midpoint(before, after)
        });
        println!(
            "\nallowed, remembered: with the list {} of what it is without one",
            Spread(shares.collect()).words(3)
        );
    }

    fn questions(&self, kind: Kind) -> Questions {
        Questions::of(kind, &self.lists)
    }

    /// Delays at a pace that every server can keep, in turns.
    fn delays(&self) {
        let questions = &self.questions(Kind::Mixed);
        println!(
            "\n{}: microseconds to an answer at {PACE} questions a second",
            Kind::Mixed.words()
        );
        println!(
            "| server | half within | 99 of 100 within | 999 of 1000 within | wrong | lost |\n|---|---|---|---|---|---|"
        );
        let mut figures: Vec<([Vec<f64>; 3], Run)> =
            self.running.iter().map(|_| Default::default()).collect();
        for _ in 0..self.options.runs {
            for ((_, server), (delays, sum)) in self.running.iter().zip(&mut figures) {
                let mut run = load::paced(server.address, questions, PACE, self.options.time);
                for (delays, part) in delays.iter_mut().zip([500, 990, 999]) {
                    delays.push(run.delay(part).as_micros() as f64);
                }
                sum.wrong += run.wrong;
                sum.lost += run.lost;
            }
        }
        for ((name, _), (delays, sum)) in self.running.iter().zip(figures) {
            let [half, most, nearly_all] = delays.map(|delays| Spread(delays).words(0));
            println!(
                "| {name} | {half} | {most} | {nearly_all} | {} | {} |",
                sum.wrong, sum.lost
            );
        }
    }
}

fn thousands(rates: Vec<f64>) -> String {
    Spread(rates.into_iter().map(|rate| rate / 1000.0).collect()).words(0)
}

/// A port that nothing had a moment ago.
fn free_port() -> u16 {
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.local_addr().unwrap().port()
}

/// What is started, and where.
struct Stage {
    folder: PathBuf,
    qalqan: PathBuf,
    upstream: SocketAddr,
}

impl Stage {
    /// Starts one in a folder of its own, and waits until it answers for the list's last name so.
    fn start(&self, name: &str, peer: &Peer, lists: &Lists, code: u8) -> Option<Server> {
        let folder = self.folder.join(name);
        std::fs::create_dir(&folder).unwrap();
        let port = free_port();
        let places = Places {
            folder: &folder,
            port,
            upstream: self.upstream,
            lists,
            qalqan: &self.qalqan,
        };
        let command: Command = (peer.command)(&places);
        Server::start(name, command, SERVERS, &folder, port, (&lists.last, code))
    }

    /// Starts those that are asked for, one after the other: loading is measured too.
    fn start_all(&self, options: &Options, lists: &Lists) -> Vec<(&'static str, Server)> {
        println!(
            "| server | ready in seconds, with {} names | memory in MB |\n|---|---|---|",
            lists.names
        );
        let wanted = |peer: &&Peer| {
            options.servers.is_empty() || options.servers.iter().any(|name| name == peer.name)
        };
        let mut running = vec![];
        for peer in PEERS.iter().filter(wanted) {
            if let Some(server) = self.start(peer.name, peer, lists, NXDOMAIN) {
                let megabytes = server.memory() as f64 / 1e6;
                println!(
                    "| {} | {:.2} | {megabytes:.0} |",
                    peer.name,
                    server.ready.as_secs_f64()
                );
                running.push((peer.name, server));
            }
        }
        running
    }
}

fn main() {
    let options = options();
    let folder = tempfile::tempdir().unwrap();
    let lists = Lists::write(folder.path(), options.names).unwrap();
    let stage = Stage {
        folder: folder.path().to_owned(),
        qalqan: node(),
        upstream: echo::upstream(LOAD),
    };
    let running = stage.start_all(&options, &lists);
    let bench = Bench {
        echo: echo::echo(SERVERS),
        options,
        lists,
        running,
    };
    process::stay_on(LOAD);
    let warm = |server: &Server| {
        load::full(
            server.address,
            &Questions::warm(),
            20,
            Duration::from_millis(500),
            false,
        );
    };
    bench.running.iter().for_each(|(_, server)| warm(server));
    Kind::ALL
        .into_iter()
        .for_each(|kind| bench.throughput(kind));
    bench.delays();

    let none = folder.path().join("none");
    std::fs::create_dir(&none).unwrap();
    let none = Lists::write(&none, 0).unwrap();
    if let Some(without) = stage.start("qalqan-without", &PEERS[0], &none, NOERROR) {
        warm(&without);
        bench.price(&without);
    }
}
