//! Whom a question is put to, and when somebody else.

use super::*;

#[test]
fn a_question_leaves_as_it_should_and_its_answer_comes_back_whole() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let seen = stage.fakes[0].one();
    let message = hickory_proto::op::Message::from_vec(&seen.octets).unwrap();
    assert!(message.metadata.recursion_desired);
    assert_eq!(message.queries.len(), 1);
    let edns = message.edns.unwrap();
    assert_eq!(
        (edns.max_payload(), edns.options().options.len()),
        (1232, 0)
    );
    let mut sent = answer(&seen.octets, 0);
    sent.extend_from_slice(b"whatever follows");
    stage.fakes[0].send(&seen, &sent);
    stage.read();
    let came = stage.came();
    let Ok(message) = &came[0].1 else {
        panic!("an answer");
    };
    assert_eq!(message[12..24], wire("obmen.test"), "as it was asked for");
    assert_eq!(message[24..], sent[24..]);
}

#[test]
fn a_thousand_equal_questions_are_one_query() {
    let mut stage = Stage::new(1);
    for _ in 0..1000 {
        stage.ask("obmen.test");
    }
    stage.ask("other.test");
    let seen = stage.fakes[0].seen();
    assert_eq!(seen.len(), 2);
    for seen in &seen {
        stage.fakes[0].answer(seen, 3);
    }
    stage.read();
    let came = stage.came();
    assert_eq!(came.len(), 1001);
    assert!(came.iter().all(|(_, came)| came.is_ok()));
    stage.ask("obmen.test");
    assert_eq!(stage.fakes[0].seen().len(), 1, "what is over is asked anew");
}

#[test]
fn questions_that_differ_in_a_flag_are_not_equal() {
    let mut stage = Stage::new(1);
    for flags in 0..16 {
        let bit = |bit: u8| flags & (1 << bit) != 0;
        let asked = Asked {
            recursion_desired: bit(0),
            checking_disabled: bit(1),
            dnssec_ok: bit(2),
            authentic_data: bit(3),
            ..asked("obmen.test")
        };
        let job = Job {
            asked,
            deadline: stage.now + DEADLINE,
            patience: None,
            done: Box::new(|_| ()),
        };
        stage.engine.take(job, stage.now);
    }
    stage.engine.flush(stage.now);
    assert_eq!(stage.fakes[0].seen().len(), 16);
}

#[test]
fn a_silent_upstream_is_followed_by_the_next_and_asked_no_more() {
    let mut stage = Stage::new(2);
    stage.ask("first.test");
    stage.fakes[0].one();
    stage.pass(399);
    assert_eq!(stage.fakes[1].seen().len(), 0);
    stage.pass(10);
    let seen = stage.fakes[1].one();
    stage.fakes[1].answer(&seen, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
    for number in 0..100 {
        stage.ask_and_answer(&format!("n{number}.test"), 1);
    }
    assert_eq!(
        stage.fakes[0].seen().len(),
        0,
        "nobody waits for a dead one"
    );
}

#[test]
fn a_resting_upstream_is_found_well_by_copies_that_nobody_waits_for() {
    let mut stage = Stage::with(2, Order::Listed, 1000);
    stage.ask("first.test");
    stage.fakes[0].one();
    stage.pass(410);
    let seen = stage.fakes[1].one();
    stage.fakes[1].answer(&seen, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
    stage.pass(5000);
    for number in 0..10 {
        stage.ask_and_answer(&format!("n{number}.test"), 1);
    }
    assert_eq!(stage.fakes[0].seen().len(), 1, "one copy");
    // It stays silent, and is left alone for as long again.
    stage.pass(2000);
    stage.ask_and_answer("later.test", 1);
    assert_eq!(stage.fakes[0].seen().len(), 0);
    stage.pass(5000);
    stage.ask_and_answer("copied.test", 1);
    let copy = stage.fakes[0].one();
    stage.fakes[0].answer(&copy, 0);
    stage.read();
    assert!(stage.came().is_empty(), "a copy is nobody's answer");
    stage.ask_and_answer("well.test", 0);
}

#[test]
fn answers_that_come_late_are_taken() {
    let mut stage = Stage::new(2);
    stage.ask("slow.test");
    let first = stage.fakes[0].one();
    stage.pass(410);
    let second = stage.fakes[1].one();
    stage.fakes[0].answer(&first, 3);
    stage.read();
    assert_eq!(stage.code(), Ok(3));
    stage.fakes[1].answer(&second, 0);
    stage.read();
    assert!(stage.came().is_empty(), "once answered, it is over");
    assert!(!stage.engine.is_busy());
}

#[test]
fn the_fastest_is_asked_and_the_others_are_measured_now_and_then() {
    let mut stage = Stage::new(2);
    stage.ask("first.test");
    let seen = stage.fakes[0].one();
    stage.pass(80);
    stage.fakes[0].answer(&seen, 0);
    stage.read();
    stage.came();
    // The other one is not known yet, so it is tried.
    stage.ask("second.test");
    let seen = stage.fakes[1].one();
    stage.pass(20);
    stage.fakes[1].answer(&seen, 0);
    stage.read();
    stage.came();
    for number in 0..100 {
        stage.ask_and_answer(&format!("n{number}.test"), 1);
    }
    assert_eq!(stage.fakes[0].seen().len(), 0);
    stage.pass(5000);
    for number in 0..100 {
        stage.ask_and_answer(&format!("m{number}.test"), 1);
    }
    assert_eq!(stage.fakes[0].seen().len(), 1, "one copy in five seconds");
}

#[test]
fn the_first_of_the_list_is_asked_when_the_operator_says_so() {
    let mut stage = Stage::with(2, Order::Listed, 1000);
    for number in 0..20 {
        stage.ask(&format!("n{number}.test"));
        let seen = stage.fakes[0].one();
        stage.pass(100);
        stage.fakes[0].answer(&seen, 0);
        stage.read();
    }
    assert_eq!(stage.fakes[1].seen().len(), 0);
}

#[test]
fn a_refusal_stands_only_when_nobody_says_better() {
    let mut stage = Stage::new(2);
    for (second, expected) in [(0, 0), (3, 3), (5, 5), (2, 2)] {
        stage.ask("obmen.test");
        let asked_first = usize::from(stage.fakes[0].socket.peek(&mut [0; 1]).is_err());
        let seen = stage.fakes[asked_first].one();
        stage.fakes[asked_first].answer(&seen, 5);
        stage.read();
        assert!(stage.came().is_empty());
        let other = 1 - asked_first;
        let seen = stage.fakes[other].one();
        stage.fakes[other].answer(&seen, second);
        stage.read();
        assert_eq!(stage.code(), Ok(expected));
    }
}

#[test]
fn an_upstream_that_answers_others_is_not_silent() {
    let mut stage = Stage::new(2);
    stage.ask_and_answer("first.test", 0);
    stage.ask("second.test");
    let seen = stage.fakes[1].one();
    stage.fakes[1].answer(&seen, 0);
    stage.read();
    stage.came();
    let slow_name = |stage: &mut Stage| {
        stage.ask("slow.test");
        let asked = usize::from(stage.fakes[0].seen().is_empty());
        stage.pass(10);
        stage.ask_and_answer("meanwhile.test", asked);
        stage.pass(400);
        asked
    };
    let asked = slow_name(&mut stage);
    assert!(!stage.engine.servers[asked].is_resting());
}

#[test]
fn when_nobody_listens_the_client_is_told_at_once() {
    let mut stage = Stage::new(2);
    let kept = stage.fakes.pop().unwrap();
    drop(stage.fakes.pop());
    stage.ask("obmen.test");
    stage.read();
    let seen = kept.one();
    kept.answer(&seen, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
    drop(kept);
    stage.ask("other.test");
    for _ in 0..4 {
        stage.read();
    }
    assert_eq!(stage.code(), Err(AskError::Unreachable));
}

#[test]
fn an_upstream_that_does_not_know_edns_is_asked_without_once() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let seen = stage.fakes[0].one();
    stage.fakes[0].answer(&seen, 1);
    stage.read();
    let plain = stage.fakes[0].one();
    assert_eq!(plain.octets.len(), seen.octets.len() - 11);
    assert_eq!(plain.octets[11], 0);
    stage.fakes[0].answer(&plain, 1);
    stage.read();
    assert_eq!(stage.code(), Ok(1), "and then that is its answer");
}
