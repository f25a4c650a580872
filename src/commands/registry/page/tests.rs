use super::{mapping::Part, read::date, *};
use blocklist::{
    register::{Basis, LicenceState, Measure},
    time::Day,
};
use proptest::prelude::*;

const MAPPING: &str = r#"
row = "table tr.firm"
[fixed]
regulator = "AFSA"
basis = "register"
source_url = "https://register.test/"
source_date = "2026-11-20"
[fields]
licence_no = { select = "td.no" }
legal_name = { select = "td a" }
register_url = { select = "td a", attribute = "href" }
state = { select = "td.state", words = { Active = "active", Withdrawn = "withdrawn" } }
valid_from = { select = "td.from", date = ["day", "month", "year"] }
hosts = { select = "td li" , optional = true }
"#;
const PAGE: &str = r#"<html><table><tr><th>No</th></tr>
<tr class=firm><td class=no> AFSA-A-LA-2025-0001</td><td><a href="https://register.test/1">Alpha  &amp; Co
 Ltd.</a></td><td class=state>Active<td class=from>31 March 2025</td><td><ul><li>a.test<li>www.a.test</ul></tr>
<tr class=firm><td class=no>AFSA-A-LA-2025-0002</td><td><a href="https://register.test/2">Beta Ltd.</a></td>
<td class=state>Withdrawn<td class=from>01.02.2024</td></tr></table>"#;

fn read_page(page: &str, mapping: &str) -> Result<Vec<LicenceRow>, PageError> {
    Ok(read_pages(&[("page.html", page)], mapping)?.licences)
}

fn read_pages(pages: &[(&str, &str)], mapping: &str) -> Result<Rows, PageError> {
    let pages: Vec<SavedPage> = pages
        .iter()
        .map(|(file, html)| SavedPage {
            file: (*file).to_owned(),
            html: (*html).to_owned(),
        })
        .collect();
    rows(&pages, &Mapping::parse(mapping)?)
}

#[test]
fn a_page_becomes_rows() {
    let rows = read_page(PAGE, MAPPING).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[0].legal_name, "Alpha & Co Ltd.");
    assert_eq!(rows[0].record_id, "AFSA-A-LA-2025-0001");
    assert_eq!(rows[0].register_url, "https://register.test/1");
    assert_eq!(rows[0].valid_from, Some(Day::parse("2025-03-31").unwrap()));
    assert_eq!(rows[0].hosts.len(), 2);
    assert_eq!(
        (rows[1].basis, rows[1].state),
        (Basis::Register, LicenceState::Withdrawn)
    );
    assert_eq!(rows[1].valid_from, Some(Day::parse("2024-02-01").unwrap()));
}

#[test]
fn what_cannot_be_read_is_named_by_row_and_field() {
    for (page, mapping, says) in [
        (
            PAGE.replace("Withdrawn", "Frozen"),
            MAPPING.to_owned(),
            "row 2, `state`: `Frozen`",
        ),
        (
            PAGE.replace("01.02.2024", "soon"),
            MAPPING.to_owned(),
            "row 2, `valid_from`: `soon`",
        ),
        (
            PAGE.replace("a.test<", "a..test<"),
            MAPPING.to_owned(),
            "row 1, `hosts`: ",
        ),
        (
            PAGE.replace("Beta Ltd.", ""),
            MAPPING.to_owned(),
            "row 2, `legal_name`: ",
        ),
        (
            PAGE.replace("class=firm", ""),
            MAPPING.to_owned(),
            "finds no row",
        ),
        (
            PAGE.into(),
            MAPPING.replace("td.no", "td["),
            "`td[` of `licence_no` is not a CSS selector",
        ),
        (
            PAGE.into(),
            MAPPING.replace("legal_name", "name"),
            "`name` is no column",
        ),
        (
            PAGE.into(),
            MAPPING.replace("basis = \"register\"\n", ""),
            "row 1, `basis`: ",
        ),
        (
            PAGE.into(),
            MAPPING.replace("row =", "rows ="),
            "TOML parse error at line 2",
        ),
    ] {
        let error = read_page(&page, &mapping).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}

proptest! {
    #[test]
    fn any_page_is_read_or_refused(page in "\\PC{0,200}", cell in "\\PC{0,40}") {
        let _ = read_page(&page, MAPPING);
        let _ = read_page(&PAGE.replace("31 March 2025", &cell), MAPPING);
        let _ = read_page(&PAGE.replace("a.test<", &cell), MAPPING);
    }

    #[test]
    fn any_date_is_a_day_or_refused(text in "[0-9a-z./ -]{0,20}|\\PC{0,20}") {
        if let Some(day) = date(&text, &[Part::Day, Part::Month, Part::Year]) {
            prop_assert!(Day::parse(&day).is_ok());
        }
    }
}

const FIRMS: &str = include_str!("../../../../docs/examples/register/mapping.toml");
const LIST: &str = include_str!("../../../../docs/examples/register/list.html");
const ALTYN: &str = include_str!("../../../../docs/examples/register/220340900012.html");
const KUMIS: &str = include_str!("../../../../docs/examples/register/230740900029.html");

fn firms(with: &[(&str, &str)]) -> Result<Rows, PageError> {
    let pages = [("list.html", LIST), ("1.html", ALTYN), ("2.html", KUMIS)];
    let changed: Vec<(&str, String)> = pages
        .iter()
        .map(|(file, html)| {
            let html = with
                .iter()
                .fold((*html).to_owned(), |html, (a, b)| html.replace(a, b));
            (*file, html)
        })
        .collect();
    let pages: Vec<(&str, &str)> = changed.iter().map(|(f, h)| (*f, h.as_str())).collect();
    read_pages(&pages, FIRMS)
}

/// The example that is shipped: a list, and under each firm's BIN a page with its licences.
#[test]
fn a_list_and_the_pages_of_its_firms_become_rows() {
    let rows = firms(&[]).unwrap().licences;
    let ids: Vec<&str> = rows.iter().map(|row| row.licence_no.as_str()).collect();
    assert_eq!(ids, ["INV-A-0001", "INV-A-0002", "INV-A-0007"]);
    let (facility, custody, other) = (&rows[0], &rows[1], &rows[2]);
    assert_eq!(facility.legal_name, "Altyn Qoima Ltd.");
    assert_eq!((&facility.bin, &custody.bin), (&custody.bin, &facility.bin));
    assert_eq!(
        facility.register_url,
        "https://register.invalid/details/220340900012/"
    );
    assert_eq!(
        facility.activities,
        [
            "Operating a Digital Asset Trading Facility",
            "Providing Custody"
        ]
    );
    assert_eq!(facility.hosts.len(), 2);
    assert_eq!(facility.valid_to, Some(Day::parse("2028-03-31").unwrap()));
    assert_eq!(custody.state, LicenceState::Suspended);
    assert_eq!(custody.valid_to, None);
    assert_eq!(other.banks, ["Invented Bank"]);
    assert!(rows.iter().all(|row| row.basis == Basis::Register));
}

#[test]
fn a_page_that_is_missing_or_has_changed_stops_the_import() {
    let without = [("list.html", LIST), ("1.html", ALTYN)];
    let error = read_pages(&without, FIRMS).unwrap_err().to_string();
    assert!(
        error.contains("list.html: row 2, `bin`: no page of the firm"),
        "{error}"
    );
    for (from, to, says) in [
        (
            "<dt>Status",
            "<dt>Standing",
            "1.html: row 1, `state`: no label `Status`",
        ),
        (
            "<dd>Active",
            "<dd>Frozen",
            "1.html: row 1, `state`: `Frozen` is not one of the words",
        ),
        (
            "<dt>Status",
            "<dt>Status<dd>Active<dt>Status",
            "the label `Status` stands there 2 times",
        ),
        (
            "class=\"firm\"",
            "",
            "1.html: no `is` of the mapping finds anything",
        ),
        (
            "<table id=\"firms\">",
            "<main class=\"firm\"></main><table id=\"firms\">",
            "list.html: more than one `is`",
        ),
        (
            "class=\"licence\"",
            "",
            "1.html: the selector `section.licence` finds no row",
        ),
        (
            "Ai Ltd.</a><td>230740900029",
            "Ai Ltd.</a><td>230740900028",
            "2.html: row 1, `bin`: no row of the list",
        ),
        (
            "<h1>Altyn Qoima",
            "<h1>Altyn Koima",
            "1.html: row 1, `legal_name`: `Altyn Koima Ltd.` here",
        ),
        (
            "Ai Ltd.</a><td>230740900029",
            "Ai Ltd.</a><td>220340900012",
            "stands on the list twice",
        ),
    ] {
        let error = firms(&[(from, to)]).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}

const WARNED: &str = include_str!("../../../../docs/examples/warnings/mapping.toml");
const NOTICES: &str = include_str!("../../../../docs/examples/warnings/notices.html");

#[test]
fn a_list_of_warnings_becomes_warnings() {
    let rows = read_pages(&[("notices.html", NOTICES)], WARNED).unwrap();
    assert!(rows.licences.is_empty());
    let notice = &rows.warnings[0];
    assert_eq!(
        (notice.record_id.as_str(), notice.brand.as_str()),
        ("tez-birja", "Tez Birja")
    );
    assert_eq!(notice.hosts.len(), 2);
    assert_eq!(notice.published.to_string(), "2026-11-02");
    assert_eq!(rows.warnings[1].measure, Measure::Exposed);
    assert!(rows.warnings[1].hosts.is_empty());
    let without = WARNED.replace("authority", "legal_basis");
    let error = read_pages(&[("notices.html", NOTICES)], &without).unwrap_err();
    let says = "notices.html: row 1, `authority`: neither [fixed] nor [fields] says it";
    assert_eq!(error.to_string(), says);
}

/// Labels and values come in many shapes.
#[test]
fn what_stands_after_a_label_is_found() {
    for html in [
        "<dl><dt>Site:</dt><dd>a.test</dd><dd>b.test</dd><dt>Next<dd>x.test</dl>",
        "<table><tr><th>Site</th><td>a.test; b.test</td></tr><tr><th>Next<td>x</table>",
        "<p><b>Site:</b> a.test; b.test</p><p><b>Next</b> x</p>",
        "<table><tr><td>Site</td><td>a.test;b.test</td><td>Next</td><td>x</td></tr></table>",
    ] {
        let select = if html.contains("<b>") {
            "b"
        } else if html.contains("<th>") || html.contains("<dt>") {
            "th, dt"
        } else {
            "td"
        };
        let mapping = format!(
            "row = \"body\"\n[fixed]\nbasis = \"letter\"\n[fields]\nhosts = {{ label = \"Site\", select = \"{select}\" }}"
        );
        let rows = read_page(html, &mapping).unwrap();
        assert_eq!(rows[0].hosts.len(), 2, "{html}");
    }
}

proptest! {
    #[test]
    fn any_page_of_a_firm_is_read_or_refused(text in "\\PC{0,60}", page in "\\PC{0,200}") {
        let _ = firms(&[("Active", &text)]);
        let _ = firms(&[("<dt>Status", &text)]);
        let _ = read_pages(&[("list.html", LIST), ("1.html", &page)], FIRMS);
        let _ = read_pages(&[("notices.html", &page)], WARNED);
    }
}
