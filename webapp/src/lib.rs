//! The built web app as the program carries it: every file of `web/dist`, compressed beforehand.

/// A file that was built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Where browsers ask for it, such as `/assets/index-4f2a.js`.
    pub path: &'static str,
    pub bytes: &'static [u8],
    pub brotli: Option<&'static [u8]>,
    pub gzip: Option<&'static [u8]>,
}

/// All of them; none where the app was not built before the program.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_app_that_was_built_has_a_page_and_all_paths_begin_at_the_root() {
        if FILES.is_empty() {
            return;
        }
        assert!(FILES.iter().any(|file| file.path == "/index.html"));
        for file in FILES {
            assert!(file.path.starts_with('/'), "{}", file.path);
            assert!(!file.path.contains("/."), "{}", file.path);
        }
    }
}
