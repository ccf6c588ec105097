//! Reading for somebody: the database itself shows only the rows that are theirs.
//!
//! A question that forgets to say for whom it is asked finds too much, and no review is sure to
//! notice. Here it finds nothing: whoever reads does so in a role to which the tables show the rows
//! of one tenant, or all of them to staff.

use std::ops::{Deref, DerefMut};

use domain::users::UserId;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

/// Owns nothing, changes nothing, and reads nothing but read tables.
pub const ROLE: &str = "trainnet_api";

/// Null where nobody said for whom; then it equals no owner.
pub(crate) const TENANT: &str = "nullif(current_setting('trainnet.tenant', true), '')";
pub(crate) const IS_STAFF: &str = "current_setting('trainnet.staff', true) = 'on'";

/// A connection on which only what the reader may see exists, and nothing can be changed.
///
/// It is a transaction and ends with this value; the connection then goes back to its pool as it
/// came. So it belongs to one request, and is kept no longer than the reading takes.
#[derive(Debug)]
pub struct Reader(Transaction<'static, Postgres>);

/// Reads for this user: what belongs to others is not there.
pub async fn as_tenant(pool: &PgPool, user: UserId) -> Result<Reader, sqlx::Error> {
    // An identity is written in letters, digits, `_` and `-`, whoever it is.
    begin(pool, &user.to_string(), "off").await
}

/// Reads for staff: everything in the read tables is there.
pub async fn as_staff(pool: &PgPool) -> Result<Reader, sqlx::Error> {
    begin(pool, "", "on").await
}

/// One message to the server and one answer; what it sets is gone with the transaction.
async fn begin(pool: &PgPool, tenant: &str, staff: &str) -> Result<Reader, sqlx::Error> {
    let begin = format!(
        "begin read only; set local role {ROLE}; \
         set local trainnet.tenant = '{tenant}'; set local trainnet.staff = '{staff}'"
    );
    store::begin(pool, begin).await.map(Reader)
}

impl Deref for Reader {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
