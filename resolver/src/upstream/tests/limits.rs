//! What is held at once, and what happens beyond that.

use super::*;

#[test]
fn beyond_its_places_the_engine_turns_questions_away() {
    let mut stage = Stage::with(1, Order::Fastest, 100);
    for number in 0..150 {
        stage.ask(&format!("n{number}.test"));
    }
    let seen = stage.fakes[0].seen();
    assert_eq!(seen.len(), 100);
    let came = stage.came();
    assert_eq!(came.len(), 50);
    assert!(came.iter().all(|(_, came)| *came == Err(AskError::TooMany)));
    stage.ask("n0.test");
    assert!(stage.came().is_empty(), "an equal question takes no place");
    for seen in &seen {
        stage.fakes[0].answer(seen, 0);
    }
    stage.read();
    assert_eq!(stage.came().len(), 101);
    stage.ask("later.test");
    assert_eq!(stage.fakes[0].seen().len(), 1, "places come free");
}

#[test]
fn a_flood_below_one_domain_leaves_places_for_others() {
    let mut stage = Stage::with(1, Order::Fastest, 1000);
    let asked_of = |stage: &mut Stage, names: &mut dyn Iterator<Item = String>| {
        names
            .map(|name| {
                stage.ask(&name);
                stage.fakes[0].seen().len()
            })
            .sum::<usize>()
    };
    let mut flood = (0..2000).map(|number| format!("r{number}.victim.kz"));
    assert_eq!(asked_of(&mut stage, &mut flood), 501);
    stage.came();
    let mut others = (0..300).map(|number| format!("www.shop{number}.kz"));
    assert_eq!(asked_of(&mut stage, &mut others), 300);
    assert!(stage.came().is_empty(), "nobody else is turned away");
    // The flood's places come free with its deadline.
    stage.pass(4600);
    stage.came();
    stage.ask("www.victim.kz");
    assert!(stage.came().is_empty());
}

#[test]
fn silence_ends_with_the_deadline_after_a_few_attempts() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    let mut asked = 0;
    for _ in 0..450 {
        asked += stage.fakes[0].seen().len();
        assert!(stage.came().is_empty());
        stage.pass(10);
    }
    stage.pass(10);
    assert_eq!(stage.code(), Err(AskError::Silent));
    assert!((3..=6).contains(&asked), "{asked}");
    assert!(!stage.engine.is_busy());
}

#[test]
fn whoever_loses_patience_is_told_and_the_question_goes_on() {
    let mut stage = Stage::new(1);
    stage.ask("obmen.test");
    stage.ask_with("obmen.test", Some(1800));
    stage.pass(300);
    stage.ask_with("obmen.test", Some(1800));
    let came = |stage: &Stage| stage.came().len();
    for (millis, told) in [(1490, 0), (20, 1), (270, 0), (20, 0), (20, 1), (2000, 0)] {
        stage.pass(millis);
        assert_eq!(came(&stage), told, "after {millis} more");
    }
    // The one that waits to the end gets the answer that comes at last.
    let seen = stage.fakes[0].seen().pop().unwrap();
    stage.fakes[0].answer(&seen, 0);
    stage.read();
    assert_eq!(stage.code(), Ok(0));
    assert!(!stage.engine.is_busy());
    stage.pass(5000);
    assert_eq!(came(&stage), 0, "nobody hears anything twice");
}

#[test]
fn upstreams_that_are_all_silent_are_asked_at_a_bounded_rate() {
    let mut stage = Stage::with(2, Order::Fastest, 100_000);
    stage.ask("first.test");
    for _ in 0..40 {
        stage.pass(50);
    }
    stage.fakes.iter().for_each(|fake| drop(fake.seen()));
    // A thousand questions in a second.
    let mut asked = 0;
    for number in 0..1000 {
        stage.ask(&format!("n{number}.test"));
        stage.pass(1);
        asked += stage
            .fakes
            .iter()
            .map(|fake| fake.seen().len())
            .sum::<usize>();
    }
    assert!((100..=420).contains(&asked), "{asked}");
    // The first answer brings all of them back.
    let waiting = loop {
        stage.pass(1);
        if let Some(seen) = stage.fakes[0].seen().pop() {
            break seen;
        }
    };
    stage.fakes[0].answer(&waiting, 0);
    stage.read();
    let mut seen = 0;
    for _ in 0..30 {
        stage.pass(10);
        seen += stage.fakes[0].seen().len();
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn sockets_are_closed_when_they_are_worn() {
    let mut stage = Stage::new(1);
    let mut ports = std::collections::HashSet::new();
    for number in 0..3000 {
        stage.ask(&format!("n{number}.test"));
        for seen in stage.fakes[0].seen() {
            ports.insert(seen.from);
            stage.fakes[0].answer(&seen, 0);
        }
        stage.read();
        stage.pass(50);
    }
    assert!(ports.len() > 100, "{}", ports.len());
    let open = ports
        .iter()
        .filter(|port| stage.own.contain(**port))
        .count();
    assert!(open <= 16, "{open}");
}
