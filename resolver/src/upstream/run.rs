//! The engine's thread: waits for sockets, for jobs and for time, and tells the engine.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering, fence},
    },
    time::{Duration, Instant},
};

use rustix::{
    event::{EventfdFlags, Timespec, epoll, eventfd},
    io::Errno,
};
use tokio::sync::mpsc;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::upstream::{Job, engine::Engine, streams::Ended};

/// Jobs taken on before sockets have their turn.
const JOBS: usize = 128;
/// Sockets told of at once.
const SOCKETS: usize = 256;
/// The waker's key; sockets have the numbers of their places.
const WAKER: u64 = u64::MAX;

/// Gets the thread out of its wait. Free of system calls while it does not wait.
pub(super) struct Waker {
    descriptor: OwnedFd,
    is_asleep: AtomicBool,
    is_ending: AtomicBool,
}

impl Waker {
    /// Told by `poll`.
    ///
    /// # Errors
    /// The system has no descriptor left.
    pub(super) fn new(poll: &OwnedFd) -> io::Result<Self> {
        let descriptor = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        let data = epoll::EventData::new_u64(WAKER);
        epoll::add(poll, &descriptor, data, epoll::EventFlags::IN)?;
        Ok(Self {
            descriptor,
            is_asleep: AtomicBool::new(false),
            is_ending: AtomicBool::new(false),
        })
    }

    /// To be called after something was put where the thread looks.
    pub(super) fn wake(&self) {
        // Either the thread sees what was put, or this sees that it sleeps.
        fence(Ordering::SeqCst);
        if self.is_asleep.load(Ordering::Relaxed) && self.is_asleep.swap(false, Ordering::SeqCst) {
            // It can only fail when it was woken 2⁶⁴ times.
            let _ = rustix::io::write(&self.descriptor, &1u64.to_ne_bytes());
        }
    }

    /// Lets the thread finish what is on its way, take on nothing new, and end.
    pub(super) fn end(&self) {
        self.is_ending.store(true, Ordering::SeqCst);
        self.wake();
    }

    fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::SeqCst)
    }

    fn clear(&self) {
        let _ = rustix::io::read(&self.descriptor, &mut [0; 8]);
    }
}

/// Where streams tell what became of questions.
#[derive(Clone)]
pub(super) struct Events {
    /// Bounded by the questions that streams hold.
    pub(super) sender: mpsc::UnboundedSender<Ended>,
    pub(super) waker: Arc<Waker>,
}

impl Events {
    pub(super) fn send(&self, ended: Ended) {
        // Nobody listens any more when the node ends.
        let _ = self.sender.send(ended);
        self.waker.wake();
    }
}

/// What the thread works with.
pub(super) struct Thread {
    pub(super) engine: Engine,
    pub(super) poll: Arc<OwnedFd>,
    pub(super) waker: Arc<Waker>,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) ended: mpsc::UnboundedReceiver<Ended>,
    /// Questions on their way, for whoever watches.
    pub(super) in_flight: Arc<AtomicUsize>,
    /// How long questions on their way may take after the end was told.
    pub(super) grace: Duration,
    /// Whoever waits for the node to end waits for this.
    pub(super) _token: TaskTrackerToken,
}

impl Thread {
    /// Runs until the end is told and nobody waits any more.
    pub(super) fn run(mut self) {
        let mut events = Vec::with_capacity(SOCKETS);
        let mut last_moment = None;
        loop {
            let now = Instant::now();
            // Before jobs are taken on: what was put there before the end was told is not lost.
            let is_ending = self.waker.is_ending();
            let has_more = self.take_on(now);
            self.engine.tick(now);
            self.engine.flush(now);
            let in_flight = self.engine.flights.len();
            self.in_flight.store(in_flight, Ordering::Relaxed);
            if is_ending {
                let last_moment = *last_moment.get_or_insert(now + self.grace);
                if !self.engine.is_busy() || now >= last_moment {
                    break;
                }
            }
            let wait = if has_more {
                Some(Duration::ZERO)
            } else {
                self.engine.rest(now)
            };
            if let Err(error) = self.wait(wait, is_ending, &mut events) {
                // Only a programming error gets here; without sockets there is nothing to do.
                tracing::error!(%error, "upstreams cannot be waited for any more");
                break;
            }
            let now = Instant::now();
            for event in events.drain(..) {
                match event.data.u64() {
                    WAKER => self.waker.clear(),
                    place => self.engine.readable(place as u32, now),
                }
            }
        }
        self.jobs.close();
        self.engine.abandon();
        while let Ok(job) = self.jobs.try_recv() {
            job.give_up();
        }
    }

    /// Takes jobs and events on; `true` when there may be more.
    fn take_on(&mut self, now: Instant) -> bool {
        let mut left = JOBS;
        while left > 0
            && let Ok(ended) = self.ended.try_recv()
        {
            self.engine.stream_ended(ended, now);
            left -= 1;
        }
        while left > 0
            && let Ok(job) = self.jobs.try_recv()
        {
            self.engine.take(job, now);
            left -= 1;
        }
        left == 0
    }

    /// Waits for at most `wait`, and not at all when there is something to do already or the end was
    /// told behind the back of a thread that `knew_of_end` or not.
    fn wait(
        &mut self,
        mut wait: Option<Duration>,
        knew_of_end: bool,
        events: &mut Vec<epoll::Event>,
    ) -> io::Result<()> {
        self.waker.is_asleep.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let has_news = self.waker.is_ending() != knew_of_end;
        if has_news || !self.jobs.is_empty() || !self.ended.is_empty() {
            wait = Some(Duration::ZERO);
        }
        let wait = wait.map(|wait| Timespec {
            tv_sec: wait.as_secs() as i64,
            tv_nsec: i64::from(wait.subsec_nanos()),
        });
        let place = rustix::buffer::spare_capacity(events);
        let waited = epoll::wait(&*self.poll, place, wait.as_ref());
        self.waker.is_asleep.store(false, Ordering::SeqCst);
        match waited {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
