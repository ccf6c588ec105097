//! A folder of this machine as a shelf.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use futures::StreamExt as _;
use objects::{Place, Shelf, ShelfError};

use crate::{all, key, sha256, some_bytes, stream, upload};

fn shelf(folder: &Path) -> Shelf {
    Shelf::open(&Place::Disk(folder.join("objects"))).unwrap()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        }
        found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    found.sort();
    found
}

#[tokio::test]
async fn parts_that_come_in_any_order_and_again_are_one_object() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let bytes = some_bytes(25_000);
    let upload = upload(key(1), bytes.len(), 10_000);
    let missing = shelf.finish(&upload, true).await.unwrap_err();
    assert!(matches!(missing, ShelfError::PartsMissing(it) if it == [1, 2, 3]));
    for number in [3, 1, 2, 1] {
        let begin = usize::try_from(upload.begin_of(number)).unwrap();
        let part = &bytes[begin..bytes.len().min(begin + 10_000)];
        let put = shelf.put_part(&upload, number, Some(sha256(part)), stream(part));
        put.await.unwrap();
    }
    let parts = shelf.parts(&upload).await.unwrap();
    let sizes: Vec<u64> = parts.iter().map(|it| it.bytes).collect();
    assert_eq!(sizes, [10_000, 10_000, 5_000]);
    for _ in 0..2 {
        let finished = shelf.finish(&upload, true).await.unwrap();
        assert_eq!((finished.bytes, finished.sha256), (25_000, sha256(&bytes)));
        assert_eq!(std::fs::read(finished.path.unwrap()).unwrap(), bytes);
    }
    let middle = shelf.read(&upload.key, 9_990, 30).await.unwrap();
    assert_eq!(all(middle).await, &bytes[9_990..10_020]);
    let late = shelf
        .put_part(&upload, 1, None, stream(&bytes[..10_000]))
        .await;
    assert!(matches!(late, Err(ShelfError::Complete)));
    assert_eq!(
        files(folder.path())
            .iter()
            .filter(|it| *it == "whole")
            .count(),
        0
    );
}

#[tokio::test]
async fn a_part_counts_only_if_all_of_it_came_and_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let bytes = some_bytes(100);
    let upload = upload(key(1), 100, 100);
    let put = async |sha256, body| shelf.put_part(&upload, 1, sha256, body).await;
    put(None, stream(&bytes)).await.unwrap();
    let short = put(None, stream(&bytes[..99])).await;
    assert!(matches!(short, Err(ShelfError::WrongLength)));
    // What was there is being written over, so it does not count either.
    assert_eq!(shelf.parts(&upload).await.unwrap(), []);
    let long = put(None, stream(&some_bytes(101))).await;
    assert!(matches!(long, Err(ShelfError::WrongLength)));
    let other = put(Some([0; 32]), stream(&bytes)).await;
    assert!(matches!(other, Err(ShelfError::WrongHash)));
    let gone = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    let broken = stream(&bytes[..50]).chain(futures::stream::iter([Err(gone)]));
    assert!(matches!(
        put(None, broken.boxed()).await,
        Err(ShelfError::Sender(_))
    ));
    assert_eq!(shelf.parts(&upload).await.unwrap(), []);
    let none = shelf.put_part(&upload, 2, None, stream(&bytes)).await;
    assert!(matches!(none, Err(ShelfError::NoSuchPart)));
}

#[tokio::test]
async fn what_is_let_go_leaves_nothing_and_others_may_not_look() {
    let folder = tempfile::tempdir().unwrap();
    let shelf = shelf(folder.path());
    let one = upload(key(1), 10, 10);
    shelf
        .put_part(&one, 1, None, stream(&some_bytes(10)))
        .await
        .unwrap();
    let mode = std::fs::metadata(folder.path().join("objects"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    shelf.abandon(&one).await.unwrap();
    shelf
        .put_part(&one, 1, None, stream(&some_bytes(10)))
        .await
        .unwrap();
    shelf.finish(&one, false).await.unwrap();
    shelf
        .write_inspection(&one.key, b"{}".to_vec())
        .await
        .unwrap();
    assert_eq!(shelf.read_inspection(&one.key).await.unwrap(), "{}");
    for _ in 0..2 {
        shelf.abandon(&one).await.unwrap();
        shelf.remove(&one.key).await.unwrap();
    }
    assert_eq!(files(folder.path()), ["dataset", "objects", "user_1"]);
    let gone = shelf.read(&one.key, 0, 1).await.err().unwrap();
    assert!(matches!(gone, ShelfError::Missing));
}
