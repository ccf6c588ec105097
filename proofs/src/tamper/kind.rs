//! The five ways of tampering.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Change,
    Delete,
    Swap,
    Insert,
    Truncate,
}

impl Kind {
    pub const ALL: [Self; 5] = [
        Self::Change,
        Self::Delete,
        Self::Swap,
        Self::Insert,
        Self::Truncate,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Delete => "delete",
            Self::Swap => "swap",
            Self::Insert => "insert",
            Self::Truncate => "truncate",
        }
    }
}
