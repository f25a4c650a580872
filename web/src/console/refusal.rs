//! Why the guard refuses a name, in words an officer can act on: what is protected, by which list,
//! and what to do next.

use blocklist::guard::{Refusal, Relation, Tier};

use crate::{
    hostile,
    language::Lang,
    messages::{self, Value, key},
    names::Shown,
};

/// Lists whose names are parents of many unrelated sites.
const SHARED: [&str; 4] = [
    "floor/public-suffix",
    "floor/shared",
    "shared-hosting",
    "cdn-cloud",
];

/// The whole refusal in three sentences.
pub(crate) fn words(lang: Lang, refusal: &Refusal) -> String {
    let name = Shown::new(&refusal.name).whole();
    let protected = Shown::new(&refusal.protected).whole();
    let values = [
        ("name", Value::Text(&name)),
        ("protected", Value::Text(&protected)),
    ];
    let list = list_title(lang, refusal);
    let sentences = match refusal.relation {
        Relation::Same => messages::text(lang, key("protected-same"), &values[..1]),
        Relation::Below => messages::text(lang, key("protected-below"), &values),
        Relation::Above => messages::text(lang, key("protected-above"), &values),
    };
    format!(
        "{sentences} {} {}",
        messages::text(lang, key("protected-list"), &[("list", Value::Text(&list))]),
        messages::text(lang, next(refusal), &[]),
    )
}

/// What the officer does next.
fn next(refusal: &Refusal) -> &'static str {
    let list = refusal.list.as_str();
    match (refusal.relation, refusal.tier) {
        (Relation::Above, _) => key("protected-next-subtree"),
        (_, Tier::Raised) => key("protected-next-raised"),
        (Relation::Same, _) if SHARED.contains(&whole(list)) => key("protected-next-shared"),
        _ if list == "floor/demo" => key("protected-next-demo"),
        _ if list.starts_with("register/") => key("protected-next-register"),
        _ if list.starts_with("floor/") => key("protected-next-floor"),
        _ => key("protected-next-never"),
    }
}

/// The name of the list in the reader's language; a list of the operator's own shows its name and
/// reason as they stand in the log.
fn list_title(lang: Lang, refusal: &Refusal) -> String {
    let list = whole(&refusal.list);
    if let Some(register) = list.strip_prefix("register/") {
        let register = hostile::line(register, 60);
        let values = [("register", Value::Text(&register))];
        return messages::text(lang, key("protected-list-register"), &values);
    }
    let known = format!("protected-list-{}", list.replace('/', "-"));
    messages::find(lang, &known, &[]).unwrap_or_else(|| {
        let (list, reason) = (hostile::line(list, 60), hostile::line(&refusal.reason, 300));
        format!("{list} ({reason})")
    })
}

/// The list that a numbered part belongs to.
fn whole(list: &str) -> &str {
    match list.rsplit_once('/') {
        Some((whole, part)) if part.bytes().all(|c| c.is_ascii_digit()) => whole,
        _ => list,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use blocklist::{
        DomainName, Scope,
        guard::{Guard, GuardList, Reach, floor},
    };

    fn name(text: &str) -> DomainName {
        DomainName::parse(text).unwrap()
    }

    #[test]
    fn every_list_that_comes_with_the_program_has_a_title_in_three_languages() {
        let shipped = data::guards::shipped().unwrap();
        let lists = floor::lists()
            .into_iter()
            .chain(shipped)
            .map(|list| list.list);
        let more = [
            "floor/own",
            "floor/demo",
            "floor/public-suffix",
            "floor/special-use",
        ];
        for list in lists.chain(more.map(str::to_owned)) {
            let found = format!("protected-list-{}", list.replace('/', "-"));
            for lang in Lang::ALL {
                assert!(
                    messages::find(lang, &found, &[]).is_some(),
                    "{lang} {found}"
                );
            }
        }
    }

    #[test]
    fn a_refusal_says_what_why_and_what_next() {
        let mut guard = Guard::floor(false, &name("qalqan.kz"));
        let list = |list: &str, tier, names: &[&str]| GuardList {
            list: list.into(),
            tier,
            reach: Reach::Tree,
            reason: "one\u{202e} of ours".into(),
            names: names.iter().map(|text| name(text)).collect(),
        };
        guard.add(&list("kz-banks", Tier::Never, &["kaspi.kz"]));
        guard.add(&list("top-sites/2", Tier::Raised, &["adobe.com"]));
        guard.add(&list("own", Tier::Never, &["own.kz"]));
        guard.add(&list("register/afsa", Tier::Never, &["eurasia.big.one"]));
        for (text, scope, says) in [
            (
                "guide.kaspi.kz",
                Scope::Host,
                "guide.kaspi.kz stands below the protected name kaspi.kz. List: banks of Kazakhstan. It cannot",
            ),
            (
                "adobe.com",
                Scope::Host,
                "adobe.com is a protected name. List: sites many people use. It may be proposed for itself, not as urgent",
            ),
            (
                "own.kz",
                Scope::Host,
                "List: own (one[U+202E] of ours). It cannot be listed. Dismiss",
            ),
            (
                "big.one",
                Scope::Subtree,
                "The protected name eurasia.big.one stands below big.one. List: register afsa. Propose the host alone",
            ),
            (
                "eurasia.big.one",
                Scope::Host,
                "It cannot be listed while a register",
            ),
            (
                "github.io",
                Scope::Host,
                "Many unrelated sites stand below it.",
            ),
            (
                "қаз",
                Scope::Host,
                "қаз is a protected name. List: public suffix",
            ),
            ("egov.kz", Scope::Host, "no list can change that"),
        ] {
            let refusal = guard.check(&name(text), scope).unwrap_err();
            let shown = words(Lang::En, &refusal);
            assert!(shown.contains(says), "{shown}");
            assert!(words(Lang::Kk, &refusal).contains("Тізім: "));
            assert!(words(Lang::Ru, &refusal).contains("Список: "));
        }
    }
}
