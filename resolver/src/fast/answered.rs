//! What is counted of answers: their codes, and how long clients waited for them.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use super::counters::Count;

/// Codes a header can say (RFC 1035 §4.1.1): four bits.
const CODES: usize = 16;

/// Upper bounds of the classes of time, in microseconds; one more class is above them all.
pub(crate) const BOUNDS: [u64; 18] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000,
    500_000, 1_000_000, 2_500_000, 5_000_000,
];

/// Answers of one kind.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    codes: [Count; CODES],
    pub(crate) times: Times,
}

impl Answered {
    /// Counts an answer; only the thread that owns this may.
    pub(crate) fn count(&self, answer: &[u8]) {
        if let Some(count) = self.of(answer) {
            count.add(1);
        }
    }

    /// As [`Self::count`], for any thread.
    pub(crate) fn count_shared(&self, answer: &[u8]) {
        if let Some(count) = self.of(answer) {
            count.add_shared(1);
        }
    }

    fn of(&self, answer: &[u8]) -> Option<&Count> {
        self.codes.get(usize::from(answer.get(3)? & 0x0f))
    }

    /// How often each code was said, in their order.
    pub(crate) fn codes(&self) -> [u64; CODES] {
        std::array::from_fn(|code| self.codes[code].get())
    }
}

/// How often something took how long.
#[derive(Debug, Default)]
pub(crate) struct Times {
    classes: [AtomicU64; BOUNDS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Times {
    /// So many took this long; any thread may say so.
    pub(crate) fn add(&self, took: Duration, many: u64) {
        let micros = took.as_micros();
        let class = BOUNDS.partition_point(|bound| u128::from(*bound) < micros);
        if let Some(class) = self.classes.get(class) {
            class.fetch_add(many, Ordering::Relaxed);
        }
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds
            .fetch_add(nanoseconds.saturating_mul(many), Ordering::Relaxed);
    }

    /// How often each class was met, the open one last, and seconds in all.
    pub(crate) fn read(&self) -> ([u64; BOUNDS.len() + 1], f64) {
        let classes = std::array::from_fn(|class| self.classes[class].load(Ordering::Relaxed));
        let nanoseconds = self.nanoseconds.load(Ordering::Relaxed);
        (classes, nanoseconds as f64 / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fall_into_the_class_that_ends_with_them() {
        let times = Times::default();
        for (micros, many) in [(0, 1), (10, 2), (11, 4), (5_000_000, 8), (5_000_001, 16)] {
            times.add(Duration::from_micros(micros), many);
        }
        let (classes, seconds) = times.read();
        let mut expected = [0; BOUNDS.len() + 1];
        (expected[0], expected[1]) = (3, 4);
        (expected[BOUNDS.len() - 1], expected[BOUNDS.len()]) = (8, 16);
        assert_eq!(classes, expected);
        assert!((seconds - 120.000_08).abs() < 1e-6, "{seconds}");
    }

    #[test]
    fn codes_are_counted_and_what_is_no_answer_is_not() {
        let answered = Answered::default();
        answered.count(&[0, 0, 0x80, 0x83]);
        answered.count_shared(&[0, 0, 0x80, 0x03]);
        answered.count(&[0, 0, 0x80]);
        let codes = answered.codes();
        assert_eq!((codes[3], codes.iter().sum::<u64>()), (2, 2));
    }
}
