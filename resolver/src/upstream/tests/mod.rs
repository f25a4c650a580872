//! The engine over real sockets, by a clock that tests turn.
