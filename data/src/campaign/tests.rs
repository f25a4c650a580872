use super::*;
use crate::{
    money::Unit,
    testing::{Centre, Engine, NOW},
};

crate::both_engines!(
    only_what_another_confirmed_counts,
    a_correction_takes_its_place_once_confirmed,
    all_of_a_table_or_nothing,
    the_database_holds_it_too,
);

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

async fn centre(engine: Engine) -> Centre {
    let centre = Centre::on(engine).await;
    let new = NewCampaign {
        code: "spring-2026",
        titles: Titles {
            kk: "Көктем".into(),
            ru: "Весна".into(),
            en: "Spring".into(),
        },
        days: (day("2026-03-01"), day("2026-05-31")),
    };
    add(&centre.store, &centre.first, new, NOW).await.unwrap();
    centre
}

fn figure(kind: Kind, amount: i64, unit: Unit) -> NewFigure {
    NewFigure {
        kind,
        unit,
        amount,
        rate: None,
        source: "Letter 12".into(),
        document: None,
        listing: None,
        replaces: None,
        line: None,
    }
}

async fn entered(centre: &Centre, figure: NewFigure) -> Result<i64, CampaignError> {
    let (store, officer) = (&centre.store, &centre.first);
    let ids = enter(store, officer, "spring-2026", &[figure], NOW).await?;
    Ok(ids[0])
}

async fn confirmed(centre: &Centre, id: i64) -> Result<(), CampaignError> {
    confirm(&centre.store, &centre.second, "spring-2026", &[id], NOW).await
}

/// Sums as `turnover 5 KZT`, and what is in tenge as `= 7 of 2, without 1 USDT`.
async fn shown(centre: &Centre) -> Vec<String> {
    let held = load(&centre.store, "spring-2026").await.unwrap().unwrap();
    let list = |sums: &[Sum]| {
        let words = sums
            .iter()
            .map(|sum| format!("{} {}", sum.amount, sum.unit.as_str()));
        words.collect::<Vec<_>>().join(" + ")
    };
    totals(&held.figures)
        .iter()
        .map(|total| {
            let mut text = format!("{} {}", total.kind.as_str(), list(&total.sums));
            if let Some(tenge) = &total.in_tenge {
                text += &format!(" = {} of {}", tenge.amount, tenge.figures);
                if !tenge.left_out.is_empty() {
                    text += &format!(", without {}", list(&tenge.left_out));
                }
            }
            text
        })
        .collect()
}

async fn only_what_another_confirmed_counts(engine: Engine) {
    let centre = centre(engine).await;
    let with_rate = NewFigure {
        rate: Some(Rate {
            parts: 5_123_456,
            on: day("2026-05-31"),
            source: "National Bank".into(),
        }),
        ..figure(Kind::Seized, 1_001, Unit::Usd)
    };
    let ids = [
        figure(Kind::Seized, 10_000, Unit::Kzt),
        with_rate,
        figure(Kind::Seized, 2_500_000, Unit::Usdt),
        figure(Kind::Sites, 40, Unit::Count),
    ];
    let ids = enter(&centre.store, &centre.first, "spring-2026", &ids, NOW)
        .await
        .unwrap();
    assert_eq!(ids, [1, 2, 3, 4]);
    assert!(shown(&centre).await.is_empty());
    let own = confirm(&centre.store, &centre.first, "spring-2026", &ids, NOW).await;
    assert!(matches!(own, Err(CampaignError::SameOfficer(1))), "{own:?}");
    // All of them or none: the last is no figure.
    let some = confirm(&centre.store, &centre.second, "spring-2026", &[1, 9], NOW).await;
    assert!(matches!(some, Err(CampaignError::NoFigure(9))), "{some:?}");
    assert!(shown(&centre).await.is_empty());
    confirm(&centre.store, &centre.second, "spring-2026", &ids, NOW)
        .await
        .unwrap();
    assert_eq!(
        shown(&centre).await,
        [
            "seized 100 KZT + 2.5 USDT + 10.01 USD = 5228.57 of 2, without 2.5 USDT",
            "sites 40 count",
        ]
    );
    let again = confirmed(&centre, 1).await;
    assert!(matches!(again, Err(CampaignError::Confirmed(1))));
    crate::audit::verify(&centre.store).await.unwrap();
}

async fn a_correction_takes_its_place_once_confirmed(engine: Engine) {
    let centre = centre(engine).await;
    let corrects = |amount, replaces| NewFigure {
        replaces: Some(replaces),
        ..figure(Kind::Turnover, amount, Unit::Kzt)
    };
    let first = entered(&centre, figure(Kind::Turnover, 100, Unit::Kzt)).await;
    assert_eq!(first.unwrap(), 1);
    confirmed(&centre, 1).await.unwrap();
    assert_eq!(entered(&centre, corrects(200, 1)).await.unwrap(), 2);
    assert_eq!(shown(&centre).await, ["turnover 1 KZT = 1 of 1"]);
    // The correction was wrong as well, and nobody confirmed it.
    let both = entered(&centre, corrects(300, 1)).await;
    assert!(matches!(both, Err(CampaignError::Replaced(1, 2))));
    assert_eq!(entered(&centre, corrects(300, 2)).await.unwrap(), 3);
    let old = confirmed(&centre, 2).await;
    assert!(matches!(old, Err(CampaignError::Replaced(2, 3))));
    assert_eq!(shown(&centre).await, ["turnover 1 KZT = 1 of 1"]);
    confirmed(&centre, 3).await.unwrap();
    assert_eq!(shown(&centre).await, ["turnover 3 KZT = 3 of 1"]);
    let (store, code) = (&centre.store, "spring-2026");
    let gone = withdraw(
        store,
        &centre.first,
        code,
        3,
        "The letter was recalled",
        NOW,
    )
    .await;
    assert_eq!(gone.unwrap(), 4);
    assert_eq!(shown(&centre).await, ["turnover 3 KZT = 3 of 1"]);
    confirmed(&centre, 4).await.unwrap();
    assert!(shown(&centre).await.is_empty());
    let held = load(store, code).await.unwrap().unwrap();
    let states: Vec<State> = held.figures.iter().map(|figure| figure.state).collect();
    assert_eq!(
        states,
        [
            State::Replaced,
            State::Replaced,
            State::Replaced,
            State::Withdrawal
        ]
    );
}

async fn all_of_a_table_or_nothing(engine: Engine) {
    let centre = centre(engine).await;
    let (store, first) = (&centre.store, &centre.first);
    let text = |last: &str| {
        format!("kind,amount,unit,source,listing\nsites,4,,L,\nturnover,7,KZT,L,\n{last}\n")
    };
    for (last, why) in [
        ("sites,4,,L,", "line 4: the same figure"),
        ("sites,5,,L,Q-2026-000009", "line 4: Q-2026-000009 is no"),
    ] {
        let rows = table::read(&text(last)).unwrap();
        let said = enter(store, first, "spring-2026", &rows, NOW).await;
        let said = said.unwrap_err().to_string();
        assert!(said.starts_with(why), "{said}");
        let held = load(store, "spring-2026").await.unwrap().unwrap();
        assert!(held.figures.is_empty());
    }
    // A listing that only one officer signed is none; one of the campaign may be named.
    let waiting = centre.proposed("a.test", crate::testing::proposal()).await;
    let refused = attach(store, first, "spring-2026", &[waiting], NOW).await;
    assert!(matches!(refused, Err(CampaignError::Listing(_))));
    let listed = centre.approved("b.test", crate::testing::proposal()).await;
    let rows = table::read(&text(&format!("sites,5,,L,{listed}"))).unwrap();
    assert!(
        enter(store, first, "spring-2026", &rows, NOW)
            .await
            .is_err()
    );
    let new = attach(store, first, "spring-2026", &[listed], NOW).await;
    assert_eq!(new.unwrap(), 1);
    let ids = enter(store, first, "spring-2026", &rows, NOW).await;
    assert_eq!(ids.unwrap(), [1, 2, 3]);
}

async fn the_database_holds_it_too(engine: Engine) {
    let centre = centre(engine).await;
    let id = entered(&centre, figure(Kind::Sites, 1, Unit::Count)).await;
    assert_eq!(id.unwrap(), 1);
    let admin = crate::officer::all(&centre.store).await.unwrap();
    let admin = &admin.iter().find(|o| o.login == "admin-1").unwrap().id;
    let confirm = |officer: &str| {
        format!(
            "INSERT INTO campaign_confirmation (figure, officer_id, at) VALUES (1, '{officer}', 0)"
        )
    };
    let insert = |values: &str| {
        format!(
            "INSERT INTO campaign_figure (id, campaign, officer_id, at, kind, unit, amount, source, rate, replaces)
            VALUES (9, 'spring-2026', '{}', 0, {values})",
            centre.first.id
        )
    };
    for sql in [
        confirm(&centre.first.id),
        confirm(admin),
        insert("'sites', 'KZT', 1, 's', NULL, NULL"),
        insert("'turnover', 'count', 1, 's', NULL, NULL"),
        insert("'turnover', 'KZT', -1, 's', NULL, NULL"),
        insert("'turnover', 'KZT', NULL, 's', NULL, NULL"),
        insert("'turnover', 'USD', 1, 's', 5, NULL"),
        insert("'turnover', 'USD', 1, 's', NULL, 7"),
        "UPDATE campaign_figure SET amount = 2".into(),
        "DELETE FROM campaign_figure".into(),
        "UPDATE campaign SET title_en = 'x'".into(),
    ] {
        assert!(centre.sql(&sql).await.is_err(), "{sql}");
    }
    centre.sql(&confirm(&centre.second.id)).await.unwrap();
    let sql = "DELETE FROM campaign_confirmation";
    assert!(centre.sql(sql).await.is_err());
}
