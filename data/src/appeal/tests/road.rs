//! From the first word to the outcome.

use super::*;

async fn an_upheld_report_lifts_the_listing_and_shows_no_word_of_it(engine: Engine) {
    let stage = Stage::on(engine).await;
    let (store, third) = (&stage.centre.store, &stage.third);
    let received = stage.taken().await;
    let wrong = decide::uphold(
        store,
        third,
        "not the password",
        &received.id,
        Outcome::Lift,
        UPHELD,
        NOW + 2,
    );
    assert!(matches!(
        wrong.await,
        Err(AppealError::Lift(DecideError::WrongPassword))
    ));
    assert_eq!(stage.state(&received).await, State::Taken);
    let uphold = |outcome| {
        decide::uphold(
            store,
            third,
            PASSWORD,
            &received.id,
            outcome,
            UPHELD,
            NOW + 3,
        )
    };
    uphold(Outcome::Annul).await.unwrap();
    assert!(matches!(
        uphold(Outcome::Lift).await,
        Err(AppealError::Stale)
    ));
    stage.centre.publisher().await.step(NOW + 4).await.unwrap();
    let folded = store.folded(blocklist::Timestamp(NOW + 4)).await.unwrap();
    assert!(folded.entries.is_empty(), "the name resolves again");
    let listing = format!("{:?}", folded.listings[0].state);
    assert!(listing.contains(decide::LIFTED_FOR), "{listing}");

    let status = sender::status(store, &received.receipt).await.unwrap();
    let status = status.unwrap();
    assert_eq!(
        (status.state, status.answer.as_deref(), status.outcome),
        (State::Upheld, Some(UPHELD.answer), Some(Outcome::Annul))
    );
    let public = outcome::of_listing(store, &stage.listing).await.unwrap();
    assert_eq!(public, outcome::all(store).await.unwrap());
    let public = serde_json::to_string(&public).unwrap();
    assert_eq!(
        public,
        r#"[{"id":"A-2026-000001","kind":"report","received_at":"2026-11-21T06:00:00Z","decided_at":"2026-11-21T06:00:03Z","decision":"upheld","outcome":"annul","reason":"not-an-exchange"}]"#
    );
    let desk = desk::desk(store, third).await.unwrap();
    assert!(desk.open.is_empty());
    assert_eq!((desk.to_annul.len(), desk.decided.len()), (1, 1));
    crate::audit::verify(store).await.unwrap();
    let file = case::load(store, "C-2026-000001").await.unwrap().unwrap();
    let mut moves: Vec<_> = file.decisions.iter().map(|d| d.kind.as_str()).collect();
    moves.sort_unstable();
    let expected = [
        "annul-propose",
        "appeal-uphold",
        "approve",
        "lift",
        "propose",
    ];
    assert_eq!(moves, expected);
    // What this officer moved, another one seconds; then nothing is left to annul.
    let motions = motion::waiting_on(store, &stage.listing, NOW + 5)
        .await
        .unwrap();
    let [wanted] = motions.as_slice() else {
        panic!("{motions:?}")
    };
    let (second, shown) = (&stage.centre.second, &wanted.statement_sha256);
    motion::second(store, second, PASSWORD, wanted.id, shown, NOW + 5)
        .await
        .unwrap();
    let desk = desk::desk(store, third).await.unwrap();
    assert!(desk.to_annul.is_empty());
    // What ended is not appealed against any more.
    let late = stage
        .send(Kind::Report, "It is an error, really.", NOW + 5)
        .await;
    assert!(matches!(late, Err(AppealError::NotListed)), "{late:?}");
}

async fn an_owner_is_heard_once_control_is_proved(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let received = stage.send(Kind::Owner, TEXT, NOW).await.unwrap();
    let token = received.token.clone().unwrap();
    assert_eq!(token.len(), 32);
    assert!(stage.open().await.is_empty(), "nobody reads it yet");
    let early = decide::take(store, &stage.third, &received.id, NOW).await;
    assert!(matches!(early, Err(AppealError::Stale)));

    let waiting = proof::next(store, NOW).await.unwrap().unwrap();
    assert_eq!(waiting.host, name(HOST));
    assert_eq!(waiting.tokens, [(received.id.clone(), token)]);
    assert_eq!(
        proof::next(store, NOW).await.unwrap(),
        None,
        "another process looks elsewhere"
    );
    let missing = &token_seen()[..1];
    assert!(
        !proof::found(store, &received.id, missing, NOW + 1)
            .await
            .unwrap()
    );
    let status = sender::status(store, &received.receipt).await.unwrap();
    let proof = status.unwrap().proof.unwrap();
    assert_eq!(
        (proof.looks.as_slice(), proof.checked_at),
        (missing, Some(NOW + 1))
    );

    let again = |at| sender::look_again(store, &received.receipt, at);
    assert!(!again(NOW + 2).await.unwrap(), "too soon");
    assert!(again(NOW + 61).await.unwrap());
    assert!(proof::next(store, NOW + 61).await.unwrap().is_some());
    assert!(
        proof::found(store, &received.id, &token_seen(), NOW + 62)
            .await
            .unwrap()
    );
    assert_eq!(stage.state(&received).await, State::Proved);
    assert!(proof::next(store, NOW + 9_000).await.unwrap().is_none());
    let open = stage.open().await;
    // A Saturday: the clock begins on Monday.
    assert_eq!(open[0].due_at() - NOW, 3 * DAY_SECONDS - 11 * 3_600);
    let file = desk::load(store, &stage.third, &received.id).await.unwrap();
    let file = file.unwrap();
    assert_eq!(file.proof, token_seen());
    let kinds: Vec<_> = file.trail.iter().map(|e| e.kind.as_str()).collect();
    assert_eq!(kinds, ["receive", "prove"]);
    decide::take(store, &stage.third, &received.id, NOW + 63)
        .await
        .unwrap();
    decide::reject(store, &stage.third, &received.id, REJECTED, NOW + 64)
        .await
        .unwrap();
    assert_eq!(stage.state(&received).await, State::Rejected);
}

async fn what_is_taken_back_or_never_proved_is_closed(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let report = stage.report().await;
    sender::withdraw(store, &report.receipt, NOW + 1)
        .await
        .unwrap();
    let twice = sender::withdraw(store, &report.receipt, NOW + 2).await;
    assert!(matches!(twice, Err(AppealError::Stale)));
    let owner = stage.send(Kind::Owner, TEXT, NOW).await.unwrap();
    let end = proof::lapses_at(NOW);
    assert_eq!(keep::sweep(store, end - 1).await.unwrap().lapsed, 0);
    assert_eq!(keep::sweep(store, end).await.unwrap().lapsed, 1);
    assert_eq!(stage.state(&owner).await, State::Withdrawn);
    assert!(proof::next(store, end).await.unwrap().is_none());
    let late = proof::found(store, &owner.id, &token_seen(), end).await;
    assert!(!late.unwrap());
    assert!(stage.open().await.is_empty());
    assert!(outcome::all(store).await.unwrap().is_empty());
    let nobody = crate::appeal::code::Receipt::parse("0000-0000-0000-0000").unwrap();
    assert_eq!(sender::status(store, &nobody).await.unwrap(), None);
}

async fn what_is_due_first_stands_first(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    // Taken on Monday, due on the next Monday; the later one is due on Tuesday already.
    let monday = NOW + 2 * DAY_SECONDS;
    let first = stage.send(Kind::Report, TEXT, monday).await.unwrap().id;
    let second = stage
        .send(Kind::Report, "It is another error.", monday + 60)
        .await;
    let second = second.unwrap().id;
    let order = |lines: Vec<desk::Line>| lines.into_iter().map(|l| l.id).collect::<Vec<_>>();
    assert_eq!(order(stage.open().await), [first.clone(), second.clone()]);
    decide::take(store, &stage.third, &first, monday + 90)
        .await
        .unwrap();
    let open = stage.open().await;
    // Monday is eleven in the morning there; terms end with their last day.
    let monday_ends = monday + 13 * 3_600;
    assert_eq!(open[0].due_at(), monday_ends + DAY_SECONDS);
    assert_eq!(open[1].due_at(), monday_ends + 7 * DAY_SECONDS);
    assert!(!open[0].is_overdue(monday + DAY_SECONDS));
    assert!(open[0].is_overdue(monday + 2 * DAY_SECONDS));
    for (days, late) in [(1, 0), (2, 1), (8, 2)] {
        let overdue = desk::overdue(store, monday + days * DAY_SECONDS).await;
        assert_eq!(overdue.unwrap(), late, "{days}");
    }
    assert_eq!(order(open), [second, first]);
    let by_first = desk::desk(store, &stage.centre.first).await.unwrap();
    assert!(by_first.open.iter().all(|line| line.took_part));
}

crate::both_engines!(
    an_upheld_report_lifts_the_listing_and_shows_no_word_of_it,
    an_owner_is_heard_once_control_is_proved,
    what_is_taken_back_or_never_proved_is_closed,
    what_is_due_first_stands_first
);
