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
