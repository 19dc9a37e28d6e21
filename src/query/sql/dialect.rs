//! How the two stores say the same: a statement is written once, with what differs asked of here. Pure.
//! Never: a third way; what both understand is written as it is.

/// Whose SQL is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    /// `several`: items of more than one line are asked for, so each says whose it is.
    Postgres {
        several: bool,
    },
}

/// When two texts are one, and which comes first; see `stores::sqlite::read`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collation {
    Binary,
    /// Without the case of ASCII.
    Nocase,
    Fold,
    Loose,
    Naturally,
}

impl Collation {
    /// In SQLite the name of the collation; in Postgres that of the function in `kanban_read` whose texts
    /// compare byte by byte.
    fn name(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Binary => None,
            Self::Nocase => Some(("NOCASE", "nocase")),
            Self::Fold => Some(("FOLD", "fold")),
            Self::Loose => Some(("LOOSE", "loose")),
            Self::Naturally => Some(("NATURALLY", "naturally")),
        }
    }
}

impl Dialect {
    /// An expression to order or group by.
    pub(crate) fn by(self, collation: Collation, expression: &str) -> String {
        match (self, collation.name()) {
            (_, None) => expression.to_owned(),
            (Self::Sqlite, Some((name, _))) => format!("{expression} COLLATE {name}"),
            (Self::Postgres { .. }, Some((_, function))) => format!("{function}({expression})"),
        }
    }

    /// Compares two expressions. The collation stands at the left: at the right SQLite forgets it where it
    /// makes one `IN` of several equalities.
    pub(crate) fn compare(
        self,
        collation: Collation,
        left: &str,
        sign: &str,
        right: &str,
    ) -> String {
        let left = self.by(collation, left);
        match self {
            Self::Sqlite => format!("{left} {sign} {right}"),
            Self::Postgres { .. } => format!("{left} {sign} {}", self.by(collation, right)),
        }
    }

    pub(crate) fn equal(self, collation: Collation, left: &str, right: &str) -> String {
        self.compare(collation, left, "=", right)
    }

    /// Matches a pattern without regard to the case of ASCII.
    pub(crate) fn like(self, expression: &str, pattern: &str) -> String {
        match self {
            Self::Sqlite => format!("{expression} LIKE {pattern} ESCAPE '\\'"),
            Self::Postgres { .. } => {
                format!("{expression} COLLATE \"C\" ILIKE {pattern} ESCAPE '\\'")
            }
        }
    }

    /// A JSON array of expressions.
    pub(crate) fn row(self, columns: &str) -> String {
        match self {
            Self::Sqlite => format!("json_array({columns})"),
            Self::Postgres { .. } => format!("json_build_array({columns})"),
        }
    }

    /// All rows as one JSON array.
    pub(crate) fn list(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("json_group_array({expression})"),
            Self::Postgres { .. } => format!("coalesce(json_agg({expression}), '[]')"),
        }
    }

    /// A stored JSON value as part of a JSON array.
    pub(crate) fn nested(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("json({expression})"),
            Self::Postgres { .. } => expression.to_owned(),
        }
    }

    /// A condition as part of a JSON array.
    pub(crate) fn truth(self, condition: &str) -> String {
        match self {
            Self::Sqlite => format!("json(CASE WHEN {condition} THEN 'true' ELSE 'false' END)"),
            Self::Postgres { .. } => format!("({condition})"),
        }
    }

    /// A select of the keys in a JSON array.
    pub(crate) fn keys(self, bind: &str) -> String {
        match self {
            Self::Sqlite => format!("SELECT value FROM json_each({bind})"),
            Self::Postgres { .. } => {
                format!("SELECT unnest(translate({bind}, '[]', '{{}}')::bigint[])")
            }
        }
    }

    /// A table of `key`, `value` and `type` of the members of the JSON value `value` of that `type`.
    pub(crate) fn each(self, value: &str, kind: &str) -> String {
        match self {
            Self::Sqlite => format!("json_each({value})"),
            Self::Postgres { .. } => {
                format!("each(CASE WHEN {kind} IN ('object', 'array') THEN {value} END)")
            }
        }
    }

    /// The frontmatter of the outline `o`, as [`Self::each`] takes it.
    pub(crate) fn frontmatter(self) -> &'static str {
        match self {
            Self::Sqlite => "o.frontmatter",
            Self::Postgres { .. } => "o.frontmatter::text",
        }
    }

    /// A table `e` of the keys of that frontmatter.
    pub(crate) fn top_keys(self) -> &'static str {
        match self {
            Self::Sqlite => "json_each(o.frontmatter) e",
            Self::Postgres { .. } => "json_object_keys(o.frontmatter) e(key)",
        }
    }

    /// A hash in lower-case hex.
    pub(crate) fn hex(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("lower(hex({expression}))"),
            Self::Postgres { .. } => expression.to_owned(),
        }
    }

    /// True where the text is a decimal number; SQLite itself would take `12abc` for 12, and Postgres
    /// would fail.
    pub(crate) fn is_number(self, expression: &str) -> String {
        match self {
            Self::Sqlite => {
                let digits = format!("substr({expression}, 1 + ({expression} GLOB '-*'))");
                format!(
                    "(length({expression}) < 300 AND {digits} GLOB '[0-9]*' \
                     AND {digits} NOT GLOB '*[^0-9.]*' AND {digits} NOT GLOB '*.*.*')"
                )
            }
            Self::Postgres { .. } => {
                format!("(length({expression}) < 300 AND {expression} ~ '^-?[0-9]+([.][0-9]*)?$')")
            }
        }
    }

    pub(crate) fn number(self, expression: &str) -> String {
        match self {
            Self::Sqlite => format!("CAST({expression} AS REAL)"),
            Self::Postgres { .. } => format!("CAST({expression} AS double precision)"),
        }
    }

    /// The text of a scalar of a row `w` of [`Self::each`], as the view `fields` shows it.
    pub(crate) fn scalar(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "(CASE w.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' \
                 ELSE CAST(w.value AS TEXT) END)"
            }
            Self::Postgres { .. } => "(w.value COLLATE \"C\")",
        }
    }

    /// The name of the relation of the link `l`.
    pub(crate) fn rel_name(self) -> &'static str {
        match self {
            Self::Sqlite => "(SELECT r.name FROM rel r WHERE r.rel = l.rel)",
            Self::Postgres { .. } => "l.rel",
        }
    }

    /// What the links of the relation of that name have as `rel`.
    pub(crate) fn rel(self, name: &str) -> String {
        match self {
            Self::Sqlite => format!("(SELECT r.rel FROM rel r WHERE r.name = {name})"),
            Self::Postgres { .. } => name.to_owned(),
        }
    }

    /// The same of `parent`, which is the first of the relations.
    pub(crate) fn parent(self) -> &'static str {
        match self {
            Self::Sqlite => "0",
            Self::Postgres { .. } => "'parent'",
        }
    }

    /// A select of every relation as `name`.
    pub(crate) fn rels(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT name FROM rel",
            // Not of `link`, which also looks for the targets.
            Self::Postgres { .. } => {
                "SELECT l.value ->> 0 AS name FROM item i, json_array_elements(i.links) l"
            }
        }
    }

    /// What the row of an item, or of something of it, says in the end of where it is from.
    pub(crate) fn origin(self) -> &'static str {
        match self {
            Self::Sqlite | Self::Postgres { several: false } => "",
            Self::Postgres { several: true } => ", i.repository, i.branch",
        }
    }

    /// The tags of the item, and how many problems it has.
    pub(crate) fn counts(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "json((SELECT json_group_array(t.tag) FROM tag t WHERE t.item = i.item)), \
                 (SELECT count(*) FROM problem q WHERE q.item = i.item)"
            }
            Self::Postgres { .. } => "i.tags, json_array_length(i.problems)",
        }
    }

    /// The rows of `name` that may have the key or begin with it.
    pub(crate) fn names(self, key: &str) -> String {
        match self {
            Self::Sqlite => "name".to_owned(),
            Self::Postgres { .. } => format!("named({key})"),
        }
    }

    /// A condition that the links `l` to an item fulfill anyway, where it finds them sooner.
    pub(crate) fn linkers(self, key: &str) -> String {
        match self {
            Self::Sqlite => String::new(),
            Self::Postgres { .. } => format!(" AND l.item IN (SELECT linkers({key}))"),
        }
    }

    /// What puts items into one order after all else: in Postgres several lines may have a path.
    pub(crate) fn last(self) -> &'static str {
        match self {
            Self::Sqlite => "i.path",
            Self::Postgres { .. } => "i.path, i.repository, i.branch",
        }
    }
}
