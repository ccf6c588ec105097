//! Which of the ways in which a file lies here a browser can read.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_ENCODING;

use super::AppFile;

/// How a file is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Brotli,
    Gzip,
    Identity,
}

impl Encoding {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// The smallest that is accepted. A browser's own preference among them is not asked for: whoever
/// reads brotli reads the smallest file soonest.
pub fn accepted(headers: &HeaderMap, file: &AppFile) -> (Encoding, &'static [u8]) {
    if let Some(bytes) = file.brotli.filter(|_| reads(headers, Encoding::Brotli)) {
        return (Encoding::Brotli, bytes);
    }
    if let Some(bytes) = file.gzip.filter(|_| reads(headers, Encoding::Gzip)) {
        return (Encoding::Gzip, bytes);
    }
    (Encoding::Identity, file.bytes)
}

fn reads(headers: &HeaderMap, encoding: Encoding) -> bool {
    let lines = headers.get_all(ACCEPT_ENCODING).into_iter();
    let mut items = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    items.any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default();
        let refused = parts.any(|it| {
            let weight = it.strip_prefix("q=");
            weight.is_some_and(|it| it.trim_start_matches(['0', '.']).is_empty())
        });
        named.eq_ignore_ascii_case(encoding.name()) && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: AppFile = AppFile {
        path: "/a.js",
        bytes: b"plain",
        brotli: Some(b"br"),
        gzip: Some(b"gz"),
    };

    fn sent(said: &[&'static str], file: &AppFile) -> Encoding {
        let mut headers = HeaderMap::new();
        for line in said {
            headers.append(ACCEPT_ENCODING, line.parse().unwrap());
        }
        accepted(&headers, file).0
    }

    #[test]
    fn the_smallest_that_can_be_read_is_sent() {
        assert_eq!(sent(&["gzip, deflate, br, zstd"], &FILE), Encoding::Brotli);
        assert_eq!(sent(&["gzip", "BR;q=0.1"], &FILE), Encoding::Brotli);
        assert_eq!(sent(&["gzip, br;q=0"], &FILE), Encoding::Gzip);
        assert_eq!(sent(&["br;q=0.000, gzip;q=0.0"], &FILE), Encoding::Identity);
        assert_eq!(sent(&["brotli, x-gzip"], &FILE), Encoding::Identity);
        assert_eq!(sent(&[], &FILE), Encoding::Identity);
        let plain = AppFile {
            brotli: None,
            ..FILE
        };
        assert_eq!(sent(&["br, gzip"], &plain), Encoding::Gzip);
    }
}
