//! Being run by a service manager: the sockets it holds for this process (sd_listen_fds(3)), telling it
//! how this process fares (sd_notify(3)), and its watchdog (sd_watchdog_enabled(3)). Without one, all of
//! this is nothing.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::{
            ffi::OsStrExt as _,
            net::{SocketAddr, UnixDatagram},
        },
    },
    time::Duration,
};

use resolver::{Inherited, NodeStatus, Pulse, Running, StartError};
use tokio::time::{MissedTickBehavior, interval};

/// Where the manager listens.
const NOTIFY_SOCKET: &str = "NOTIFY_SOCKET";
/// Microseconds within which it wants to hear that all is well.
const WATCHDOG_USEC: &str = "WATCHDOG_USEC";
/// The process it wants to hear it from; any when it does not say.
const WATCHDOG_PID: &str = "WATCHDOG_PID";
/// The process that the sockets are for.
const LISTEN_PID: &str = "LISTEN_PID";
/// How many there are.
const LISTEN_FDS: &str = "LISTEN_FDS";

/// Workers are looked at no more often than this, within which they go round twice.
const LOOK: Duration = Duration::from_millis(250);

/// The sockets the manager holds for this process; `None` without any.
pub(crate) fn sockets() -> Result<Option<Inherited>, StartError> {
    let count = listen_fds(std::env::var_os, std::process::id());
    let inherited = count.map(Inherited::from_manager).transpose()?;
    // Handed over once; a process that starts another does not pass them on (they close by themselves).
    Ok(inherited.filter(|inherited| !inherited.addresses().is_empty()))
}

fn listen_fds(variable: impl Fn(&'static str) -> Option<OsString>, own: u32) -> Option<usize> {
    let number = |name| variable(name)?.to_str()?.parse::<u32>().ok();
    if number(LISTEN_PID)? != own {
        return None;
    }
    usize::try_from(number(LISTEN_FDS)?).ok()
}

/// The manager's ear.
#[derive(Debug, Default)]
pub(crate) struct Manager {
    ear: Option<(UnixDatagram, SocketAddr)>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// As this process's environment says.
    pub(crate) fn find() -> Self {
        let ear = std::env::var_os(NOTIFY_SOCKET).and_then(|path| match ear(&path) {
            Ok(ear) => Some(ear),
            Err(error) => {
                tracing::warn!(%error, "{NOTIFY_SOCKET} names no socket; the service manager is told nothing");
                None
            }
        });
        let watchdog = watchdog(std::env::var_os, std::process::id());
        Self { ear, watchdog }
    }

    /// From now on the first packet is answered as it should be.
    pub(crate) fn ready(&self, status: &NodeStatus) {
        // A node that took another's place is its service's main process from now on.
        let own = std::process::id();
        self.tell(&format!("READY=1\nMAINPID={own}\nSTATUS={}", words(status)));
    }

    /// No more is read; what is in hand is finished.
    pub(crate) fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=finishing what is in hand");
    }

    /// Keeps telling how the node fares, and the watchdog that its workers go round, until dropped.
    pub(crate) async fn keep_told(&self, running: &Running) {
        let mut changes = running.watch();
        let mut pulse = running.pulse();
        // Twice as often as it wants to hear, as sd_watchdog_enabled(3) has it.
        let rest = self.watchdog.map_or(LOOK, |within| within / 2);
        let mut rounds = interval(rest.max(LOOK));
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = String::new();
        loop {
            tokio::select! {
                _ = rounds.tick(), if self.watchdog.is_some() => self.feed(&mut pulse),
                changed = changes.changed() => {
                    let said = words(&changes.borrow_and_update());
                    if said != last {
                        self.tell(&format!("STATUS={said}"));
                        last = said;
                    }
                    if changed.is_err() {
                        return std::future::pending().await;
                    }
                }
            }
        }
    }

    fn feed(&self, pulse: &mut Pulse) {
        if pulse.is_beating() {
            self.tell("WATCHDOG=1");
        } else {
            tracing::error!("a worker stands still; the watchdog is not told that all is well");
        }
    }

    fn tell(&self, state: &str) {
        let Some((socket, to)) = &self.ear else {
            return;
        };
        if let Err(error) = socket.send_to_addr(state.as_bytes(), to) {
            tracing::warn!(%error, "the service manager cannot be told how this process fares");
        }
    }
}

fn watchdog(variable: impl Fn(&'static str) -> Option<OsString>, own: u32) -> Option<Duration> {
    let number = |name| variable(name)?.to_str()?.parse::<u64>().ok();
    if variable(WATCHDOG_PID).is_some() && number(WATCHDOG_PID) != Some(own.into()) {
        return None;
    }
    number(WATCHDOG_USEC)
        .filter(|time| *time > 0)
        .map(Duration::from_micros)
}

/// A socket to speak from, and the address to speak to: a path, or an abstract name behind `@`.
fn ear(path: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(path),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }?;
    let socket = UnixDatagram::unbound()?;
    // A manager that does not listen must not hold queries up.
    socket.set_nonblocking(true)?;
    Ok((socket, address))
}

/// One line for `systemctl status`.
fn words(status: &NodeStatus) -> String {
    match (&status.release, status.list_active) {
        _ if status.source.is_none() => "answering; no list was asked for".into(),
        _ if status.dry_run => "answering UNFILTERED: a dry run".into(),
        (Some(release), true) => format!(
            "answering; the list is enforced: serial {}, {} names",
            release.serial, release.names
        ),
        (Some(release), false) => format!(
            "answering UNFILTERED: the list of serial {} is too old",
            release.serial
        ),
        (None, _) => "answering UNFILTERED: there is no list yet".into(),
    }
}
