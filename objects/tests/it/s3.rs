//! An S3 as a shelf, spoken to through us and directly.

use std::time::{Duration, Instant};

use http::{Method, StatusCode};
use objects::{ShelfError, Upload};

use crate::storage::{Bucket, ask, bucket};
use crate::{all, key, sha256, some_bytes, stream, upload};

const HOUR: Duration = Duration::from_hours(1);
/// The smallest that an S3 takes, but for the last.
const PART: u64 = 5 << 20;
const ATTACHMENT: &str = "attachment; filename=\"a b.csv\"; filename*=UTF-8''%D0%B0.csv";

async fn begun(bucket: &Bucket, number: u32, bytes: usize) -> Upload {
    let mut upload = upload(key(number), bytes, PART);
    upload.known_as = bucket.shelf.begin(&upload.key).await.unwrap();
    upload
}

fn part_of<'a>(upload: &Upload, bytes: &'a [u8], number: u32) -> &'a [u8] {
    let begin = usize::try_from(upload.begin_of(number)).unwrap();
    let length = usize::try_from(upload.bytes_of(number).unwrap()).unwrap();
    &bytes[begin..begin + length]
}

async fn url(bucket: &Bucket, upload: &Upload, number: u32, lasts: Duration) -> String {
    let url = bucket.shelf.part_url(upload, number, lasts).await;
    url.unwrap().unwrap()
}

async fn put(url: &str, bytes: &[u8]) -> StatusCode {
    ask(Method::PUT, url, bytes).await.unwrap().status()
}

#[tokio::test]
async fn parts_go_by_links_or_through_us_and_are_one_object() {
    let bucket = bucket("whole").await;
    let bytes = some_bytes(12 << 20);
    let upload = begun(&bucket, 1, bytes.len()).await;
    let direct = url(&bucket, &upload, 2, HOUR).await;
    assert_eq!(
        put(&direct, part_of(&upload, &bytes, 2)).await,
        StatusCode::OK
    );
    let missing = bucket.shelf.finish(&upload, false).await.unwrap_err();
    assert!(matches!(missing, ShelfError::PartsMissing(it) if it == [1, 3]));
    for number in [3, 1] {
        let part = part_of(&upload, &bytes, number);
        let sent = bucket
            .shelf
            .put_part(&upload, number, Some(sha256(part)), stream(part));
        sent.await.unwrap();
    }
    let parts = bucket.shelf.parts(&upload).await.unwrap();
    assert_eq!(upload.missing(&parts), Vec::<u32>::new());
    // Asked again, it is so already: whoever was killed in between goes on.
    for copy in [true, false] {
        let finished = bucket.shelf.finish(&upload, copy).await.unwrap();
        assert_eq!(finished.bytes, upload.bytes);
        assert_eq!(finished.sha256, sha256(&bytes));
        let copied = finished
            .path
            .as_ref()
            .map(|path| std::fs::read(path).unwrap());
        assert_eq!(copied, copy.then(|| bytes.clone()));
    }
    let middle = bucket.shelf.read(&upload.key, 6 << 20, 100).await.unwrap();
    assert_eq!(all(middle).await, &bytes[6 << 20..(6 << 20) + 100]);
    let late = put(&direct, part_of(&upload, &bytes, 2)).await;
    assert_eq!(late, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_part_that_is_wrong_never_gets_there() {
    let bucket = bucket("wrong").await;
    let bytes = some_bytes(100_000);
    let upload = begun(&bucket, 1, bytes.len()).await;
    let send = async |sha256, body| bucket.shelf.put_part(&upload, 1, sha256, body).await;
    assert!(matches!(
        send(Some([0; 32]), stream(&bytes)).await,
        Err(ShelfError::WrongHash)
    ));
    assert!(matches!(
        send(None, stream(&bytes[..99_999])).await,
        Err(ShelfError::WrongLength)
    ));
    assert!(matches!(
        send(None, stream(&some_bytes(100_001))).await,
        Err(ShelfError::WrongLength)
    ));
    assert_eq!(bucket.shelf.parts(&upload).await.unwrap(), []);
}

#[tokio::test]
async fn a_link_that_was_changed_or_has_expired_is_refused() {
    let bucket = bucket("links").await;
    let bytes = some_bytes(1_000);
    let upload = begun(&bucket, 1, bytes.len()).await;
    let good = url(&bucket, &upload, 1, HOUR).await;
    let last = if good.ends_with('0') { "1" } else { "0" };
    let signature = format!("{}{last}", &good[..good.len() - 1]);
    for changed in [
        signature,
        good.replace("partNumber=1", "partNumber=2"),
        good.replace("object_1", "object_2"),
        good.replace("X-Amz-Expires=3600", "X-Amz-Expires=36000"),
    ] {
        assert_ne!(changed, good);
        assert_eq!(
            put(&changed, &bytes).await,
            StatusCode::FORBIDDEN,
            "{changed}"
        );
    }
    assert_eq!(bucket.shelf.parts(&upload).await.unwrap(), []);
    assert_eq!(put(&good, &bytes).await, StatusCode::OK);
    bucket.shelf.finish(&upload, false).await.unwrap();

    let link = bucket.shelf.read_url(&upload.key, ATTACHMENT, HOUR).await;
    let link = link.unwrap().unwrap();
    let read = ask(Method::GET, &link, b"").await.unwrap();
    assert_eq!(
        (read.status(), read.body().as_ref()),
        (StatusCode::OK, &bytes[..])
    );
    assert_eq!(read.headers()["content-disposition"], ATTACHMENT);
    let written = put(&link, &bytes).await;
    assert_eq!(written, StatusCode::FORBIDDEN);

    // Its own clock says when: a link for a second is tried until it is no more.
    let brief = bucket
        .shelf
        .read_url(&upload.key, ATTACHMENT, Duration::from_secs(1));
    let brief = brief.await.unwrap().unwrap();
    let begun = Instant::now();
    while ask(Method::GET, &brief, b"").await.unwrap().status() != StatusCode::FORBIDDEN {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it never expires"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn what_is_let_go_is_gone_and_a_stranger_gets_nothing() {
    let bucket = bucket("gone").await;
    let bytes = some_bytes(1_000);
    let abandoned = begun(&bucket, 1, bytes.len()).await;
    let sent = bucket.shelf.put_part(&abandoned, 1, None, stream(&bytes));
    sent.await.unwrap();
    for _ in 0..2 {
        bucket.shelf.abandon(&abandoned).await.unwrap();
    }
    assert_eq!(bucket.shelf.parts(&abandoned).await.unwrap(), []);
    let kept = begun(&bucket, 2, bytes.len()).await;
    bucket
        .shelf
        .put_part(&kept, 1, None, stream(&bytes))
        .await
        .unwrap();
    bucket.shelf.finish(&kept, false).await.unwrap();
    bucket
        .shelf
        .write_inspection(&kept.key, b"{}".to_vec())
        .await
        .unwrap();
    assert_eq!(bucket.shelf.read_inspection(&kept.key).await.unwrap(), "{}");
    let stolen = bucket.stranger.read(&kept.key, 0, 10).await;
    assert!(matches!(stolen.err().unwrap(), ShelfError::Store(_)));
    for _ in 0..2 {
        bucket.shelf.remove(&kept.key).await.unwrap();
    }
    let gone = bucket.shelf.read(&kept.key, 0, 10).await.err().unwrap();
    assert!(matches!(gone, ShelfError::Missing), "{gone:?}");
    let gone = bucket.shelf.read_inspection(&kept.key).await.unwrap_err();
    assert!(matches!(gone, ShelfError::Missing), "{gone:?}");
}
