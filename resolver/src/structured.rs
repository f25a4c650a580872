//! Structured errors (draft-ietf-dnsop-structured-dns-error): what a blocked name's answer says to
//! programs that ask for it by an EDNS option, as I-JSON (RFC 7493) in place of words.
//!
//! IANA has assigned no option code yet, so an operator gives one, or nothing of this is in force.

use blocklist::ListingId;

/// Codes below are assigned to something else, and two above too (IANA's registry of EDNS options).
const LOWEST_CODE: u16 = 20;
const OTHERS: [u16; 2] = [20_292, 26_946];
/// Most contacts.
const CONTACTS: usize = 4;
/// Longest contact and organisation, in octets: all of it has to fit into one datagram.
const LONGEST: usize = 120;

/// The language of the words in an error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    /// Kazakh.
    #[default]
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}

impl Language {
    /// Its tag (RFC 5646).
    fn tag(self) -> &'static str {
        match self {
            Self::Kk => "kk",
            Self::Ru => "ru",
            Self::En => "en",
        }
    }

    /// What is said before the listing and its address.
    fn words(self) -> &'static str {
        match self {
            Self::Kk => "Құзырлы органның нұсқамасымен бұғатталған:",
            Self::Ru => "Заблокировано по предписанию уполномоченного органа:",
            Self::En => "Blocked by order of the competent body:",
        }
    }
}

/// What an operator decides about structured errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructuredErrors {
    option: u16,
    contacts: Vec<String>,
    organisation: Option<String>,
    language: Language,
}

/// What no structured error can be made of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StructuredError {
    /// The code means something else.
    #[error(
        "the EDNS option {0} means something else; give the code of structured errors, from 20 to 65534"
    )]
    Option(u16),
    /// Not an address that clients use.
    #[error("`{0}` is no contact: give a mailto: or tel: address of at most 120 octets")]
    Contact(String),
    /// More than clients are sent.
    #[error("more than four contacts are given; leave some out")]
    Contacts,
    /// Longer than clients are sent, or empty.
    #[error("the organisation's name is empty or longer than 120 octets")]
    Organisation,
}

impl StructuredErrors {
    /// Clients ask by the EDNS option of code `option`.
    ///
    /// # Errors
    /// What the draft does not allow, or would not fit.
    pub fn new(
        option: u16,
        contacts: Vec<String>,
        organisation: Option<String>,
        language: Language,
    ) -> Result<Self, StructuredError> {
        if option < LOWEST_CODE || option == u16::MAX || OTHERS.contains(&option) {
            return Err(StructuredError::Option(option));
        }
        if contacts.len() > CONTACTS {
            return Err(StructuredError::Contacts);
        }
        if let Some(wrong) = contacts.iter().find(|contact| !is_contact(contact)) {
            return Err(StructuredError::Contact(
                wrong.chars().take(LONGEST).collect(),
            ));
        }
        let is_name = |name: &String| !name.trim().is_empty() && name.len() <= LONGEST;
        if organisation.as_ref().is_some_and(|name| !is_name(name)) {
            return Err(StructuredError::Organisation);
        }
        Ok(Self {
            option,
            contacts,
            organisation,
            language,
        })
    }
}

/// Addresses of other kinds are not to be sent, nor used by clients.
fn is_contact(text: &str) -> bool {
    let address = ["mailto:", "tel:"]
        .iter()
        .find_map(|scheme| text.strip_prefix(scheme));
    address.is_some_and(|address| {
        let is_plain = |octet: u8| octet.is_ascii_graphic() && !matches!(octet, b'"' | b'\\');
        !address.is_empty() && text.len() <= LONGEST && address.bytes().all(is_plain)
    })
}

/// An error in pieces, so that nothing has to be put together for each answer: they are one text.
pub(crate) type Pieces<'a> = [&'a str; 5];

/// Structured errors, made ready.
#[derive(Debug, Clone)]
pub(crate) struct Structured {
    option: u16,
    /// Up to the listing.
    before: String,
    /// Between the listing and the same at the end of its address; `None` leaves addresses out.
    between: Option<String>,
    after: String,
    /// Contacts alone, where there are any: a client can do nothing with less.
    short: String,
}

impl Structured {
    /// `listings` is the address of a listing up to its id.
    pub(crate) fn new(errors: &StructuredErrors, listings: Option<&str>) -> Self {
        let StructuredErrors {
            option,
            contacts,
            organisation,
            language,
        } = errors;
        let contacts = if contacts.is_empty() {
            String::new()
        } else {
            let contacts: Vec<_> = contacts.iter().map(|contact| json(contact)).collect();
            format!("\"c\":[{}]", contacts.join(","))
        };
        let comma = if contacts.is_empty() { "" } else { "," };
        let organisation = organisation.as_deref().map(json);
        let organisation = organisation.map_or_else(String::new, |name| format!(",\"o\":{name}"));
        Self {
            option: *option,
            before: format!("{{{contacts}{comma}\"j\":\"{} ", language.words()),
            between: listings.map(|base| format!(" {}", inside(&json(base)))),
            after: format!("\"{organisation},\"l\":\"{}\"}}", language.tag()),
            short: if contacts.is_empty() {
                String::new()
            } else {
                format!("{{{contacts}}}")
            },
        }
    }

    /// The code of the option by which clients ask.
    pub(crate) fn option(&self) -> u16 {
        self.option
    }

    /// What is said of a listing after `given_up` fuller texts did not fit: everything, whom to contact,
    /// nothing; `None` when there is no less. Without a listing there is only whom to contact.
    pub(crate) fn text<'a>(
        &'a self,
        listing: Option<&'a ListingId>,
        given_up: usize,
    ) -> Option<Pieces<'a>> {
        let short = [&self.short[..], "", "", "", ""];
        match (given_up, listing) {
            (0, Some(listing)) => {
                let id = listing.as_str();
                Some(match &self.between {
                    Some(between) => [&self.before, id, between, id, &self.after],
                    None => [&self.before, id, "", "", &self.after],
                })
            }
            (0 | 1, _) => Some(short),
            (2, _) => Some([""; 5]),
            _ => None,
        }
    }
}

/// A text in quotes.
fn json(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What stands within the quotes.
fn inside(quoted: &str) -> &str {
    let text = quoted.strip_prefix('"');
    text.and_then(|text| text.strip_suffix('"'))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(errors: &StructuredErrors, base: Option<&str>) -> Vec<String> {
        let listing = ListingId::new(2026, 123).ok();
        let structured = Structured::new(errors, base);
        let texts = (0..).map_while(|given_up| structured.text(listing.as_ref(), given_up));
        texts.map(|pieces| pieces.concat()).collect()
    }

    #[test]
    fn the_fullest_error_says_everything_the_next_whom_to_ask_the_last_nothing() {
        let contacts = vec![
            "mailto:a@isp.test".to_owned(),
            "tel:+77000000000".to_owned(),
        ];
        let name = Some("An \"ISP\"".to_owned());
        let errors = StructuredErrors::new(65_001, contacts, name, Language::Kk).unwrap();
        let texts = texts(&errors, Some("https://qalqan.test/i/"));
        assert_eq!(
            texts[0],
            r#"{"c":["mailto:a@isp.test","tel:+77000000000"],"j":"Құзырлы органның нұсқамасымен бұғатталған: Q-2026-000123 https://qalqan.test/i/Q-2026-000123","o":"An \"ISP\"","l":"kk"}"#
        );
        assert_eq!(
            texts[1],
            r#"{"c":["mailto:a@isp.test","tel:+77000000000"]}"#
        );
        assert_eq!(texts[2], "");
    }

    #[test]
    fn what_the_draft_does_not_allow_is_refused() {
        let new = |option, contact: &str, name: &str| {
            let (contacts, name) = (vec![contact.to_owned()], Some(name.to_owned()));
            StructuredErrors::new(option, contacts, name, Language::En)
        };
        new(65_001, "mailto:a@b", "x").unwrap();
        for option in [0, 10, 15, 19, 20_292, 65_535] {
            let refused = new(option, "mailto:a@b", "x").unwrap_err();
            assert_eq!(refused, StructuredError::Option(option));
        }
        for contact in [
            "https://x.test/",
            "mailto:",
            "mailto:a\"b",
            "tel:+7 700",
            "sip:a@b",
        ] {
            let refused = new(65_001, contact, "x").unwrap_err();
            assert_eq!(refused, StructuredError::Contact(contact.to_owned()));
        }
        let refused = new(65_001, "tel:+7", " ").unwrap_err();
        assert_eq!(refused, StructuredError::Organisation);
    }

    proptest! {
        #[test]
        fn every_error_is_one_object_that_json_readers_read(
            contacts in proptest::collection::vec("(mailto|tel):[!-~]{1,40}", 0..5),
            name in proptest::option::of("\\PC{0,60}"),
            base in proptest::option::of("\\PC{0,60}"),
        ) {
            let Ok(errors) = StructuredErrors::new(65_001, contacts.clone(), name.clone(), Language::Ru) else {
                return Ok(());
            };
            let texts = texts(&errors, base.as_deref());
            let full: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
            prop_assert_eq!(&full["l"], "ru");
            prop_assert_eq!(full.get("o").and_then(|o| o.as_str()), name.as_deref());
            prop_assert_eq!(full.get("c").map_or(0, |c| c.as_array().unwrap().len()), contacts.len());
            let words = full["j"].as_str().unwrap();
            let end = base.map_or_else(|| "Q-2026-000123".to_owned(), |base| base + "Q-2026-000123");
            prop_assert!(words.ends_with(&end), "{}", words);
            prop_assert!(full.get("s").is_none(), "never with error 16");
            if !texts[1].is_empty() {
                serde_json::from_str::<serde_json::Value>(&texts[1]).unwrap();
            }
        }
    }
}
