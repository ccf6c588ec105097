//! The web app that this program carries, and what its pages may connect to.

use std::io::Write as _;
use std::process::ExitCode;

use api::{App, AppFile, Product};
use objects::Place;

/// Served beside the API; people upload straight to an S3 where there is one.
pub fn app(place: &Place) -> App {
    let files = webapp::FILES.iter().map(|file| AppFile {
        path: file.path,
        bytes: file.bytes,
        brotli: file.brotli,
        gzip: file.gzip,
    });
    App::new(files, storage(place).as_deref())
}

/// Where browsers send parts of uploads, as an origin; nothing where it is this program itself.
fn storage(place: &Place) -> Option<String> {
    let Place::S3 {
        endpoint, region, ..
    } = place
    else {
        return None;
    };
    let Some(endpoint) = endpoint else {
        return Some(format!("https://s3.{region}.amazonaws.com"));
    };
    let (scheme, rest) = endpoint.split_once("://")?;
    let host = rest.split('/').next()?;
    Some(format!("{scheme}://{host}"))
}

/// Prints what the API can be asked: what `/openapi.json` says, for programs that are built from it.
pub fn openapi() -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    out.write_all(&Product::document())?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn s3(endpoint: Option<&str>) -> Place {
        Place::S3 {
            bucket: "b".to_owned(),
            prefix: String::new(),
            endpoint: endpoint.map(str::to_owned),
            region: "eu-west-1".to_owned(),
            access_key: "a".to_owned(),
            secret_key: "s".to_owned(),
        }
    }

    #[test]
    fn pages_connect_to_where_parts_are_sent_and_nowhere_else() {
        assert_eq!(storage(&Place::Disk("objects".into())), None);
        let own = storage(&s3(Some("http://s3.example:9000/below")));
        assert_eq!(own.as_deref(), Some("http://s3.example:9000"));
        let usual = storage(&s3(None));
        assert_eq!(usual.as_deref(), Some("https://s3.eu-west-1.amazonaws.com"));
    }
}
