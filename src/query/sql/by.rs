//! Where the columns of a board come from. Pure.

use crate::query::error::QueryError;
use crate::query::field::Field;
use crate::query::sql::dialect::{Collation, Dialect};
use crate::query::sql::{Binds, text};

/// Where the columns of a board come from: an expression of the value, a join that has it, and
/// the collation under which values are one column.
pub(crate) struct Columns {
    pub value: String,
    pub with: String,
    pub join: String,
    pub collation: Collation,
}

/// Where the values of a field come from.
pub(crate) fn columns(
    d: Dialect,
    by: &str,
    field: &Field,
    binds: &mut Binds,
) -> Result<Columns, QueryError> {
    let plain = |value: &str, join: String, collation| Columns {
        value: value.to_owned(),
        with: String::new(),
        join,
        collation,
    };
    let column = |name: &str, collation| plain(&format!("i.{name}"), String::new(), collation);
    Ok(match field {
        Field::Text(name) => column(name, Collation::Fold),
        Field::Loose(name) => column(name, Collation::Loose),
        Field::Priority => column("priority", Collation::Loose),
        Field::Word(name, _) => column(name, Collation::Binary),
        Field::Date(name) => plain(
            &format!("substr(i.{name}, 1, 10)"),
            String::new(),
            Collation::Binary,
        ),
        Field::Tag => plain(
            "t.tag",
            "LEFT JOIN tag t ON t.item = i.item".to_owned(),
            Collation::Fold,
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
            plain(value, join, Collation::Fold)
        }
        Field::Link(Some(relation)) => {
            let relation = d.rel(&binds.add(relation.as_str()));
            let join = format!(
                "LEFT JOIN link l ON l.item = i.item AND l.rel = {relation} \
                 LEFT JOIN item o ON o.item = l.target_item"
            );
            plain("coalesce(o.id, o.path, l.target)", join, Collation::Fold)
        }
        Field::Problem => plain(
            "q.code",
            "LEFT JOIN problem q ON q.item = i.item".to_owned(),
            Collation::Binary,
        ),
        Field::Key(key) => {
            let name = binds.add(key.as_str());
            Columns {
                value: d.scalar().to_owned(),
                with: text::key_walk(d, &name, "TRUE"),
                join: format!(
                    "LEFT JOIN w ON w.item = i.item AND {}",
                    text::key_is(d, &name)
                ),
                collation: Collation::Fold,
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
