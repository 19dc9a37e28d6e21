//! How the files of a convention merge: what its `[merge]` table says, over what follows from what
//! its other tables say a key is for.
//! Gets a `Convention`. Gives `MergeRules`.
//! Never: merges.

use std::collections::BTreeMap;

use crate::model::merging::{CommentRules, MergeRule, MergeRules};
use crate::presets::writing::Convention;

/// The rules for the files of a variant.
pub(crate) fn merge_rules(convention: &Convention<'_>) -> MergeRules {
    let file = &convention.rules.file;
    let mut keys: BTreeMap<&str, MergeRule> = BTreeMap::new();
    let lists: [(&[String], MergeRule); 9] = [
        (&file.kind.keys, MergeRule::Strict),
        (&file.title.keys, MergeRule::Strict),
        (&file.state.keys, MergeRule::Latest),
        (&file.priority.keys, MergeRule::Latest),
        (&file.area.keys, MergeRule::Latest),
        (&file.iteration.keys, MergeRule::Latest),
        (&file.due.keys, MergeRule::Latest),
        (&file.tags.keys, MergeRule::Set),
        (&file.aliases.keys, MergeRule::Set),
    ];
    for (names, rule) in lists {
        keys.extend(names.iter().map(|name| (name.as_str(), rule)));
    }
    for names in file.people.values() {
        keys.extend(names.iter().map(|name| (name.as_str(), MergeRule::Set)));
    }
    for (rel, names) in &file.links {
        // An item has one parent: which one, a person says.
        let rule = if rel == "parent" {
            MergeRule::Strict
        } else {
            MergeRule::Set
        };
        keys.extend(names.iter().map(|name| (name.as_str(), rule)));
    }
    keys.extend(
        file.created
            .keys
            .iter()
            .map(|name| (name.as_str(), MergeRule::Min)),
    );
    keys.extend(
        file.updated
            .keys
            .iter()
            .map(|name| (name.as_str(), MergeRule::Max)),
    );
    keys.extend(convention.merge_rules());
    let identity = file.id.keys.iter().chain(&file.uid.keys);
    keys.extend(identity.map(|name| (name.as_str(), MergeRule::Strict)));

    let log = &file.log;
    let comments = match (&log.begin, &log.end) {
        (Some(begin), Some(end)) => Some(CommentRules {
            begin: begin.clone(),
            end: end.clone(),
            head: log.block.as_ref().map(|head| head.text().to_owned()),
        }),
        _ => None,
    };
    MergeRules {
        keys: keys
            .into_iter()
            .map(|(key, rule)| (key.to_owned(), rule))
            .collect(),
        updated: file.updated.keys.clone(),
        uid: file.uid.keys.clone(),
        state: file.state.keys.clone(),
        transitions: convention.transitions().clone().into_iter().collect(),
        logs: log.section.iter().cloned().collect(),
        log_line: log.line.as_ref().map(|line| line.text().to_owned()),
        comments,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets::tests::support::shipped;

    fn rules(preset: &str, variant: usize) -> MergeRules {
        merge_rules(&shipped().get(preset).unwrap().convention(variant))
    }

    fn of(rules: &MergeRules, key: &str) -> Option<MergeRule> {
        rules
            .keys
            .iter()
            .find(|(known, _)| known == key)
            .map(|(_, rule)| *rule)
    }

    #[test]
    fn keys_merge_by_what_they_are_for() {
        let rules = rules("kano", 1);
        for (key, expected) in [
            ("id", MergeRule::Strict),
            ("uid", MergeRule::Strict),
            ("title", MergeRule::Strict),
            ("parent", MergeRule::Strict),
            ("state", MergeRule::Latest),
            ("owner", MergeRule::Latest),
            ("tags", MergeRule::Set),
            ("links.blocks", MergeRule::Set),
            ("created", MergeRule::Min),
            ("updated", MergeRule::Max),
            ("external", MergeRule::Map),
        ] {
            assert_eq!(of(&rules, key), Some(expected), "{key}");
        }
        assert_eq!(of(&rules, "of-nobody"), None);
        assert_eq!(rules.updated, ["updated"]);
        assert!(rules.log_line.is_some());
    }

    #[test]
    fn every_shipped_preset_has_rules_that_can_be_read() {
        for preset in &shipped().presets {
            for variant in 0..preset.include.len() {
                let rules = merge_rules(&preset.convention(variant));
                for pattern in rules
                    .log_line
                    .iter()
                    .chain(rules.comments.iter().flat_map(|c| &c.head))
                {
                    assert!(regex::Regex::new(pattern).is_ok(), "{pattern}");
                }
            }
        }
        assert!(rules("backlog-md", 0).comments.is_some());
    }
}
