use super::*;
use proptest::prelude::*;

const GOOD: &str = "record_id,regulator,legal_name,basis,valid_from,hosts,hosts_group,source_url,source_date\n\
    # by hand\n\
    a,AFSA,\"Alpha, \"\"A\"\" Ltd.\",register,2025-01-01,a.test; www.a.test,group.test,https://r.test/,2026-11\r\n";

#[test]
fn a_table_becomes_rows_and_goes_back() {
    let read = rows(GOOD).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].legal_name, "Alpha, \"A\" Ltd.");
    assert_eq!(read[0].hosts.len(), 2);
    assert_eq!(read[0].related[0].kind, HostKind::Group);
    assert_eq!(rows(&write(&read)).unwrap(), read);
}

#[test]
fn errors_point_at_the_field() {
    // What is replaced by what, in which line, the text at whose beginning the error points.
    for (from, to, line, at, says) in [
        (
            "register,",
            "licensed,",
            3,
            "licensed",
            "register, letter, secondary",
        ),
        ("2025-01-01", "1.1.2025", 3, "1.1.2025", "2026-11-21"),
        ("a.test;", "a..test;", 3, "a..test", "a..test"),
        ("2026-11\r", "soon\r", 3, "soon", "undated"),
        ("basis,", "bassis,", 1, "bassis", "unknown column `bassis`"),
        (",2026-11\r", "\r", 3, "a,AFSA", "8 fields"),
        ("https://r.test/", "\"https", 3, "\"https", "not closed"),
        ("AFSA", "AF\"SA", 3, "\"SA", "in quotes"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        let wrong = text.lines().nth(line - 1).unwrap();
        let place = format!("line {line}, column {}: ", wrong.find(at).unwrap() + 1);
        let error = rows(&text).unwrap_err().to_string();
        assert!(
            error.starts_with(&place) && error.contains(says),
            "{from} → {to}: {error}"
        );
    }
    assert!(rows("").unwrap_err().problem.contains("empty"));
    assert!(rows("record_id\n").unwrap_err().problem.contains("missing"));
}

/// Every host can say who says so of it; what cannot be read is refused with its place.
#[test]
fn a_host_keeps_its_proof() {
    let proof = "a.test letter 2026-11 https://r.test/1?x=1%3B2 said by the firm, in its terms";
    let with = |proof: &str| {
        let header = GOOD.replacen("hosts_group", "hosts_group,proofs", 1);
        header.replacen("group.test,", &format!("group.test,\"{proof}\","), 1)
    };
    let read = rows(&with(&format!(
        "{proof}; group.test secondary undated https://g.test/"
    )))
    .unwrap();
    assert_eq!(read[0].proofs.len(), 2);
    let held = &read[0].proofs[0];
    assert_eq!(
        (held.basis, held.note.as_str()),
        (Basis::Letter, "said by the firm, in its terms")
    );
    assert_eq!(read[0].proofs_of(&read[0].related[0].name).count(), 1);
    assert_eq!(rows(&write(&read)).unwrap(), read);
    let mut odd = read.clone();
    odd[0].proofs[0].note = "one; two".into();
    odd[0].proofs[0].source_url = "https://r.test/1;2".into();
    let back = rows(&write(&odd)).unwrap();
    assert_eq!(back[0].proofs[0].note, "one, two");
    assert_eq!(back[0].proofs[0].source_url, "https://r.test/1%3B2");
    for (wrong, says) in [
        ("a.test letter 2026-11", "something is missing"),
        ("a..test letter 2026-11 https://r.test/", "a..test"),
        ("a.test press 2026-11 https://r.test/", "no such basis"),
        ("a.test letter soon https://r.test/", "soon"),
    ] {
        let error = rows(&with(wrong)).unwrap_err();
        assert_eq!(error.line, 3);
        assert!(error.problem.contains(says), "{}", error.problem);
    }
}

#[test]
fn a_formula_is_disarmed() {
    let mut row = rows(GOOD).unwrap().remove(0);
    for formula in ["=HYPERLINK(1)", "+1", "-1", "@x"] {
        row.brand = formula.into();
        assert!(
            write([&row]).contains(&format!("\"'{formula}\"")),
            "{formula}"
        );
    }
}

proptest! {
    #[test]
    fn any_text_is_a_table_or_refused(text in "[a-z\",;#\\r\\n ]{0,80}|\\PC{0,80}") {
        let _ = records(&text);
        let _ = rows(&text);
    }

    #[test]
    fn any_row_comes_back(name in "[^\\x00-\\x1f]{0,30}", note in "\\PC{0,40}") {
        let mut row = rows(GOOD).unwrap().remove(0);
        row.legal_name = name.trim().to_owned();
        row.notes = note.trim().to_owned();
        let formula = |text: &str| text.starts_with(['=', '+', '-', '@']);
        prop_assume!(!formula(&row.legal_name) && !formula(&row.notes));
        let read = rows(&write([&row])).unwrap();
        prop_assert_eq!(read, vec![row]);
    }
}
