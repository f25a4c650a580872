//! What others send in an upstream's name.

use super::*;
use crate::upstream::streams::StreamFailure;

#[test]
fn what_is_no_answer_to_the_query_is_waited_past() {
    let mut stage = Stage::new(1);
    type Change = fn(&mut Vec<u8>);
    let changes: [(&str, Change); 8] = [
        ("another id", |octets| octets[0] ^= 1),
        ("no response", |octets| octets[2] &= 0x7f),
        ("another opcode", |octets| octets[2] |= 0x20),
        ("another name", |octets| octets[13] ^= 1),
        ("another type", |octets| octets[25] = 28),
        ("another class", |octets| octets[27] = 3),
        ("two questions", |octets| octets[5] = 2),
        ("half a question", |octets| octets.truncate(26)),
    ];
    for (what, change) in changes {
        stage.ask("obmen.test");
        let seen = stage.fakes[0].one();
        let mut forged = answer(&seen.octets, 0);
        change(&mut forged);
        stage.fakes[0].send(&seen, &forged);
        stage.fakes[0].send(&seen, &forged[..1]);
        stage.read();
        assert!(stage.came().is_empty(), "{what}");
        stage.fakes[0].answer(&seen, 3);
        stage.read();
        assert_eq!(stage.code(), Ok(3), "{what}");
    }
    let wrong = &stage.fakes[0].counters.wrong;
    assert_eq!(wrong.load(std::sync::atomic::Ordering::Relaxed), 7);
}

#[test]
fn answers_to_another_port_or_from_another_address_are_nobodys() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let seen = stage.fakes[0].one();
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let _ = stranger.send_to(&answer(&seen.octets, 0), seen.from);
    // The id of one socket is none of another.
    let mut others = Vec::new();
    for number in 0..40 {
        stage.ask(&format!("n{number}.test"));
        others.extend(stage.fakes[0].seen());
    }
    let other = others.iter().find(|other| other.from != seen.from).unwrap();
    stage.fakes[0].send(other, &answer(&seen.octets, 0));
    stage.read();
    assert!(stage.came().is_empty());
}

#[test]
fn whoever_guesses_contents_makes_the_question_go_over_tcp() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let seen = stage.fakes[0].one();
    let mut forged = answer(&seen.octets, 0);
    forged[25] = 28;
    for _ in 0..3 {
        assert!(stage.stream(0).is_none());
        stage.fakes[0].send(&seen, &forged);
        stage.read();
    }
    let request = stage.stream(0).expect("a question over TCP");
    // From now on nothing over UDP counts.
    stage.fakes[0].answer(&seen, 0);
    stage.read();
    assert!(stage.came().is_empty());
    stage.stream_ends(Ended {
        ticket: request.ticket,
        result: Ok(answer(&request.message, 3)),
    });
    assert_eq!(stage.code(), Ok(3));
}

#[test]
fn whoever_guesses_ids_of_a_socket_takes_it_out_of_use() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let seen = stage.fakes[0].one();
    let mut forged = answer(&seen.octets, 0);
    for guess in 0..300u16 {
        if question::id(&seen.octets) != Some(guess) {
            question::set_id(&mut forged, guess);
            stage.fakes[0].send(&seen, &forged);
        }
        if guess % 50 == 49 {
            stage.read();
        }
    }
    for _ in 0..4 {
        stage.read();
    }
    let request = stage.stream(0).expect("a question over TCP");
    for number in 0..200 {
        stage.ask(&format!("n{number}.test"));
    }
    let later = stage.fakes[0].seen();
    assert!(later.iter().all(|later| later.from != seen.from));
    stage.stream_ends(Ended {
        ticket: request.ticket,
        result: Ok(answer(&request.message, 0)),
    });
    assert_eq!(stage.code(), Ok(0));
    assert!(!stage.own.contain(seen.from), "its port is closed");
}

/// Whether a name went out in lower case.
fn is_lower(seen: &Seen) -> bool {
    !seen.octets[12..].iter().any(u8::is_ascii_uppercase)
}

const LONG: &str = "one-chance-in-a-million.that-all-of-it.is-lower-case.test";

#[test]
fn an_upstream_that_does_not_repeat_the_case_is_found_out_over_tcp() {
    let mut stage = Stage::new(1);
    stage.ask(LONG);
    let seen = stage.fakes[0].one();
    assert!(!is_lower(&seen));
    let mut lowered = answer(&seen.octets, 0);
    lowered[12..12 + wire(LONG).len()].make_ascii_lowercase();
    stage.fakes[0].send(&seen, &lowered);
    stage.read();
    assert!(stage.came().is_empty(), "it may be forged");
    let request = stage.stream(0).expect("a question over TCP");
    let mut lowered = answer(&request.message, 0);
    lowered[12..12 + wire(LONG).len()].make_ascii_lowercase();
    stage.stream_ends(Ended {
        ticket: request.ticket,
        result: Ok(lowered),
    });
    assert_eq!(stage.code(), Ok(0));
    stage.ask(LONG);
    let seen = stage.fakes[0].one();
    assert!(is_lower(&seen));
    stage.fakes[0].answer(&seen, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
}

#[test]
fn a_forgery_in_another_case_leaves_the_upstream_as_it_is() {
    let mut stage = Stage::new(1);
    stage.ask(LONG);
    let seen = stage.fakes[0].one();
    let mut lowered = answer(&seen.octets, 0);
    lowered[12..12 + wire(LONG).len()].make_ascii_lowercase();
    stage.fakes[0].send(&seen, &lowered);
    stage.read();
    let request = stage.stream(0).expect("a question over TCP");
    stage.stream_ends(Ended {
        ticket: request.ticket,
        result: Ok(answer(&request.message, 3)),
    });
    assert_eq!(stage.code(), Ok(3));
    stage.ask(LONG);
    assert!(!is_lower(&stage.fakes[0].one()));
}

#[test]
fn a_bare_refusal_to_understand_is_believed_over_tcp_only() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let seen = stage.fakes[0].one();
    let bare = |query: &[u8]| [&query[..2], &[0x80, 1, 0, 0, 0, 0, 0, 0, 0, 0]].concat();
    stage.fakes[0].send(&seen, &bare(&seen.octets));
    stage.read();
    let request = stage.stream(0).expect("a question over TCP");
    assert_eq!(request.message[11], 1, "with EDNS");
    stage.stream_ends(Ended {
        ticket: request.ticket,
        result: Ok(bare(&request.message)),
    });
    let plain = stage.fakes[0].one();
    assert_eq!(plain.octets[11], 0);
    stage.fakes[0].answer(&plain, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
}

#[test]
fn a_cut_answer_is_fetched_over_tcp_or_from_the_next() {
    let mut stage = Stage::new(2);
    stage.ask("big.test");
    let seen = stage.fakes[0].one();
    let mut cut = answer(&seen.octets, 0);
    cut[2] |= 2;
    stage.fakes[0].send(&seen, &cut);
    stage.read();
    let request = stage.stream(0).expect("a question over TCP");
    stage.stream_ends(Ended {
        ticket: request.ticket,
        result: Err(StreamFailure::Unreachable),
    });
    let seen = stage.fakes[1].one();
    stage.fakes[1].answer(&seen, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
    assert!(
        !stage.engine.servers[0].is_resting(),
        "over UDP it answers well"
    );
}

#[test]
fn ids_ports_and_letters_change() {
    let mut stage = Stage::new(1);
    let (mut ids, mut ports, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..400 {
        stage.ask(LONG);
        let seen = stage.fakes[0].one();
        stage.fakes[0].answer(&seen, 0);
        stage.read();
        ids.push(question::id(&seen.octets).unwrap());
        ports.push(seen.from.port());
        names.push(seen.octets[12..].to_vec());
    }
    ids.sort_unstable();
    ids.dedup();
    ports.sort_unstable();
    ports.dedup();
    names.sort_unstable();
    names.dedup();
    // 400 of 65,536 meet each other about once.
    assert!(ids.len() > 380, "{}", ids.len());
    assert_eq!(ports.len(), 16);
    assert_eq!(names.len(), 400);
    // Ten seconds on, each port gives way to another once it is met.
    stage.pass(10_000);
    let mut later = Vec::new();
    for _ in 0..400 {
        stage.ask("obmen.test");
        later.extend(stage.fakes[0].seen().iter().map(|seen| seen.from.port()));
        stage.pass(5000);
    }
    let again = later.iter().filter(|port| ports.contains(port)).count();
    assert!(again < later.len() / 2, "{again} of {}", later.len());
}
