//! What upstreams send: told apart from what others send in their name, and acted on.

use std::time::Instant;

use crate::upstream::{
    datagrams::Incoming,
    engine::Engine,
    flight::{Attempt, Road, Standing},
    ports::{Ticket, Told},
    question::{self, FORMERR, Likeness, NOTIMP, REFUSED},
    server::count,
    streams::{Ended, StreamFailure},
};

/// Batches read from one socket before the others have their turn.
const BATCHES: usize = 4;
/// Messages that were no answer, after which a question goes over TCP: somebody is guessing.
const GUESSES: u32 = 3;

impl Engine {
    /// Reads a socket that has something to say.
    pub(super) fn readable(&mut self, socket: u32, now: Instant) {
        let mut incoming = self.incoming.take().unwrap_or_else(Incoming::new);
        for _ in 0..BATCHES {
            let told = self.ports.receive(socket, &mut incoming);
            for message in incoming.iter_mut() {
                self.datagram(socket, message, now);
            }
            match told {
                Told::Quiet => break,
                Told::More => {}
                Told::Unreachable => self.unreachable(socket, now),
            }
        }
        self.incoming = Some(incoming);
        for ticket in self.ports.guessed_at(socket) {
            self.retry_over_stream(ticket, now);
        }
    }

    fn datagram(&mut self, socket: u32, message: &mut [u8], now: Instant) {
        let Some(id) = question::id(message) else {
            return;
        };
        match self.ports.waiting(socket, id) {
            Some(ticket) => self.received(ticket, message, now),
            None => {
                let server = self.ports.server(socket);
                if let Some(server) = server.and_then(|server| self.servers.get(server)) {
                    count(&server.counters.strangers);
                }
            }
        }
    }

    /// What a stream has for a question.
    pub(super) fn stream_ended(&mut self, ended: Ended, now: Instant) {
        let Ended { ticket, result } = ended;
        match result {
            Ok(mut message) => self.received(ticket, &mut message, now),
            Err(failure) => {
                let Some((_, attempt)) = self.flights.attempt(ticket) else {
                    return;
                };
                if let Some(server) = self.servers.get_mut(attempt.server)
                    && server.is_stream_only()
                    && failure == StreamFailure::Unreachable
                    && server.rest(now)
                {
                    tracing::warn!(upstream = %server.upstream.address, "an upstream cannot be reached; it is passed over for a while");
                }
                self.failed(ticket, now);
            }
        }
    }

    /// Looks at a message that came for an attempt.
    fn received(&mut self, ticket: Ticket, message: &mut [u8], now: Instant) {
        let Some((flight, attempt)) = self.flights.attempt(ticket) else {
            return;
        };
        if attempt.standing == Standing::Over {
            return;
        }
        let likeness = question::likeness(&flight.query, flight.asked.name_end(), message);
        match (likeness, attempt.road) {
            (Likeness::Stranger, _) => self.not_an_answer(ticket, attempt, now),
            (Likeness::OtherCase, Road::Datagram { exact: true, .. })
            | (Likeness::NotUnderstood, Road::Datagram { .. }) => {
                // A forgery, or an upstream that alters names or is short of words: over TCP it
                // shows which.
                self.count_wrong(attempt);
                self.retry_over_stream(ticket, now);
            }
            (Likeness::OtherCase, Road::Stream) => {
                if let Some(server) = self.servers.get_mut(attempt.server)
                    && std::mem::replace(&mut server.repeats_case, false)
                {
                    tracing::warn!(upstream = %server.upstream.address, "an upstream does not repeat the case of names; it is asked in lower case from now on, which is easier to forge");
                }
                self.understood(ticket, attempt, message, now);
            }
            _ => self.understood(ticket, attempt, message, now),
        }
    }

    fn count_wrong(&self, attempt: Attempt) {
        if let Some(server) = self.servers.get(attempt.server) {
            count(&server.counters.wrong);
        }
    }

    fn not_an_answer(&mut self, ticket: Ticket, attempt: Attempt, now: Instant) {
        self.count_wrong(attempt);
        if matches!(attempt.road, Road::Stream) {
            return self.failed(ticket, now);
        }
        if let Some((flight, _)) = self.flights.attempt(ticket) {
            flight.wrong += 1;
            if flight.wrong >= GUESSES {
                self.retry_over_stream(ticket, now);
            }
        }
    }

    /// Acts on an answer from the upstream itself.
    fn understood(&mut self, ticket: Ticket, attempt: Attempt, message: &mut [u8], now: Instant) {
        let (place, code) = (ticket.flight, question::code(message));
        let is_willing = !matches!(code, REFUSED | NOTIMP);
        let is_stream = matches!(attempt.road, Road::Stream);
        if let Some(server) = self.servers.get_mut(attempt.server) {
            count(&server.counters.answers);
            if is_stream == server.is_stream_only()
                && server.answered(attempt.sent, now, is_willing)
            {
                tracing::info!(upstream = %server.upstream.address, "an upstream answers again");
            }
        }
        if question::is_cut(message) && !is_stream {
            return self.retry_over_stream(ticket, now);
        }
        let Some((flight, _)) = self.flights.attempt(ticket) else {
            return;
        };
        if code == FORMERR && flight.has_edns {
            // RFC 6891 §6.2.2: it may not know EDNS, which is found out once.
            flight.has_edns = false;
            flight.asked.without_edns(&mut flight.query);
            self.over(ticket);
            if !self.put_to(place, attempt.server, now) {
                self.advance(place, now);
            }
            return;
        }
        flight.asked.restore_name(message);
        if is_willing || flight.measures.is_some() {
            return self.answer(place, attempt.server, message);
        }
        flight
            .refusal
            .get_or_insert_with(|| (message.to_vec(), attempt.server));
        self.failed(ticket, now);
    }

    /// Puts the question of an attempt to the same upstream over TCP, or to the next one.
    fn retry_over_stream(&mut self, ticket: Ticket, now: Instant) {
        let Some((_, attempt)) = self.flights.attempt(ticket) else {
            return;
        };
        self.over(ticket);
        if !self.put_over_stream(ticket.flight, attempt.server, now) {
            self.advance(ticket.flight, now);
        }
    }

    fn over(&mut self, ticket: Ticket) {
        if let Some((flight, _)) = self.flights.attempt(ticket)
            && let Some(attempt) = flight.attempts.get_mut(usize::from(ticket.attempt))
        {
            attempt.standing = Standing::Over;
        }
    }

    /// Nothing comes of an attempt; the question goes on if it waited for that one.
    fn failed(&mut self, ticket: Ticket, now: Instant) {
        self.over(ticket);
        if let Some((flight, _)) = self.flights.attempt(ticket)
            && !flight.has_open()
        {
            self.advance(ticket.flight, now);
        }
    }

    /// What was sent from a socket does not get to the upstream.
    fn unreachable(&mut self, socket: u32, now: Instant) {
        let Some(index) = self.ports.server(socket) else {
            return;
        };
        let tickets = self.ports.all_waiting(socket);
        if let Some(server) = self.servers.get_mut(index)
            && server.rest(now)
        {
            tracing::warn!(upstream = %server.upstream.address, "an upstream cannot be reached; it is passed over for a while");
        }
        for ticket in tickets {
            self.failed(ticket, now);
        }
    }

    /// Sends what waits to be sent.
    pub(super) fn flush(&mut self, now: Instant) {
        let mut unreachable = Vec::new();
        // Whom it does not reach goes to another upstream, of which there are only so many.
        loop {
            self.ports.flush(&mut unreachable);
            if unreachable.is_empty() {
                return;
            }
            for socket in unreachable.drain(..) {
                self.unreachable(socket, now);
            }
        }
    }
}
