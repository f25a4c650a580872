//! What a site has in common with a host that a licence register names: the same icon, or text that
//! is alike. A resemblance is stated with both places; it accuses nobody.

use data::Store;
use data::network::Found;
use serde::Serialize;

use crate::identifier::text::{Sketch, likeness};

/// From this likeness on two texts are worth showing beside each other.
pub const ALIKE_FROM: f64 = 0.5;

/// A resemblance to a host of a register row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Resemblance {
    /// `text.main`, `text.legal` or `favicon`: what is alike.
    pub kind: String,
    /// The host of the register row.
    pub host: String,
    /// How much is alike, 0 to 1.
    pub likeness: f64,
    /// Here: address, capture and beginning.
    pub here: Place,
    /// There.
    pub there: Place,
}

/// One of the two texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The page.
    pub url: String,
    /// Hex SHA-256 of the captured body.
    pub capture: String,
    /// How it begins.
    pub quote: String,
}

/// Compares a site's icon and sketches with those of hosts that registers name, as far as those were crawled;
/// the likest first.
///
/// # Errors
/// When the store fails.
pub async fn of_site(
    store: &Store,
    host: &str,
    icon: Option<&Found>,
    own: &[Sketch],
    registered: &[String],
) -> Result<Vec<Resemblance>, data::Error> {
    let mut found = Vec::new();
    if let Some(ours) = icon {
        for (other, sight) in data::network::shown_by(store, &ours.kind, &ours.value).await? {
            if other != host && registered.contains(&other) {
                found.push(Resemblance {
                    kind: ours.kind.clone(),
                    host: other,
                    likeness: 1.0,
                    here: Place {
                        url: ours.url.clone(),
                        capture: ours.capture.clone(),
                        quote: ours.quote.clone(),
                    },
                    there: Place {
                        url: sight.url,
                        capture: sight.capture,
                        quote: sight.quote,
                    },
                });
            }
        }
    }
    for other in registered.iter().filter(|other| *other != host) {
        for theirs in data::network::sketches(store, other).await? {
            let Some(ours) = own.iter().find(|sketch| sketch.part == theirs.part) else {
                continue;
            };
            let likeness = likeness(&ours.to_hex(), &theirs.minhash).unwrap_or(0.0);
            if likeness >= ALIKE_FROM {
                found.push(Resemblance {
                    kind: format!("text.{}", theirs.part),
                    host: other.clone(),
                    likeness,
                    here: Place {
                        url: ours.url.clone(),
                        capture: ours.capture.clone(),
                        quote: ours.quote.clone(),
                    },
                    there: Place {
                        url: theirs.url,
                        capture: theirs.capture,
                        quote: theirs.quote,
                    },
                });
            }
        }
    }
    found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use data::network::{NewSketch, Role};
    use data::testing::{Centre, NOW};
    use url::Url;

    use super::*;
    use crate::identifier::text;
    use crate::{assessment::Assessor, network::Weights};

    /// The terms of `host`, with words of its own where it differs from the others.
    fn terms(host: &str, own: usize) -> Vec<Sketch> {
        let words: String = (0..400)
            .map(|n| {
                let mark = if n < own { host } else { "шарт" };
                let letters: String = format!("{n}").bytes().map(|b| char::from(b + 49)).collect();
                format!("{mark}{letters} ")
            })
            .collect();
        let url = Url::parse(&format!("https://{host}/rules")).unwrap();
        let page =
            Assessor::shipped()
                .unwrap()
                .page(url, "cd".repeat(32), &format!("<p>{words}</p>"));
        text::of_site(&[Arc::new(page)])
    }

    fn icon(host: &str, role: Role) -> Found {
        Found {
            kind: "favicon".into(),
            value: "ef".repeat(32),
            role,
            place: "link[rel=icon]".into(),
            url: format!("https://{host}/i.png"),
            capture: "ef".repeat(32),
            quote: String::new(),
        }
    }

    #[tokio::test]
    async fn copied_terms_and_icons_of_a_registered_host_are_told_with_both_places() {
        let centre = Centre::new().await;
        let store = &centre.store;
        centre.plant_case("licensed.test").await;
        let theirs = terms("licensed.test", 0);
        let kept = NewSketch {
            host: "licensed.test",
            part: theirs[0].part,
            minhash: &theirs[0].to_hex(),
            words: 400,
            url: &theirs[0].url,
            capture: &theirs[0].capture,
            quote: &theirs[0].quote,
            at: NOW,
        };
        data::network::keep_sketch(store, kept).await.unwrap();
        let found = [icon("licensed.test", Role::Reserved)];
        data::network::update(store, "licensed.test", &found, NOW, &Weights)
            .await
            .unwrap();

        let registered = ["licensed.test".to_owned()];
        let copy = icon("copy.test", Role::Own);
        let ours = terms("copy.test", 20);
        let alike = of_site(store, "copy.test", Some(&copy), &ours, &registered)
            .await
            .unwrap();
        let kinds: Vec<&str> = alike.iter().map(|found| found.kind.as_str()).collect();
        assert_eq!(kinds, ["favicon", "text.legal"]);
        assert!(alike[1].likeness > 0.7 && alike[1].there.url.contains("licensed.test"));

        // Another text; the same host itself; and a host that no register names.
        for (host, icon, sketches, registered) in [
            (
                "other.test",
                None,
                &terms("other.test", 390),
                &registered[..],
            ),
            ("licensed.test", Some(&copy), &theirs, &registered),
            ("copy.test", Some(&copy), &ours, &[]),
        ] {
            let none = of_site(store, host, icon, sketches, registered).await;
            assert_eq!(none.unwrap(), [], "{host}");
        }
    }
}
