//! What the app's page may load and ask: what comes from here, and the storage that people send to.

use axum::http::HeaderValue;

/// For a page that is nothing but text in our style.
pub const WITHOUT_SCRIPTS: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
                                   form-action 'none'; frame-ancestors 'none'";

/// Nothing written in line runs or shows. Pictures may be made by the page itself: previews and
/// the picture of a second factor.
pub fn policy(storage: Option<&str>) -> HeaderValue {
    let storage = storage.filter(|it| is_origin(it));
    let storage = storage.map_or_else(String::new, |it| format!(" {it}"));
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self'{storage}; manifest-src 'self'; worker-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::from_str(&policy).expect("an origin is visible ASCII")
}

/// A scheme and a host, perhaps a port: anything else would say more than it should.
fn is_origin(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|host| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
        !host.is_empty() && host.chars().all(fits)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_connects_to_us_and_to_the_storage_and_runs_nothing_written_in_line() {
        let alone = policy(None);
        let alone = alone.to_str().unwrap();
        assert!(alone.contains("connect-src 'self';"), "{alone}");
        assert!(!alone.contains("unsafe"), "{alone}");
        let with = policy(Some("https://s3.example:9000"));
        let with = with.to_str().unwrap();
        assert!(with.contains("connect-src 'self' https://s3.example:9000;"));
        for wrong in ["*", "https://", "https://a;script-src *", "https://a b", ""] {
            assert_eq!(policy(Some(wrong)).to_str().unwrap(), alone, "{wrong}");
        }
    }
}
