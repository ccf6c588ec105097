//! Packs folders of results and unpacks those of strangers, who may have packed anything.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::trouble::{OnDisk as _, Trouble};

const DEPTH_MAX: usize = 4;
const FILES_MAX: usize = 1_000;
/// What is above this in a file needs the long form of its length.
const LONG: u64 = 4_000_000_000;
const GROWTH_MAX: u64 = 4;
const GROWTH_FREE_BYTES: u64 = 8 * 1024 * 1024;

/// A file as it can be uploaded.
#[derive(Clone, Debug)]
pub struct Packed {
    pub path: PathBuf,
    pub bytes: u64,
    pub sha256: String,
}

/// Packs the files of a folder. Links are left out: who wrote them could name anything with them.
pub fn pack(folder: &Path, into: &Path) -> Result<Packed, Trouble> {
    let mut files = Vec::new();
    list(folder, "", 0, &mut files)?;
    files.sort();
    let file = File::create(into).on("cannot write", into)?;
    let mut archive = ZipWriter::new(BufWriter::new(file));
    for (name, path) in files {
        let from = File::open(&path).on("cannot read", &path)?;
        let bytes = from.metadata().on("cannot read", &path)?.len();
        // Weights are noise to a compressor.
        let method = if name.ends_with(".safetensors") {
            CompressionMethod::Stored
        } else {
            CompressionMethod::Deflated
        };
        let options = SimpleFileOptions::default().compression_method(method);
        let options = options.large_file(bytes > LONG).unix_permissions(0o644);
        let begun = archive.start_file(name, options);
        begun.map_err(|error| Trouble::wrong(format!("cannot pack: {error}")))?;
        io::copy(&mut BufReader::new(from), &mut archive).on("cannot pack", &path)?;
    }
    let file = archive.finish();
    let mut file = file.map_err(|error| Trouble::wrong(format!("cannot pack: {error}")))?;
    file.flush().on("cannot write", into)?;
    drop(file);
    let (bytes, sha256) = digest(into)?;
    Ok(Packed {
        path: into.to_owned(),
        bytes,
        sha256,
    })
}

fn list(
    folder: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<(String, PathBuf)>,
) -> Result<(), Trouble> {
    for entry in fs::read_dir(folder).on("cannot read", folder)? {
        let entry = entry.on("cannot read", folder)?;
        let path = entry.path();
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let name = format!("{prefix}{name}");
        let kind = entry.file_type().on("cannot read", &path)?;
        if kind.is_file() {
            files.push((name, path));
        } else if kind.is_dir() && depth < DEPTH_MAX {
            list(&path, &format!("{name}/"), depth + 1, files)?;
        }
        if files.len() > FILES_MAX {
            return Err(Trouble::wrong("there are too many files to hand in"));
        }
    }
    Ok(())
}

/// Unpacks the files at the top of an archive, and no more bytes than it can honestly hold.
pub fn unpack(archive: &Path, into: &Path) -> Result<(), Trouble> {
    let file = File::open(archive).on("cannot read", archive)?;
    let packed = file.metadata().on("cannot read", archive)?.len();
    let damaged = |error| Trouble::wrong(format!("the checkpoint is damaged: {error}"));
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
    let mut left = packed
        .saturating_mul(GROWTH_MAX)
        .saturating_add(GROWTH_FREE_BYTES);
    fs::create_dir_all(into).on("cannot make", into)?;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(damaged)?;
        let name = entry.name().map_err(damaged)?.into_owned();
        let is_plain = !name.contains(['/', '\\']) && !name.starts_with('.');
        if !entry.is_file() || !is_plain || entry.is_symlink() {
            return Err(Trouble::wrong(format!("the checkpoint holds {name:?}")));
        }
        let path = into.join(name);
        let mut file = File::create(&path).on("cannot write", &path)?;
        let written = io::copy(&mut entry.take(left + 1), &mut file).on("cannot write", &path)?;
        left = left
            .checked_sub(written)
            .ok_or_else(|| Trouble::wrong("the checkpoint grows without end"))?;
    }
    Ok(())
}

/// How long a file is, and its SHA-256 in hexadecimal.
pub fn digest(path: &Path) -> Result<(u64, String), Trouble> {
    let mut file = File::open(path).on("cannot read", path)?;
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut file, &mut hasher).on("cannot read", path)?;
    Ok((bytes, hex(&hasher.finalize())))
}

pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing into a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_without_links() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        fs::create_dir(&from).unwrap();
        fs::write(from.join("state.json"), "{}").unwrap();
        fs::write(from.join("arrays.safetensors"), vec![7; 100_000]).unwrap();
        symlink("/etc/hostname", from.join("leak")).unwrap();
        let packed = pack(&from, &folder.path().join("a.zip")).unwrap();
        let again = pack(&from, &folder.path().join("b.zip")).unwrap();
        assert_eq!(packed.sha256, again.sha256);
        assert_eq!(packed.bytes, fs::metadata(&packed.path).unwrap().len());
        let to = folder.path().join("to");
        unpack(&packed.path, &to).unwrap();
        assert_eq!(
            fs::read(to.join("arrays.safetensors")).unwrap(),
            vec![7; 100_000]
        );
        let names = fs::read_dir(&to).unwrap().count();
        assert_eq!(names, 2);
    }

    fn archive_of(path: &Path, name: &str, content: &[u8]) {
        let mut archive = ZipWriter::new(File::create(path).unwrap());
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
        archive.start_file(name, options).unwrap();
        archive.write_all(content).unwrap();
        archive.finish().unwrap();
    }

    #[test]
    fn an_archive_of_a_stranger_writes_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("evil.zip");
        for name in ["../evil", "/evil", "a/b", ".hidden", "..\\evil"] {
            archive_of(&path, name, b"x");
            let refused = unpack(&path, &folder.path().join("to"));
            assert!(refused.is_err(), "{name}");
        }
        assert!(!folder.path().join("evil").exists());
    }

    #[test]
    fn a_small_archive_cannot_fill_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.zip");
        archive_of(&path, "zeros", &vec![0; 9 * 1024 * 1024]);
        let refused = unpack(&path, &folder.path().join("to")).unwrap_err();
        assert!(refused.to_string().contains("without end"), "{refused}");
    }
}
