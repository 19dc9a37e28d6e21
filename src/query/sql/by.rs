//! Where the columns of a board come from. Pure.

use crate::query::error::QueryError;
use crate::query::field::Field;
use crate::query::sql::filter::rel;
use crate::query::sql::{Binds, text};

/// Where the columns of a board come from: an expression of the value, a join that has it, and
/// the collation under which values are one column.
pub(crate) struct Columns {
    pub value: String,
    pub with: String,
    pub join: String,
    pub collation: &'static str,
}

/// Where the values of a field come from.
pub(crate) fn columns(by: &str, field: &Field, binds: &mut Binds) -> Result<Columns, QueryError> {
    let plain = |value: &str, join: String, collation| Columns {
        value: value.to_owned(),
        with: String::new(),
        join,
        collation,
    };
    let column = |name: &str, collation| plain(&format!("i.{name}"), String::new(), collation);
    Ok(match field {
        Field::Text(name) => column(name, "FOLD"),
        Field::Loose(name) => column(name, "LOOSE"),
        Field::Priority => column("priority", "LOOSE"),
        Field::Word(name, _) => column(name, "BINARY"),
        Field::Date(name) => plain(&format!("substr(i.{name}, 1, 10)"), String::new(), "BINARY"),
        Field::Tag => plain(
            "t.tag",
            "LEFT JOIN tag t ON t.item = i.item".to_owned(),
            "FOLD",
        ),
        Field::Person(role) => {
            // As the filter, which finds the owner of the column too.
            let value = match role.as_deref() {
                Some("owner") => "coalesce(p.name, i.owner)",
                Some(_) | None => "p.name",
            };
            let role = match role {
                Some(role) => format!(" AND p.role = {}", binds.add(role.as_str())),
                None => String::new(),
            };
            let join = format!("LEFT JOIN person p ON p.item = i.item{role}");
            plain(value, join, "FOLD")
        }
        Field::Link(Some(relation)) => {
            let relation = rel(binds, relation);
            let join = format!(
                "LEFT JOIN link l ON l.item = i.item AND l.rel = {relation} \
                 LEFT JOIN item o ON o.item = l.target_item"
            );
            plain("coalesce(o.id, o.path, l.target)", join, "FOLD")
        }
        Field::Problem => plain(
            "q.code",
            "LEFT JOIN problem q ON q.item = i.item".to_owned(),
            "BINARY",
        ),
        Field::Key(key) => {
            let name = binds.add(key.as_str());
            Columns {
                value: text::KEY_VALUE.to_owned(),
                with: text::key_walk(&name, "1"),
                join: format!("LEFT JOIN w ON w.item = i.item AND {}", text::key_is(&name)),
                collation: "FOLD",
            }
        }
        _ => {
            return Err(QueryError::Misused {
                message: format!("`{by}` makes no columns"),
                hint: "try `state`, `kind`, `priority`, `owner`, `area` or `tag`".to_owned(),
            });
        }
    })
}
