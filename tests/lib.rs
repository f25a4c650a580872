//! Support code shared by the tests that cross rooms.
