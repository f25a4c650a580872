//! Absolute links inside the world: files say `{{base:HOST}}`, because the port is known only when
//! the world runs.

const OPEN: &[u8] = b"{{base:";
const CLOSE: &[u8] = b"}}";

/// Splits text at `{{base:HOST}}`: calls `each(plain, host)` for every piece; host is `None` at the end.
pub(crate) fn pieces<'a>(mut rest: &'a [u8], mut each: impl FnMut(&'a [u8], Option<&'a str>)) {
    while let Some(start) = find(rest, OPEN) {
        let after = &rest[start + OPEN.len()..];
        let Some(end) = find(after, CLOSE) else { break };
        each(
            &rest[..start],
            Some(std::str::from_utf8(&after[..end]).unwrap_or("")),
        );
        rest = &after[end + CLOSE.len()..];
    }
    each(rest, None);
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|w| w == what)
}

/// The absolute base of a host, `http://HOST[:PORT]`, without a final slash.
pub(crate) fn base(host: &str, port: u16) -> String {
    if port == 80 {
        format!("http://{host}")
    } else {
        format!("http://{host}:{port}")
    }
}

/// Replaces every `{{base:HOST}}`.
pub(crate) fn with_bases(bytes: &[u8], port: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 64);
    pieces(bytes, |plain, host| {
        out.extend_from_slice(plain);
        if let Some(host) = host {
            out.extend_from_slice(base(host, port).as_bytes());
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn pieces_lose_no_byte() {
        let mut out = Vec::new();
        pieces(b"\xff{{base:a.test}}/x {{base:broken", |plain, host| {
            out.extend_from_slice(plain);
            out.extend_from_slice(host.unwrap_or_default().as_bytes());
        });
        assert_eq!(out, b"\xffa.test/x {{base:broken");
    }

    #[test]
    fn bases_are_replaced_and_other_bytes_are_left_alone() {
        let page = b"\xcf\xf0 <a href={{base:a.test}}/x> {{base:b.test}}";
        assert_eq!(
            with_bases(page, 8099),
            b"\xcf\xf0 <a href=http://a.test:8099/x> http://b.test:8099"
        );
        assert_eq!(base("a.test", 80), "http://a.test");
    }

    proptest! {
        #[test]
        fn any_bytes_come_through_and_hosts_are_the_only_change(before: Vec<u8>, after: Vec<u8>) {
            prop_assume!(find(&before, OPEN).is_none() && find(&after, OPEN).is_none());
            let page = [&before, b"{{base:a.test}}".as_slice(), &after].concat();
            // A file that ends in half an opening may swallow ours; then nothing is replaced there.
            prop_assume!(find(&page, OPEN) == Some(before.len()));
            let expected = [&before, b"http://a.test:81".as_slice(), &after].concat();
            prop_assert_eq!(with_bases(&page, 81), expected);
        }
    }
}
