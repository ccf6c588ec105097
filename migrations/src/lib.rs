//! The schema, embedded in the program and applied forward only.

use sqlx::{PgPool, migrate::Migrator};

static MIGRATIONS: Migrator = sqlx::migrate!("./sql");

/// Brings the database up to this program's schema; a newer schema is refused, not undone.
///
/// Several processes may call this at once: the first does the work, the others wait for it.
pub async fn apply(pool: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    MIGRATIONS.run(pool).await
}

/// The role under which the product's own connections work: it may extend the log, never edit it.
pub const APPLICATION_ROLE: &str = "trainnet_app";

/// Tells one state of the schema from another.
pub fn fingerprint() -> String {
    let prefixes = MIGRATIONS.iter().map(|migration| {
        let (prefix, _) = migration
            .checksum
            .split_first_chunk()
            .unwrap_or((&[0; 8], &[]));
        format!("{:016x}", u64::from_be_bytes(*prefix))
    });
    prefixes.collect()
}
