//! What a read table looks like, and the statements that follow from it.

use crate::tenants;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Bool,
    Int2,
    Int8,
    OptionalInt8,
    Text,
    OptionalText,
    Timestamp,
    OptionalTimestamp,
    Uuid,
    /// A whole number that may outgrow a `bigint`, as sums over a long history do.
    Wide,
}

impl Cell {
    const fn declaration(self) -> &'static str {
        match self {
            Self::Bool => "boolean not null",
            Self::Int2 => "smallint not null",
            Self::Int8 => "bigint not null",
            Self::OptionalInt8 => "bigint",
            // Names are compared as bytes, as they are in the log.
            Self::Text => "text collate \"C\" not null",
            Self::OptionalText => "text collate \"C\"",
            Self::Timestamp => "timestamptz not null",
            Self::OptionalTimestamp => "timestamptz",
            Self::Uuid => "uuid not null",
            Self::Wide => "numeric not null",
        }
    }

    pub(crate) const fn oid(self) -> u32 {
        match self {
            Self::Bool => 16,
            Self::Int2 => 21,
            Self::Int8 | Self::OptionalInt8 => 20,
            Self::Text | Self::OptionalText => 25,
            Self::Timestamp | Self::OptionalTimestamp => 1184,
            Self::Uuid => 2950,
            Self::Wide => 1700,
        }
    }

    pub(crate) const fn array_oid(self) -> u32 {
        match self {
            Self::Bool => 1000,
            Self::Int2 => 1005,
            Self::Int8 | Self::OptionalInt8 => 1016,
            Self::Text | Self::OptionalText => 1009,
            Self::Timestamp | Self::OptionalTimestamp => 1185,
            Self::Uuid => 2951,
            Self::Wide => 1231,
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub cell: Cell,
}

/// Whether later events change a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// A row is written once; only such tables grow with the log.
    Appended,
    /// There is one row per key, and a rebuild keeps them all in memory.
    Keyed,
}

/// How a row says to which user it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// By the column of this name.
    Column(&'static str),
    /// By what this comes to, over the columns of the row; null where the row is nobody's.
    Expression(&'static str),
}

/// A table of a projection, written by the engine alone.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub columns: &'static [Column],
    pub key: &'static [&'static str],
    /// Columns by which rows are looked for as well.
    pub indexes: &'static [&'static [&'static str]],
    pub keeping: Keeping,
    /// Who sees a row beside staff; where there is none, staff alone.
    pub owner: Option<Owner>,
}

impl Table {
    pub(crate) fn fields(&self) -> i16 {
        i16::try_from(self.columns.len()).expect("a table has few columns")
    }

    /// The columns of the key, in the order in which a key is written.
    pub(crate) fn key_columns(&self) -> Vec<Column> {
        let column = |name: &&str| {
            let found = self.columns.iter().find(|column| column.name == *name);
            *found.expect("the key names columns of its table")
        };
        self.key.iter().map(column).collect()
    }

    fn names(&self) -> String {
        self.columns
            .iter()
            .map(|column| column.name)
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// Without its key, which is cheaper to add once the rows are there.
    pub(crate) fn create(&self, schema: &str) -> String {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|column| format!("{} {}", column.name, column.cell.declaration()))
            .collect();
        let room = if self.keeping == Keeping::Keyed {
            " with (fillfactor = 70)"
        } else {
            ""
        };
        format!(
            "create table {schema}.{} ({}){room}",
            self.name,
            columns.join(", ")
        )
    }

    pub(crate) fn add_key(&self, schema: &str) -> String {
        format!(
            "alter table {schema}.{} add primary key ({})",
            self.name,
            self.key.join(", ")
        )
    }

    /// One for each; they are named by their columns.
    pub(crate) fn add_indexes(&self, schema: &str) -> impl Iterator<Item = String> {
        self.indexes.iter().map(move |columns| {
            let (names, columns) = (columns.join("_"), columns.join(", "));
            format!(
                "create index {0}_{names}_idx on {schema}.{0} ({columns})",
                self.name
            )
        })
    }

    /// From here on readers see the rows of the one for whom they read, or all if that is staff;
    /// whoever folds still sees and writes everything, but can no more copy into the table.
    pub(crate) fn guard(&self, schema: &str) -> String {
        let table = format!("{schema}.{}", self.name);
        let (folds, reads) = (migrations::APPLICATION_ROLE, tenants::ROLE);
        let seen = match self.owner {
            None => tenants::IS_STAFF.to_owned(),
            Some(Owner::Column(owner) | Owner::Expression(owner)) => {
                format!("{owner} = {} or {}", tenants::TENANT, tenants::IS_STAFF)
            }
        };
        format!(
            "alter table {table} enable row level security, force row level security; \
             create policy folds on {table} to {folds} using (true) with check (true); \
             create policy reads on {table} for select to {reads} using ({seen}); \
             grant select on {table} to {reads}"
        )
    }

    pub(crate) fn copy_in(&self, schema: &str) -> String {
        format!(
            "copy {schema}.{} ({}) from stdin (format binary)",
            self.name,
            self.names()
        )
    }

    pub(crate) fn copy_out(&self, schema: &str) -> String {
        format!(
            "copy {schema}.{} ({}) to stdout (format binary)",
            self.name,
            self.names()
        )
    }

    /// Writes as many rows as its array parameters, one a column, have elements.
    pub(crate) fn write(&self, schema: &str) -> String {
        let values: Vec<_> = (1..=self.columns.len())
            .map(|number| format!("unnest(${number})"))
            .collect();
        let insert = format!(
            "insert into {schema}.{} ({}) select {}",
            self.name,
            self.names(),
            values.join(", ")
        );
        if self.keeping == Keeping::Appended {
            return insert;
        }
        let changed: Vec<_> = self
            .columns
            .iter()
            .filter(|column| !self.key.contains(&column.name))
            .map(|column| format!("{0} = excluded.{0}", column.name))
            .collect();
        format!(
            "{insert} on conflict ({}) do update set {}",
            self.key.join(", "),
            changed.join(", ")
        )
    }

    /// The rows that stand under the keys in its array parameters, one a column of the key.
    pub(crate) fn find(&self, schema: &str) -> String {
        let columns: Vec<_> = self
            .columns
            .iter()
            .map(|column| format!("t.{}", column.name))
            .collect();
        let wanted: Vec<_> = (1..=self.key.len())
            .map(|number| format!("${number}"))
            .collect();
        let same: Vec<_> = self
            .key
            .iter()
            .map(|name| format!("t.{name} = k.{name}"))
            .collect();
        format!(
            "select {} from unnest({}) as k ({}) join {schema}.{} t on {}",
            columns.join(", "),
            wanted.join(", "),
            self.key.join(", "),
            self.name,
            same.join(" and ")
        )
    }
}
