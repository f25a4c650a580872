//! Questions on their way: who waits for each, and whom it was put to.

use std::time::Instant;

use crate::upstream::{
    Done,
    ports::{Port, Ticket},
    question::Asked,
};

/// Where one attempt went.
#[derive(Debug, Clone, Copy)]
pub(super) enum Road {
    /// Over UDP. `exact`: the case of letters must come back as it went.
    Datagram { port: Port, exact: bool },
    /// Over TCP or TLS.
    Stream,
}

/// How one attempt stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Waited for.
    Open,
    /// Somebody else was asked meanwhile; an answer is still welcome.
    Late,
    /// Nothing more comes of it.
    Over,
}

/// One upstream asked once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) server: usize,
    pub(super) road: Road,
    pub(super) sent: Instant,
    pub(super) standing: Standing,
}

/// Somebody who wants to know.
pub(super) struct Waiter {
    pub(super) done: Done,
    /// When it is told that nobody has answered yet.
    pub(super) patience: Option<Instant>,
}

/// A question on its way.
pub(super) struct Flight {
    pub(super) asked: Asked,
    /// Under what it is found by others who ask the same; `None` when it is not.
    pub(super) hash: Option<u64>,
    /// The domain it takes a place of.
    pub(super) domain: Option<u64>,
    pub(super) deadline: Instant,
    /// The message, with id 0 and the case of letters that all attempts share.
    pub(super) query: Vec<u8>,
    pub(super) has_edns: bool,
    pub(super) waiters: Vec<Waiter>,
    pub(super) attempts: Vec<Attempt>,
    /// Upstreams asked in this round, a bit each.
    pub(super) tried: u64,
    /// Rounds of all upstreams that were in vain.
    pub(super) rounds: u32,
    /// Messages under its ids that were no answer to it.
    pub(super) wrong: u32,
    /// A refusal, and whose, that stands if nobody says better.
    pub(super) refusal: Option<(Vec<u8>, usize)>,
    /// The setting of the wheel that counts.
    pub(super) timer: u64,
    /// The setting of the wheel at which the first waiter's patience ends.
    pub(super) patience: u64,
    /// It only measures this upstream; nobody waits.
    pub(super) measures: Option<usize>,
}

impl Flight {
    pub(super) fn has_open(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.standing == Standing::Open)
    }

    /// Whether anything may still come of what was sent.
    pub(super) fn may_be_answered(&self) -> bool {
        self.attempts
            .iter()
            .any(|attempt| attempt.standing != Standing::Over)
    }
}

/// Buffers that flights pass on to one another.
#[derive(Default)]
pub(super) struct Buffers {
    pub(super) query: Vec<u8>,
    pub(super) waiters: Vec<Waiter>,
    pub(super) attempts: Vec<Attempt>,
}

#[derive(Default)]
struct Place {
    generation: u32,
    flight: Option<Flight>,
}

/// All flights, each in a place that others take after it.
#[derive(Default)]
pub(super) struct Flights {
    places: Vec<Place>,
    free: Vec<u32>,
    spare: Vec<Buffers>,
}

/// Buffers kept for flights to come.
const SPARE: usize = 4096;

impl Flights {
    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Empty buffers for a flight.
    pub(super) fn buffers(&mut self) -> Buffers {
        self.spare.pop().unwrap_or_default()
    }

    pub(super) fn insert(&mut self, flight: Flight) -> u32 {
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(Place::default());
            (self.places.len() - 1) as u32
        });
        if let Some(room) = self.places.get_mut(place as usize) {
            room.generation = room.generation.wrapping_add(1);
            room.flight = Some(flight);
        }
        place
    }

    pub(super) fn get_mut(&mut self, place: u32) -> Option<&mut Flight> {
        self.places.get_mut(place as usize)?.flight.as_mut()
    }

    pub(super) fn remove(&mut self, place: u32) -> Option<Flight> {
        let flight = self.places.get_mut(place as usize)?.flight.take()?;
        self.free.push(place);
        Some(flight)
    }

    /// Keeps the buffers of a flight that is over.
    pub(super) fn recycle(&mut self, flight: Flight) {
        let Flight {
            query,
            mut waiters,
            mut attempts,
            ..
        } = flight;
        if self.spare.len() < SPARE {
            waiters.clear();
            attempts.clear();
            self.spare.push(Buffers {
                query,
                waiters,
                attempts,
            });
        }
    }

    /// What the next attempt of a flight is known by.
    pub(super) fn next_ticket(&self, place: u32) -> Option<Ticket> {
        let room = self.places.get(place as usize)?;
        Some(Ticket {
            flight: place,
            generation: room.generation,
            attempt: room.flight.as_ref()?.attempts.len() as u8,
        })
    }

    /// The flight and the attempt of a ticket, if it is still on its way.
    pub(super) fn attempt(&mut self, ticket: Ticket) -> Option<(&mut Flight, Attempt)> {
        let room = self.places.get_mut(ticket.flight as usize)?;
        if room.generation != ticket.generation {
            return None;
        }
        let flight = room.flight.as_mut()?;
        let attempt = *flight.attempts.get(usize::from(ticket.attempt))?;
        Some((flight, attempt))
    }

    /// The places that are taken.
    pub(super) fn taken(&self) -> Vec<u32> {
        let taken = self.places.iter().enumerate();
        taken
            .filter(|(_, room)| room.flight.is_some())
            .map(|(place, _)| place as u32)
            .collect()
    }
}
