//! The engine: which question waits for whom, whom it is put to next, and when it is given up. It has
//! no clock of its own and never waits; `run` tells it what came and what time it is.

use std::{
    collections::HashMap,
    hash::RandomState,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::{
    config::Order,
    upstream::{
        AskError, Job, Outcome,
        datagrams::Incoming,
        flight::{Attempt, Flight, Flights, Road, Standing, Waiter},
        floods::Floods,
        ports::Ports,
        question::Asked,
        random::Random,
        server::{Server, count},
        streams::Request,
        wheel::{Due, Wheel},
    },
};

/// Who may wait for one question at once.
const WAITERS: usize = 8192;
/// Attempts for one question in all.
const ATTEMPTS: usize = 12;
/// When to look again for an upstream that may be asked.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Whom a question may be put to.
enum Choice {
    Server(usize),
    /// Only upstreams that do not answer are left, and they are asked enough already.
    Later,
    /// All were asked.
    Nobody,
}

/// All questions on their way through one thread.
pub(super) struct Engine {
    pub(super) servers: Vec<Server>,
    pub(super) flights: Flights,
    pub(super) ports: Ports,
    pub(super) incoming: Option<Incoming>,
    order: Order,
    places: usize,
    by_question: HashMap<u64, u32>,
    keys: RandomState,
    floods: Floods,
    streams: Vec<mpsc::Sender<Request>>,
    wheel: Wheel,
    timers: u64,
    due: Vec<Due>,
    random: Random,
}

impl Engine {
    /// `streams` leads to the connections of each server, in their order; at most `places`
    /// questions are on their way at once.
    pub(super) fn new(
        servers: Vec<Server>,
        order: Order,
        places: usize,
        ports: Ports,
        streams: Vec<mpsc::Sender<Request>>,
        random: Random,
        now: Instant,
    ) -> Self {
        Self {
            servers,
            flights: Flights::default(),
            ports,
            incoming: Some(Incoming::new()),
            order,
            places,
            by_question: HashMap::new(),
            keys: RandomState::new(),
            floods: Floods::new(places),
            streams,
            wheel: Wheel::new(now),
            timers: 0,
            due: Vec::new(),
            random,
        }
    }

    /// Takes a question on. Equal ones go as one; who comes later shares the end of the first.
    pub(super) fn take(&mut self, job: Job, now: Instant) {
        let Job {
            asked,
            deadline,
            patience,
            done,
        } = job;
        let waiter = Waiter { done, patience };
        let hash = asked.hash(&self.keys);
        let mut is_found_by = Some(hash);
        if let Some(&place) = self.by_question.get(&hash)
            && let Some(flight) = self.flights.get_mut(place)
        {
            if flight.asked.is_same(&asked) {
                if flight.waiters.len() < WAITERS {
                    flight.waiters.push(waiter);
                    self.watch_patience(place);
                } else {
                    (waiter.done)(Err(AskError::TooMany));
                }
                return;
            }
            // Two questions with one number: the later one goes by itself.
            is_found_by = None;
        }
        if deadline <= now {
            return (waiter.done)(Err(AskError::Silent));
        }
        let domain = self.floods.domain(asked.name.as_wire());
        if self.flights.len() >= self.places || !self.floods.enter(domain, self.flights.len()) {
            return (waiter.done)(Err(AskError::TooMany));
        }
        let place = self.begin(asked, deadline, None);
        if let Some(flight) = self.flights.get_mut(place) {
            flight.waiters.push(waiter);
            flight.domain = Some(domain);
            flight.hash = is_found_by;
        }
        if is_found_by.is_some() {
            self.by_question.insert(hash, place);
        }
        self.watch_patience(place);
        self.advance(place, now);
        self.measure_another(place, now);
    }

    fn begin(&mut self, asked: Asked, deadline: Instant, measures: Option<usize>) -> u32 {
        let mut buffers = self.flights.buffers();
        asked.write(&mut buffers.query, true, &mut self.random);
        self.flights.insert(Flight {
            asked,
            hash: None,
            domain: None,
            deadline,
            query: buffers.query,
            has_edns: true,
            waiters: buffers.waiters,
            attempts: buffers.attempts,
            tried: 0,
            rounds: 0,
            wrong: 0,
            refusal: None,
            timer: 0,
            patience: 0,
            measures,
        })
    }

    /// Sends a copy of a question that was just begun to an upstream whose speed or health is due to
    /// be looked at.
    fn measure_another(&mut self, place: u32, now: Instant) {
        let Some(flight) = self.flights.get_mut(place) else {
            return;
        };
        let (asked, tried) = (flight.asked, flight.tried);
        let fastest = self.order == Order::Fastest;
        let mut others = self.servers.iter_mut().enumerate();
        let due = others.find_map(|(index, server)| {
            let may = tried & (1 << index) == 0 && (fastest || server.is_resting());
            (may && server.take_measure(now)).then_some((index, server))
        });
        let Some((index, server)) = due else {
            return;
        };
        if self.flights.len() >= self.places {
            return;
        }
        let deadline = now + server.longest_wait();
        let copy = self.begin(asked, deadline, Some(index));
        if !self.put_to(copy, index, now) {
            self.end(copy, Err(AskError::Unreachable));
        }
    }

    /// Puts a question to the next upstream, or ends it when there is none.
    pub(super) fn advance(&mut self, place: u32, now: Instant) {
        let mut has_gone_round = false;
        loop {
            let Some(flight) = self.flights.get_mut(place) else {
                return;
            };
            if flight.measures.is_some() && !flight.attempts.is_empty() {
                return self.end(place, Err(AskError::Silent));
            }
            if flight.attempts.len() >= ATTEMPTS {
                let end = flight.deadline;
                return self.wait_until(place, end);
            }
            let tried = flight.tried;
            match self.choose(tried, now) {
                Choice::Server(server) => {
                    if self.put_to(place, server, now) {
                        return;
                    }
                }
                Choice::Later => return self.wait_until(place, now + LOOK_AGAIN),
                Choice::Nobody => {
                    let Some(flight) = self.flights.get_mut(place) else {
                        return;
                    };
                    if let Some((message, server)) = flight.refusal.take() {
                        return self.answer(place, server, &message);
                    }
                    if !flight.may_be_answered() {
                        return self.end(place, Err(AskError::Unreachable));
                    }
                    if std::mem::replace(&mut has_gone_round, true) {
                        return self.wait_until(place, now + LOOK_AGAIN);
                    }
                    flight.tried = 0;
                    flight.rounds += 1;
                }
            }
        }
    }

    fn choose(&mut self, tried: u64, now: Instant) -> Choice {
        let untried = |index: &usize| tried & (1 << index) == 0;
        let well = self
            .servers
            .iter()
            .enumerate()
            .filter(|(index, server)| untried(index) && !server.is_resting());
        let best = match self.order {
            Order::Listed => well.map(|(index, _)| index).next(),
            Order::Fastest => well
                .min_by_key(|(_, server)| server.speed())
                .map(|(index, _)| index),
        };
        if let Some(index) = best {
            return Choice::Server(index);
        }
        let mut is_left = false;
        for (index, server) in self.servers.iter_mut().enumerate() {
            if untried(&index) {
                is_left = true;
                if server.take_try(now) {
                    return Choice::Server(index);
                }
            }
        }
        if is_left {
            Choice::Later
        } else {
            Choice::Nobody
        }
    }

    /// Puts a question to an upstream over what it is asked over first; `false` when it cannot be.
    pub(super) fn put_to(&mut self, place: u32, server: usize, now: Instant) -> bool {
        if let Some(flight) = self.flights.get_mut(place) {
            flight.tried |= 1 << server;
        }
        match self.servers.get(server) {
            Some(known) if known.is_stream_only() => self.put_over_stream(place, server, now),
            Some(_) => self.put_over_udp(place, server, now),
            None => false,
        }
    }

    fn put_over_udp(&mut self, place: u32, server: usize, now: Instant) -> bool {
        let (Some(ticket), Some(known), Some(flight)) = (
            self.flights.next_ticket(place),
            self.servers.get(server),
            self.flights.get_mut(place),
        ) else {
            return false;
        };
        let exact = known.repeats_case;
        let name_end = flight.asked.name_end();
        let sent = self.ports.send(
            server,
            &flight.query,
            ticket,
            now,
            &mut self.random,
            |octets| {
                if !exact && let Some(front) = octets.get_mut(crate::query::HEADER..name_end) {
                    front.make_ascii_lowercase();
                }
            },
        );
        let port = match sent {
            Ok(port) => port,
            Err(error) => {
                tracing::warn!(upstream = %known.upstream.address, %error, "no socket to ask an upstream from");
                return false;
            }
        };
        count(&known.counters.queries);
        flight.attempts.push(Attempt {
            server,
            road: Road::Datagram { port, exact },
            sent: now,
            standing: Standing::Open,
        });
        let wait = match flight.measures {
            Some(_) => known.longest_wait(),
            None => known.wait() * (1 << flight.rounds.min(4)),
        };
        self.wait_until(place, now + wait);
        true
    }

    /// Puts a question to an upstream over TCP or TLS; `false` when too much is under way there.
    pub(super) fn put_over_stream(&mut self, place: u32, server: usize, now: Instant) -> bool {
        let (Some(ticket), Some(known), Some(stream), Some(flight)) = (
            self.flights.next_ticket(place),
            self.servers.get(server),
            self.streams.get(server),
            self.flights.get_mut(place),
        ) else {
            return false;
        };
        let request = Request::new(ticket, flight.query.clone());
        if flight.attempts.len() >= ATTEMPTS || stream.try_send(request).is_err() {
            return false;
        }
        count(&known.counters.streams);
        flight.attempts.push(Attempt {
            server,
            road: Road::Stream,
            sent: now,
            standing: Standing::Open,
        });
        let until = now + known.longest_wait();
        self.wait_until(place, until);
        true
    }

    fn wait_until(&mut self, place: u32, at: Instant) {
        if let Some(flight) = self.flights.get_mut(place) {
            self.timers += 1;
            flight.timer = self.timers;
            self.wheel.set(at.min(flight.deadline), place, self.timers);
        }
    }

    /// Sets the wheel for the waiter whose patience ends first.
    fn watch_patience(&mut self, place: u32) {
        if let Some(flight) = self.flights.get_mut(place)
            && let Some(first) = flight
                .waiters
                .iter()
                .filter_map(|waiter| waiter.patience)
                .min()
        {
            self.timers += 1;
            flight.patience = self.timers;
            self.wheel.set(first, place, self.timers);
        }
    }

    /// Tells waiters whose patience is over that nobody has answered; the question goes on.
    fn tell_impatient(&mut self, place: u32, now: Instant) {
        let Some(flight) = self.flights.get_mut(place) else {
            return;
        };
        let is_over = |waiter: &mut Waiter| waiter.patience.is_some_and(|end| end <= now);
        let impatient: Vec<_> = flight.waiters.extract_if(.., is_over).collect();
        for waiter in impatient {
            (waiter.done)(Err(AskError::Silent));
        }
        self.watch_patience(place);
    }

    /// Looks at all that is due.
    pub(super) fn tick(&mut self, now: Instant) {
        let mut due = std::mem::take(&mut self.due);
        self.wheel.turn(now, &mut due);
        for one in due.drain(..) {
            let Some(flight) = self.flights.get_mut(one.flight) else {
                continue;
            };
            if flight.patience == one.number {
                self.tell_impatient(one.flight, now);
            } else if flight.timer == one.number {
                self.overdue(one.flight, now);
            }
        }
        self.due = due;
    }

    fn overdue(&mut self, place: u32, now: Instant) {
        let Some(flight) = self.flights.get_mut(place) else {
            return;
        };
        for attempt in &mut flight.attempts {
            if attempt.standing != Standing::Open {
                continue;
            }
            attempt.standing = Standing::Late;
            if let Some(server) = self.servers.get_mut(attempt.server) {
                count(&server.counters.timeouts);
                let is_its_own_road =
                    matches!(attempt.road, Road::Stream) == server.is_stream_only();
                if is_its_own_road && server.silent(attempt.sent, now) {
                    tracing::warn!(upstream = %server.upstream.address, "an upstream does not answer; it is passed over for a while");
                }
            }
        }
        if now < flight.deadline {
            return self.advance(place, now);
        }
        match flight.refusal.take() {
            Some((message, server)) => self.answer(place, server, &message),
            None => self.end(place, Err(AskError::Silent)),
        }
    }

    /// Ends a question with an upstream's message.
    pub(super) fn answer(&mut self, place: u32, server: usize, message: &[u8]) {
        let validated = self
            .servers
            .get(server)
            .is_some_and(|server| server.upstream.validates);
        let received = crate::upstream::Received {
            message,
            validated,
            upstream: server,
        };
        self.end(place, Ok(received));
    }

    /// Ends a question: its places are free before anybody hears of it.
    pub(super) fn end(&mut self, place: u32, outcome: Outcome<'_>) {
        let Some(mut flight) = self.flights.remove(place) else {
            return;
        };
        if let Some(hash) = flight.hash {
            self.by_question.remove(&hash);
        }
        if let Some(domain) = flight.domain {
            self.floods.leave(domain);
        }
        for attempt in &flight.attempts {
            if let Road::Datagram { port, .. } = attempt.road {
                self.ports.forget(port);
            }
        }
        for waiter in flight.waiters.drain(..) {
            (waiter.done)(outcome);
        }
        self.flights.recycle(flight);
    }

    /// Ends all questions, because there is no more time.
    pub(super) fn abandon(&mut self) {
        for place in self.flights.taken() {
            self.end(place, Err(AskError::Unreachable));
        }
    }

    /// How long there is nothing to look at; `None` when only something that comes can change that.
    pub(super) fn rest(&self, now: Instant) -> Option<Duration> {
        self.wheel.rest(now)
    }

    /// Whether somebody waits.
    pub(super) fn is_busy(&self) -> bool {
        self.flights.len() > 0
    }
}
