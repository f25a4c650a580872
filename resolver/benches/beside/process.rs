//! Servers as children, each kept on one core.

use std::{
    fs::{self, File},
    net::{SocketAddr, UdpSocket},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::lists::question;

/// A server that has not loaded its list by then never will.
const PATIENCE: Duration = Duration::from_secs(300);

/// A server that is running.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
    /// From its start to that first answer.
    pub ready: Duration,
}

impl Server {
    /// Starts a command on a core and waits until it answers for `name` with `code`. `None` when the
    /// program is not installed or does not come up, which is said.
    pub fn start(
        who: &str,
        mut command: Command,
        core: usize,
        folder: &Path,
        port: u16,
        (name, code): (&str, u8),
    ) -> Option<Self> {
        let log = folder.join("log");
        let output = File::create(&log).unwrap();
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .current_dir(folder);
        let begun = Instant::now();
        let child = match on_core(core, || command.spawn()) {
            Ok(child) => child,
            Err(error) => {
                eprintln!("{who}: not measured: {error}");
                return None;
            }
        };
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut server = Self {
            child,
            address,
            ready: Duration::ZERO,
        };
        while ask(address, name) != Some(code) {
            let ended = server.child.try_wait().unwrap();
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let words = fs::read_to_string(&log).unwrap_or_default();
                eprintln!("{who}: not measured, it did not come up: {words}");
                return None;
            }
        }
        server.ready = begun.elapsed();
        Some(server)
    }

    /// Memory of the process in octets, what it shares with others counted in part (`Pss`).
    pub fn memory(&self) -> u64 {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))
            .unwrap_or_default();
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
        let kilo: u64 = line
            .and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
            .unwrap_or(0);
        kilo * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer's code; `None` when there is none at once.
fn ask(to: SocketAddr, name: &str) -> Option<u8> {
    let socket = UdpSocket::bind("127.0.0.1:0").ok()?;
    socket
        .set_read_timeout(Some(Duration::from_millis(20)))
        .ok()?;
    let mut buffer = [0; 512];
    let sent = socket
        .connect(to)
        .and_then(|()| socket.send(&question(name)));
    let length = sent.and_then(|_| socket.recv(&mut buffer));
    if length.is_err() {
        // Nobody listens yet, and that comes back at once.
        std::thread::sleep(Duration::from_millis(2));
    }
    length
        .ok()
        .filter(|length| *length >= 12)
        .map(|_| buffer[3] & 15)
}

/// Does something while this thread is on a core; children stay there.
fn on_core<T>(core: usize, does: impl FnOnce() -> T) -> T {
    let before = rustix::thread::sched_getaffinity(None).unwrap();
    stay_on(core);
    let done = does();
    rustix::thread::sched_setaffinity(None, &before).unwrap();
    done
}

/// Keeps this thread on a core.
pub fn stay_on(core: usize) {
    let mut only = rustix::thread::CpuSet::new();
    only.set(core);
    rustix::thread::sched_setaffinity(None, &only).unwrap();
}
