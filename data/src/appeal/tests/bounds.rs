//! What is refused, and how much reaches people.

use super::*;

/// Rule of the flood: whatever is sent, people read a bounded number, and each word once.
async fn ten_thousand_submissions_do_not_reach_people(engine: Engine) {
    let stage = Stage::on(engine).await;
    let mut full = 0;
    for n in 0..10_000 {
        // Spaces and signs do not make the same words new.
        let text = match n % 3 {
            0 => format!("{}{TEXT}", "!? ".repeat(n % 40)),
            _ => format!("{TEXT} {n}"),
        };
        match stage.send(Kind::Report, &text, NOW + 1).await {
            Ok(_) | Err(AppealError::Known) => {}
            Err(AppealError::Full) => full += 1,
            Err(other) => panic!("{other}"),
        }
    }
    assert!(full > 6_000, "{full}");
    assert_eq!(stage.open().await.len() as i64, MOST_OPEN);
    assert_eq!(stage.count("appeal").await, MOST_OPEN);
    // Owners who prove nothing are nobody's work, and bounded all the same.
    for n in 0..=MOST_WAITING {
        let sent = stage
            .send(Kind::Owner, &format!("{TEXT} {n}"), NOW + 1)
            .await;
        assert_eq!(sent.is_ok(), n < MOST_WAITING, "{n}");
    }
    assert_eq!(stage.open().await.len() as i64, MOST_OPEN);
}

/// Whoever controls the name is taken in though strangers fill the room, and nobody else is.
async fn strangers_who_fill_the_room_keep_no_owner_out(engine: Engine) {
    let stage = Stage::on(engine).await;
    let (store, host) = (&stage.centre.store, name(HOST));
    let mut strangers = Vec::new();
    for n in 0..MOST_WAITING {
        let sent = stage.send(Kind::Owner, &format!("{TEXT} {n}"), NOW).await;
        strangers.push(sent.unwrap());
    }
    // Owners of names below are another room.
    let below = name(&format!("shop.{HOST}"));
    let sent = stage.send_about(&below, Kind::Owner, TEXT, NOW).await;
    assert!(sent.is_ok());
    let send = async |receipt| {
        let new = NewAppeal {
            listing_id: &stage.listing,
            host: &host,
            kind: Kind::Owner,
            text: TEXT,
            contact: None,
            receipt,
        };
        receive(store, new, NOW + 60).await
    };
    let offer = async |receipt| match send(receipt).await {
        Err(AppealError::ProofFirst { receipt, token }) => (receipt, token),
        other => panic!("{other:?}"),
    };
    let (receipt, token) = offer(None).await;
    let (thief, _) = offer(None).await;
    assert_eq!(
        offer(Some(&receipt)).await,
        (receipt.clone(), token.clone())
    );
    // It is looked for what strangers wait for, and what stands there is the owner's.
    let waiting = proof::next(store, NOW).await.unwrap().unwrap();
    assert_eq!(waiting.host, host);
    let mut looks = token_seen();
    looks[1].seen = Seen::Other;
    looks[1].detail = format!("{}{token}", code::PUBLISHED_AS);
    let stranger = &strangers[0].id;
    assert!(!proof::found(store, stranger, &looks, NOW).await.unwrap());
    offer(Some(&thief)).await;
    let received = send(Some(&receipt)).await.unwrap();
    assert_eq!((&received.receipt, received.token), (&receipt, Some(token)));
    let due = async || proof::next(store, NOW + 60).await.unwrap().unwrap();
    assert_eq!(due().await.host, below);
    let waiting = due().await;
    assert_eq!(waiting.tokens.len() as i64, MOST_WAITING + 1);
    let proved = proof::found(store, &received.id, &token_seen(), NOW + 61).await;
    assert!(proved.unwrap());
    assert!(matches!(
        send(Some(&receipt)).await,
        Err(AppealError::Known)
    ));
    assert_eq!(stage.open().await.len(), 1);
}

/// Names of one owner may be many: proofs are bounded like reports.
async fn proofs_are_bounded_too(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let mut proved = 0;
    for n in 0..=MOST_OPEN {
        let host = name(&format!("h{n}.{HOST}"));
        let sent = stage.send_about(&host, Kind::Owner, TEXT, NOW).await;
        let id = sent.unwrap().id;
        let went_on = proof::found(store, &id, &token_seen(), NOW).await.unwrap();
        proved += i64::from(went_on);
    }
    assert_eq!(proved, MOST_OPEN);
    // The last one waits until another is decided, and goes on by itself at a later look.
    let first = &stage.open().await[0].id.clone();
    decide::take(store, &stage.third, first, NOW).await.unwrap();
    decide::reject(store, &stage.third, first, REJECTED, NOW)
        .await
        .unwrap();
    let last = format!("A-2026-{:06}", MOST_OPEN + 1);
    assert!(
        proof::found(store, &last, &token_seen(), NOW)
            .await
            .unwrap()
    );
}

async fn what_is_no_appeal_is_refused(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    for (text, field) in [
        ("", "text"),
        ("short", "text"),
        (&*"x".repeat(4_001), "text"),
    ] {
        let refused = stage.send(Kind::Report, text, NOW).await;
        assert!(matches!(refused, Err(AppealError::Field(f)) if f == field));
    }
    let long = "x".repeat(201);
    let host = name(HOST);
    let new = NewAppeal {
        listing_id: &stage.listing,
        host: &host,
        kind: Kind::Report,
        text: TEXT,
        contact: Some(&long),
        receipt: None,
    };
    let refused = receive(store, new, NOW).await;
    assert!(matches!(refused, Err(AppealError::Field("contact"))));
    let other = name("dobro.test");
    for (listing, host, at) in [
        ("Q-2026-000099", &host, NOW),
        ("\0", &host, NOW),
        (stage.listing.as_str(), &other, NOW),
        (stage.listing.as_str(), &host, NOW + 400 * DAY_SECONDS),
    ] {
        let new = NewAppeal {
            listing_id: listing,
            host,
            contact: None,
            ..new
        };
        let refused = receive(store, new, at).await;
        assert!(matches!(refused, Err(AppealError::NotListed)), "{listing}");
    }
    let odd = stage.send(Kind::Report, "\0\0 nothing \u{202e} here \0", NOW);
    assert!(odd.await.is_ok());
    assert_eq!(stage.count("appeal").await, 1);
    // The same words the next day are heard again.
    let tomorrow = stage.send(Kind::Report, "nothing here", NOW + DAY_SECONDS);
    assert!(tomorrow.await.is_ok());
}

async fn words_and_contact_are_sealed_and_erased(engine: Engine) {
    let stage = Stage::on(engine).await;
    let store = &stage.centre.store;
    let received = stage.taken().await;
    const SEALED: &str = "SELECT sealed FROM appeal_contact";
    let sealed: Vec<u8> = on!(store, |db| sqlx::query_scalar(SEALED).fetch_one(db).await).unwrap();
    let in_clear = sealed
        .windows(4)
        .any(|part| CONTACT.as_bytes().windows(4).any(|c| c == part));
    assert!(!in_clear);
    decide::reject(store, &stage.third, &received.id, REJECTED, NOW + 2)
        .await
        .unwrap();
    let still_open = stage
        .send(Kind::Report, "Nobody looked at this.", NOW)
        .await;
    let still_open = still_open.unwrap();
    let year = NOW + 2 + keep::KEEP_DAYS * DAY_SECONDS;
    let swept = keep::sweep(store, year - 1).await.unwrap();
    assert_eq!(swept, keep::Swept::default());
    assert_eq!(keep::sweep(store, year).await.unwrap().erased, 1);
    assert_eq!(keep::sweep(store, year + 1).await.unwrap().erased, 0);
    assert_eq!(stage.count("appeal_contact").await, 1);
    assert_eq!(stage.count("appeal_words").await, 1);
    assert_eq!(stage.state(&still_open).await, State::Received);
    // The trail stays, and so does the answer to whoever holds the receipt: how it ended.
    let status = sender::status(store, &received.receipt).await.unwrap();
    let status = status.unwrap();
    assert_eq!((status.state, status.answer), (State::Rejected, None));
    assert_eq!(status.reason_code, REJECTED.reason_code);
    assert_eq!(outcome::all(store).await.unwrap().len(), 1);
    let file = desk::load(store, &stage.third, &received.id).await.unwrap();
    assert_eq!(file.unwrap().text, None);
}

crate::both_engines!(
    ten_thousand_submissions_do_not_reach_people,
    strangers_who_fill_the_room_keep_no_owner_out,
    proofs_are_bounded_too,
    what_is_no_appeal_is_refused,
    words_and_contact_are_sealed_and_erased
);
