//! Networks without what points to a person: phones, handles and mail addresses are shortened, and
//! the pages' words around them and the officers' names are left out. Whatever leaves the console
//! goes through here, unless somebody states a reason, which is audited.

use super::{
    Reason,
    file::{NetworkFile, Volume},
};

/// What stands where something was left out.
const LEFT_OUT: &str = "…";

/// Whether an identifier of this kind is a person's.
#[must_use]
pub fn is_personal(kind: &str) -> bool {
    matches!(kind, "phone" | "email" | "telegram")
}

/// An identifier as it may be shown outside.
#[must_use]
pub fn value(kind: &str, value: &str) -> String {
    let first = |count: usize| value.chars().take(count).collect::<String>();
    match kind {
        "phone" => {
            let count = value.chars().count();
            let last: String = value.chars().skip(count.saturating_sub(2)).collect();
            format!("{}{LEFT_OUT}{last}", first(2))
        }
        "email" => {
            let domain = value.rsplit_once('@').map_or("", |(_, domain)| domain);
            format!("{}{LEFT_OUT}@{domain}", first(1))
        }
        kind if is_personal(kind) => format!("{}{LEFT_OUT}", first(2)),
        _ => value.to_owned(),
    }
}

/// Takes out of a network what points to a person.
pub fn network(file: &mut NetworkFile) {
    for edge in &mut file.edges {
        edge.reasons.iter_mut().for_each(reason);
        if let Some(cut) = &mut edge.cut {
            LEFT_OUT.clone_into(&mut cut.officer);
            LEFT_OUT.clone_into(&mut cut.why);
        }
    }
    for identifier in &mut file.identifiers {
        identifier.value = value(&identifier.kind, &identifier.value);
        if let Some(mark) = &mut identifier.nobodys {
            mark.value.clone_from(&identifier.value);
            LEFT_OUT.clone_into(&mut mark.officer);
            LEFT_OUT.clone_into(&mut mark.why);
        }
        for seen in &mut identifier.sites {
            seen.quote.clear();
            without_query(&mut seen.url);
        }
    }
    volumes(&mut file.volumes);
}

/// Takes the officers' names out of volumes.
pub fn volumes(rows: &mut [Volume]) {
    for row in rows {
        LEFT_OUT.clone_into(&mut row.officer);
    }
}

fn reason(reason: &mut Reason) {
    reason.value = value(&reason.kind, &reason.value);
    for sight in [&mut reason.a, &mut reason.b] {
        sight.quote.clear();
        without_query(&mut sight.url);
    }
}

/// An address may hold a number or a handle in its query.
fn without_query(url: &mut String) {
    if let Some(at) = url.find('?') {
        url.truncate(at);
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn people_are_shortened_and_wallets_are_not() {
        assert_eq!(value("phone", "+77012345679"), "+7…79");
        assert_eq!(value("email", "aliya@mail.test"), "a…@mail.test");
        assert_eq!(value("telegram", "tez_aiyrbas"), "te…");
        assert_eq!(value("telegram", "қ"), "қ…");
        assert_eq!(value("wallet.tron", "TR7NHq"), "TR7NHq");
    }
}
