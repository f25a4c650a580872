//! Times and sizes, as people say them.

use blocklist::Timestamp;

/// Seconds in the largest two units that say anything: `3 h 12 min`.
pub(super) fn span(seconds: i64) -> String {
    let seconds = seconds.max(0);
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, left) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{left} s"),
        (0, 0, _) if minutes >= 10 || left == 0 => format!("{minutes} min"),
        (0, 0, _) => format!("{minutes} min {left} s"),
        (0, _, 0) => format!("{hours} h"),
        (0, ..) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// How long ago, or from now.
pub(super) fn since(then: Timestamp, now: Timestamp) -> String {
    match now.0.saturating_sub(then.0) {
        ahead if ahead < 0 => format!("in {}", span(-ahead)),
        ago => format!("{} ago", span(ago)),
    }
}

/// Octets in the largest unit below them.
pub(super) fn octets(octets: u64) -> String {
    match octets {
        0..1024 => format!("{octets} octets"),
        1024..1_048_576 => format!("{} KiB", octets >> 10),
        _ => format!("{} MiB", octets >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_two_units_at_most() {
        for (seconds, words) in [
            (-5, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (61, "1 min 1 s"),
            (3599, "59 min"),
            (3600, "1 h"),
            (11_520, "3 h 12 min"),
            (86_400, "1 d"),
            (180_000, "2 d 2 h"),
        ] {
            assert_eq!(span(seconds), words);
        }
        let (then, now) = (Timestamp(100), Timestamp(160));
        assert_eq!(since(then, now), "1 min ago");
        assert_eq!(since(now, then), "in 1 min");
    }
}
