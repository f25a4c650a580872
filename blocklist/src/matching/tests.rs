use super::*;
use crate::{
    Timestamp,
    register::{Mapping, Measure, Snapshot, SourceDate, Warning},
};

pub(super) fn name(text: &str) -> DomainName {
    DomainName::parse(text).unwrap()
}

pub(super) fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T06:00:00Z").unwrap()
}

pub(super) fn known() -> Known {
    let snapshot = Snapshot::from_json(
        br#"{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[
        {"record_id":"live","regulator":"AFSA","legal_name":"Altyn Arqa Ltd.","licence_no":"AFSA-A-LA-2025-0101",
         "basis":"register","valid_from":"2025-01-01","valid_to":"2028-01-01","hosts":["altynarqa.test","kz.group.test"],
         "source_url":"https://r.test/1","source_date":"2026-11-20"},
        {"record_id":"over","regulator":"AFSA","legal_name":"Eski Ltd.","licence_no":"AFSA-G-LA-2022-0009",
         "basis":"register","valid_from":"2022-01-01","valid_to":"2025-03-31","hosts":["eskibirja.test"],
         "source_url":"https://r.test/2","source_date":"2026-11-20"},
        {"record_id":"press","regulator":"AFSA","legal_name":"Baspasoz Ltd.",
         "basis":"secondary","valid_from":"2024-01-01","hosts":["baspasoz.test"],
         "source_url":"https://news.test/","source_date":"2024-09-01"}]}"#,
    )
    .unwrap();
    let warning = Warning {
        record_id: "tez".into(),
        brand: "Tez".into(),
        aliases: vec![],
        authority: "AFSA".into(),
        measure: Measure::Warning,
        published: SourceDate::Undated,
        hosts: vec![name("tezex.test")],
        mapping: Mapping::Ours,
        licence_no: String::new(),
        legal_basis: String::new(),
        source_url: "https://afsa.test/".into(),
        source_date: SourceDate::Undated,
        confidence: String::new(),
        notes: String::new(),
    };
    Known {
        snapshots: vec![snapshot],
        warnings: vec![warning],
        register_days: 14,
        ..Known::default()
    }
}

fn index() -> Index {
    Index::of(known())
}

/// Rows of one register, as JSON, read on the day before [`now`].
pub(super) fn index_of(rows: &str) -> Index {
    let json = format!(
        r#"{{"register":"afsa-demo","taken_on":"2026-11-20","source":"x","rows":[{rows}]}}"#
    );
    Index::of(Known {
        snapshots: vec![Snapshot::from_json(json.as_bytes()).unwrap()],
        register_days: 14,
        ..Known::default()
    })
}

/// A row of the register with a live term.
pub(super) fn row(id: &str, firm: &str, host: &str, more: &str) -> String {
    format!(
        r#"{{"record_id":"{id}","regulator":"AFSA","legal_name":"{firm}","basis":"register",
        "valid_from":"2025-01-01","source_url":"https://r.test/1","source_date":"2026-11-20",
        "hosts":["{host}"]{more}}}"#
    )
}

fn codes(found: &Match) -> Vec<&str> {
    found
        .reasons
        .iter()
        .map(|reason| reason.code.as_str())
        .collect()
}

#[test]
fn verdicts_follow_the_host() {
    for (host, verdict) in [
        ("altynarqa.test", Verdict::Licensed),
        ("www.altynarqa.test", Verdict::Licensed),
        ("kz.group.test", Verdict::Licensed),
        ("group.test", Verdict::LicensedElsewhere),
        ("other.group.test", Verdict::LicensedElsewhere),
        ("eskibirja.test", Verdict::LicenceEnded),
        ("baspasoz.test", Verdict::LicenceUnconfirmed),
        ("tezex.test", Verdict::Warned),
        ("a1tynarqa.test", Verdict::Lookalike),
        ("altynаrqa.test", Verdict::Lookalike),
        ("altynarka.test", Verdict::Lookalike),
        ("altyn-arqa.test", Verdict::Lookalike),
        ("altyn.test", Verdict::Unknown),
        ("kaspi.test", Verdict::Unknown),
    ] {
        assert_eq!(
            check_host(&name(host), &index(), now()).verdict,
            verdict,
            "{host}"
        );
    }
}

#[test]
fn an_old_snapshot_no_longer_says_licensed() {
    let later = now().plus(30 * 86_400);
    let found = check_host(&name("altynarqa.test"), &index(), later);
    assert_eq!(found.verdict, Verdict::LicenceUnconfirmed);
    assert_eq!(found.reasons[0].code, "snapshot-too-old");
}

/// An ending that the regulator made is told as what it is, and a term not begun is no old snapshot.
#[test]
fn a_row_says_why_it_does_not_license() {
    for (more, verdict, code) in [
        (
            r#","state":"withdrawn""#,
            Verdict::LicenceEnded,
            "licence-withdrawn",
        ),
        (
            r#","state":"suspended""#,
            Verdict::LicenceEnded,
            "licence-suspended",
        ),
        (
            r#","valid_to":"2026-01-01""#,
            Verdict::LicenceEnded,
            "licence-ended",
        ),
    ] {
        let found = check_host(
            &name("a.test"),
            &index_of(&row("a", "Alpha Ltd.", "a.test", more)),
            now(),
        );
        assert_eq!((found.verdict, codes(&found)), (verdict, vec![code]));
    }
    let waits = row("a", "Alpha Ltd.", "a.test", "").replace("2025-01-01", "2027-01-01");
    let found = check_host(&name("a.test"), &index_of(&waits), now());
    assert_eq!(found.verdict, Verdict::LicenceUnconfirmed);
    assert_eq!(codes(&found), ["licence-not-yet", "bank-unknown"]);
    let open = row("a", "Alpha Ltd.", "a.test", "").replace(r#""valid_from":"2025-01-01","#, "");
    let found = check_host(&name("a.test"), &index_of(&open), now());
    assert_eq!(found.reasons[0].code, "licence-without-term");
}

/// Of several licences that name a host the live one speaks, wherever it stands; the others are told.
#[test]
fn the_best_of_several_rows_speaks() {
    let over = row(
        "a",
        "Alpha Ltd.",
        "a.test",
        r#","licence_no":"AFSA-1","state":"withdrawn""#,
    );
    let live = row(
        "b",
        "Alpha Ltd.",
        "a.test",
        r#","licence_no":"AFSA-2","banks":["Tobe Bank"]"#,
    );
    for rows in [[&over, &live], [&live, &over]] {
        let index = index_of(&rows.map(String::as_str).join(","));
        let found = check_host(&name("www.a.test"), &index, now());
        assert_eq!(found.verdict, Verdict::Licensed);
        assert_eq!(found.also, [Verdict::LicenceEnded]);
        assert_eq!(
            codes(&found),
            ["register-names-host", "bank-known", "other-licence-ended"]
        );
        assert_eq!(found.reasons[1].args["banks"], "Tobe Bank");
        assert_eq!(
            found.matched.as_ref().map(|m| m.row.record_id.as_str()),
            Some("b")
        );
        let answer = answer(Query::Host(name("www.a.test")), &index, now());
        let ids: Vec<_> = answer
            .rows
            .iter()
            .map(|row| row.row.record_id.as_str())
            .collect();
        assert_eq!(ids, ["b", "a"]);
    }
}

#[test]
fn a_look_alike_names_its_trick_and_why_it_is_not_the_same() {
    let found = check_host(&name("altynarqa-kz.test"), &index(), now());
    assert_eq!(codes(&found), ["resembles", "alike-word", "host-differs"]);
    assert_eq!(found.reasons[1].args["word"], "kz");
    assert_eq!(found.reasons[2].args["asked"], "altynarqa-kz.test");
}

/// A name or a number is easily copied: by itself it never says more than "not confirmed".
#[test]
fn what_is_found_by_name_or_number_is_never_licensed() {
    let index = index_of(&row(
        "a",
        "Altyn Arqan Markets Ltd.",
        "altynarqan.test",
        r#","bin":"991240900010","licence_no":"AFSA-A-LA-2025-0101""#,
    ));
    for (text, verdict) in [
        ("Altyn Arqan", Verdict::LicenceUnconfirmed),
        ("Алтын Арқан", Verdict::LicenceUnconfirmed),
        ("991240900010", Verdict::LicenceUnconfirmed),
        ("AFSA-A-LA-2025-0101", Verdict::LicenceUnconfirmed),
        ("Altyn Arkhan", Verdict::Lookalike),
        ("altynarqan.test", Verdict::Licensed),
    ] {
        let found = answer(Query::parse(text).unwrap(), &index, now());
        assert_eq!(found.verdict, verdict, "{text}: {:?}", found.reasons);
    }
}

/// A word that hundreds of firms share finds some of them, and says how many more there are.
#[test]
fn a_name_that_many_bear_is_cut_and_says_so() {
    let rows: Vec<_> = (0..70)
        .map(|at| {
            row(
                &format!("r{at}"),
                &format!("Qanat {at} Ltd."),
                &format!("h{at}.test"),
                "",
            )
        })
        .collect();
    let index = index_of(&rows.join(","));
    let found = answer(Query::parse("Qanat").unwrap(), &index, now());
    assert_eq!(found.rows.len(), 50);
    let more = found
        .reasons
        .iter()
        .find(|reason| reason.code == "more-found");
    assert_eq!(more.unwrap().args["count"], "20");
}
