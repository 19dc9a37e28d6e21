//! Three versions of a map of values into one, key by key, each by its rule.
//! Gets values and a preset's `MergeRules`. Gives merged values, conflicts and notes.
//! Never: looks at text; drops a value that one side changed without saying so.
//! Read next: `lists`, for sets and lists.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::merge::date;
use crate::merge::lists;
use crate::merge::three::Three;
use crate::merge::value::{Keys, Val};
use crate::model::merging::{CONFLICTS, MergeRule, MergeRules};

/// A key that both sides changed, each in its own way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldConflict {
    pub field: String,
    pub values: Three<Option<Val>>,
}

/// Merged values.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub values: Keys,
    pub conflicts: Vec<FieldConflict>,
    /// What the later date decided: the key, and the value that gave way.
    pub notes: Vec<String>,
}

/// Merges the frontmatter of an item. `one_is_later`: its `updated` is later than that of `other`.
pub(crate) fn merge_fields(
    versions: &Three<Keys>,
    rules: &MergeRules,
    one_is_later: bool,
) -> Fields {
    let mut merger = Merger {
        rules,
        by_key: rules
            .keys
            .iter()
            .map(|(key, rule)| (&**key, *rule))
            .collect(),
        one_is_later,
        fields: Fields::default(),
    };
    merger.fields.values = merger.map("", None, &versions.map(Some));
    merger.fields
}

struct Merger<'r> {
    rules: &'r MergeRules,
    by_key: HashMap<&'r str, MergeRule>,
    one_is_later: bool,
    fields: Fields,
}

impl Merger<'_> {
    fn map(
        &mut self,
        path: &str,
        inherited: Option<MergeRule>,
        versions: &Three<Option<&Keys>>,
    ) -> Keys {
        let found: Three<HashMap<&str, &Val>> = versions.map(|keys| {
            let keys = keys.iter().copied().flatten();
            keys.map(|(key, value)| (&**key, value)).collect()
        });
        let mut seen = HashSet::new();
        let mut merged = Keys::new();
        let all = [versions.one, versions.other]
            .into_iter()
            .flatten()
            .flatten();
        for (key, _) in all {
            if !seen.insert(&**key) {
                continue;
            }
            let place = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            let values = found.map(|keys| keys.get(&**key).copied());
            if let Some(value) = self.value(&place, inherited, &values) {
                merged.push((key.clone(), value));
            }
        }
        merged
    }

    fn value(
        &mut self,
        place: &str,
        inherited: Option<MergeRule>,
        versions: &Three<Option<&Val>>,
    ) -> Option<Val> {
        let named = self.by_key.get(place).copied().or(inherited);
        // The date that decides between the sides does not go back.
        if let (Some(MergeRule::Max), Some(one), Some(other)) =
            (named, versions.one, versions.other)
            && let Some(value) = extreme(one, other, Ordering::Greater)
        {
            return Some(value);
        }
        if let Some(value) = versions.decided() {
            return value.cloned();
        }
        match (versions.one, versions.other) {
            (Some(one), Some(other)) => {
                if let (Val::Map(one), Val::Map(other)) = (one, other)
                    && named != Some(MergeRule::Strict)
                {
                    let base = match versions.base {
                        Some(Val::Map(base)) => Some(base),
                        _ => None,
                    };
                    let below = Three {
                        base,
                        one: Some(one),
                        other: Some(other),
                    };
                    return Some(Val::Map(self.map(place, named, &below)));
                }
                let rule = match named {
                    _ if place == CONFLICTS => MergeRule::Set,
                    Some(rule) => rule,
                    None => default_rule(versions.base, one, other),
                };
                Some(self.both(place, rule, versions, one, other))
            }
            // A key without a value says no more than no key.
            (Some(Val::Null), None) | (None, Some(Val::Null)) => Some(Val::Null),
            (Some(kept), None) | (None, Some(kept)) => {
                Some(self.conflict(place, versions, kept.clone()))
            }
            (None, None) => None,
        }
    }

    fn both(
        &mut self,
        place: &str,
        rule: MergeRule,
        versions: &Three<Option<&Val>>,
        one: &Val,
        other: &Val,
    ) -> Val {
        if versions.base.is_none_or(|base| *base == Val::Null) {
            match (one, other) {
                (Val::Null, value) | (value, Val::Null) => return value.clone(),
                _ => {}
            }
        }
        // Two single values, of which one would have to become a list: the later one holds.
        let rule = match rule {
            MergeRule::Set if one.is_scalar() && other.is_scalar() => MergeRule::Latest,
            rule => rule,
        };
        let merged = match rule {
            MergeRule::Set => lists::set(versions.base, one, other),
            MergeRule::List => lists::list(versions.base, one, other),
            MergeRule::Max => extreme(one, other, Ordering::Greater),
            MergeRule::Min => extreme(one, other, Ordering::Less),
            MergeRule::Latest if self.one_is_later => self.latest(place, versions, one, other),
            MergeRule::Latest | MergeRule::Strict | MergeRule::Map => None,
        };
        merged.unwrap_or_else(|| self.conflict(place, versions, one.clone()))
    }

    fn latest(
        &mut self,
        place: &str,
        versions: &Three<Option<&Val>>,
        one: &Val,
        other: &Val,
    ) -> Option<Val> {
        if self.rules.state.iter().any(|key| key == place)
            && let Some(base) = versions.base.and_then(Val::scalar)
            && let Some(now) = one.scalar()
            && !follows(&self.rules.transitions, &base, &now)
        {
            return None;
        }
        self.fields.notes.push(format!(
            "`{place}` is {}, which was set later than {}",
            one.json(),
            other.json()
        ));
        Some(one.clone())
    }

    /// Notes the conflict; the value stands in the file until somebody decides.
    fn conflict(&mut self, place: &str, versions: &Three<Option<&Val>>, kept: Val) -> Val {
        self.fields.conflicts.push(FieldConflict {
            field: place.to_owned(),
            values: versions.map(|value| value.cloned()),
        });
        kept
    }
}

/// The rule of a key that no preset names.
fn default_rule(base: Option<&Val>, one: &Val, other: &Val) -> MergeRule {
    match (one, other) {
        (Val::List(_), Val::List(_)) if lists::is_set(base, one, other) => MergeRule::Set,
        (Val::List(_), Val::List(_)) => MergeRule::List,
        _ => MergeRule::Strict,
    }
}

/// The later or earlier date, or the greater or smaller number. Of two dates of one day, of which
/// one has no time, the bytes decide: any choice is right, and it must be the same on both sides.
fn extreme(one: &Val, other: &Val, wanted: Ordering) -> Option<Val> {
    let order = match (one, other) {
        (Val::Int(a), Val::Int(b)) => a.cmp(b),
        _ => {
            let (a, b) = (one.scalar()?, other.scalar()?);
            date::compare(&a, &b)?.then_with(|| a.cmp(&b))
        }
    };
    Some(if order == wanted { one } else { other }.clone())
}

/// Whether a state can be reached from another one; always where no transitions are known, or none
/// for the state that was left.
fn follows(transitions: &[(String, Vec<String>)], from: &str, to: &str) -> bool {
    let word = |text: &str| -> String {
        let kept = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-'));
        kept.flat_map(char::to_lowercase).collect()
    };
    let mut ways: HashMap<String, Vec<String>> = HashMap::new();
    for (from, to) in transitions {
        ways.entry(word(from))
            .or_default()
            .extend(to.iter().map(|to| word(to)));
    }
    let (from, to) = (word(from), word(to));
    if from == to || !ways.contains_key(&from) {
        return true;
    }
    let mut reached = HashSet::from([from.clone()]);
    let mut next = vec![from];
    while let Some(state) = next.pop() {
        for state in ways.remove(&state).unwrap_or_default() {
            if reached.insert(state.clone()) {
                next.push(state);
            }
        }
    }
    reached.contains(&to)
}
