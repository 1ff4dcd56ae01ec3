//! Statements of a fixed text that connections keep prepared: Diesel parses raw SQL, and every update, anew each time.

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text, Timestamptz};
use domain::Timestamp;

/// What stands for a `?`.
pub(crate) enum Value<'a> {
    Text(&'a str),
    OptionalText(Option<&'a str>),
    Number(i64),
    OptionalNumber(Option<i64>),
    Instant(Timestamp),
    OptionalInstant(Option<Timestamp>),
    Bytes(&'a [u8]),
    Truth(bool),
}

/// `text` has a `?` for each value, in their order, and no other.
pub(crate) struct Prepared<'a> {
    pub(crate) text: &'static str,
    pub(crate) values: Vec<Value<'a>>,
}

impl QueryId for Prepared<'_> {
    type QueryId = ();

    /// Told from others by the text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Prepared<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut pieces = self.text.split('?');
        out.push_sql(pieces.next().unwrap_or_default());
        for (value, piece) in self.values.iter().zip(pieces) {
            match value {
                Value::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Value::OptionalText(value) => out.push_bind_param::<Nullable<Text>, _>(value)?,
                Value::Number(value) => out.push_bind_param::<BigInt, _>(value)?,
                Value::OptionalNumber(value) => {
                    out.push_bind_param::<Nullable<BigInt>, _>(value)?
                }
                Value::Instant(value) => out.push_bind_param::<Timestamptz, _>(value)?,
                Value::OptionalInstant(value) => {
                    out.push_bind_param::<Nullable<Timestamptz>, _>(value)?;
                }
                Value::Bytes(value) => out.push_bind_param::<Binary, _>(value)?,
                Value::Truth(value) => out.push_bind_param::<Bool, _>(value)?,
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}
