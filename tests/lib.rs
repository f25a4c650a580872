//! What crosses rooms. The tests stand in `tests/`, one file a behaviour; `tests/run` runs
//! everything there is to run.
