//! A client that asks as fast as it is answered, or at a pace.

use std::{
    collections::VecDeque,
    net::{SocketAddr, UdpSocket},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use resolver::testing::Datagrams;

use super::lists::Questions;

/// An answer that is not there by then is lost.
const PATIENCE: Duration = Duration::from_millis(500);
/// Names of the kind that nobody asked for before, over all runs.
static FRESH: AtomicU32 = AtomicU32::new(0);

/// What a run came to.
#[derive(Default)]
pub struct Run {
    pub asked: u64,
    pub right: u64,
    pub wrong: u64,
    pub lost: u64,
    /// Right answers in a second.
    pub rate: f64,
    /// Microseconds from question to answer, of each.
    delays: Vec<u32>,
}

impl Run {
    /// The delay that so many of a thousand answers stayed within.
    pub fn delay(&mut self, of_thousand: usize) -> Duration {
        if self.delays.is_empty() {
            return Duration::ZERO;
        }
        let at = (self.delays.len() * of_thousand / 1000).min(self.delays.len() - 1);
        Duration::from_micros((*self.delays.select_nth_unstable(at).1).into())
    }
}

/// Questions on their way.
struct Asking<'a> {
    socket: UdpSocket,
    questions: &'a Questions,
    echo: bool,
    next: usize,
    id: u16,
    /// By id: which question, and when. `None` when it is answered or lost.
    open: Vec<Option<(usize, Instant)>>,
    order: VecDeque<u16>,
    run: Run,
}

impl<'a> Asking<'a> {
    fn new(to: SocketAddr, questions: &'a Questions, echo: bool) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.connect(to).unwrap();
        // Answers come in bursts, and what finds no room here would look like the server's loss.
        rustix::net::sockopt::set_socket_recv_buffer_size_force(&socket, 4 << 20)
            .or_else(|_| rustix::net::sockopt::set_socket_recv_buffer_size(&socket, 4 << 20))
            .unwrap();
        Self {
            socket,
            questions,
            echo,
            next: 0,
            id: 0,
            open: vec![None; 1 << 16],
            order: VecDeque::new(),
            run: Run::default(),
        }
    }

    /// Writes the next question into a buffer.
    fn write(&mut self, buffer: &mut [u8], now: Instant) -> usize {
        self.id = self.id.wrapping_add(1);
        while self.open[usize::from(self.id)].is_some() {
            self.id = self.id.wrapping_add(1);
        }
        let fresh = FRESH.fetch_add(1, Ordering::Relaxed);
        let length = self.questions.write(self.next, self.id, fresh, buffer);
        self.open[usize::from(self.id)] = Some((self.next, now));
        self.order.push_back(self.id);
        self.next = (self.next + 1) % self.questions.len();
        self.run.asked += 1;
        length
    }

    fn ask(&mut self, now: Instant) {
        let mut buffer = [0; 512];
        let length = self.write(&mut buffer, now);
        let _ = self.socket.send(&buffer[..length]);
    }

    /// Takes an answer; one that nobody waits for any longer is not counted.
    fn take(&mut self, answer: &[u8], now: Instant) -> bool {
        let Some(id) = answer.first_chunk() else {
            return false;
        };
        let Some((number, since)) = self.open[usize::from(u16::from_be_bytes(*id))].take() else {
            return false;
        };
        if self.questions.is_right(number, answer, self.echo) {
            self.run.right += 1;
        } else {
            self.run.wrong += 1;
        }
        let delay = now.duration_since(since).as_micros();
        self.run
            .delays
            .push(u32::try_from(delay).unwrap_or(u32::MAX));
        true
    }

    /// Gives up what waited too long; how many that were.
    fn give_up(&mut self, now: Instant) -> u64 {
        let mut lost = 0;
        while let Some(id) = self.order.front() {
            match &mut self.open[usize::from(*id)] {
                Some((_, since)) if now.duration_since(*since) < PATIENCE => break,
                open => lost += u64::from(open.take().is_some()),
            }
            self.order.pop_front();
        }
        self.run.lost += lost;
        lost
    }

    fn end(mut self, begun: Instant) -> Run {
        self.run.rate = self.run.right as f64 / begun.elapsed().as_secs_f64();
        self.run
    }
}

/// Keeps `window` questions on their way for a while.
pub fn full(
    to: SocketAddr,
    questions: &Questions,
    window: usize,
    time: Duration,
    echo: bool,
) -> Run {
    let mut asking = Asking::new(to, questions, echo);
    asking.socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut datagrams = Datagrams::default();
    let begun = Instant::now();
    (0..window).for_each(|_| asking.ask(begun));
    loop {
        let count = datagrams.receive(&asking.socket).unwrap_or(0);
        let now = Instant::now();
        if now.duration_since(begun) >= time {
            return asking.end(begun);
        }
        for number in 0..count {
            let (buffer, length) = datagrams.datagram(number);
            let taken = asking.take(&buffer[..length], now);
            let length = if taken { asking.write(buffer, now) } else { 0 };
            datagrams.answer(number, length);
        }
        datagrams.send(&asking.socket, count);
        for _ in 0..asking.give_up(now) {
            asking.ask(now);
        }
    }
}

/// Asks so many questions a second for a while, whatever comes back.
pub fn paced(to: SocketAddr, questions: &Questions, rate: u32, time: Duration) -> Run {
    let mut asking = Asking::new(to, questions, false);
    asking.socket.set_nonblocking(true).unwrap();
    let mut datagrams = Datagrams::default();
    let begun = Instant::now();
    loop {
        let now = Instant::now();
        let past = now.duration_since(begun);
        if past < time {
            let due = (past.as_secs_f64() * f64::from(rate)) as u64;
            while asking.run.asked < due {
                asking.ask(now);
            }
        } else if past >= time + PATIENCE || asking.open.iter().all(Option::is_none) {
            asking.give_up(now);
            return asking.end(begun);
        }
        let count = datagrams.receive(&asking.socket).unwrap_or(0);
        let now = Instant::now();
        for number in 0..count {
            let (buffer, length) = datagrams.datagram(number);
            asking.take(&buffer[..length], now);
        }
        asking.give_up(now);
    }
}
