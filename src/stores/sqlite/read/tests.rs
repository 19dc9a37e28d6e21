use std::cmp::Ordering;

use proptest::prelude::*;

use crate::stores::sqlite::read::{fold, loose, natural};

proptest! {
    /// SQLite asks of a collation that it is a total preorder.
    #[test]
    fn every_collation_is_an_order(
        a in "[aAbB019 _ßÄäǅİ-]{0,6}",
        b in "[aAbB019 _ßÄäǅİ-]{0,6}",
        c in "[aAbB019 _ßÄäǅİ-]{0,6}",
    ) {
        for order in [fold, loose, natural] {
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            prop_assert_eq!(order(&a, &a), Ordering::Equal);
            if order(&a, &b) == Ordering::Equal {
                prop_assert_eq!(order(&a, &c), order(&b, &c));
            }
            if order(&a, &b) == Ordering::Less && order(&b, &c) == Ordering::Less {
                prop_assert_eq!(order(&a, &c), Ordering::Less);
            }
        }
    }

    /// ASCII text takes a shorter way that must agree with the long one.
    #[test]
    fn the_ascii_way_agrees(a in "[aAbB _-]{0,6}", b in "[aAbB _-]{0,6}") {
        let wide = |text: &str| format!("ä{text}");
        prop_assert_eq!(fold(&a, &b), fold(&wide(&a), &wide(&b)));
        prop_assert_eq!(loose(&a, &b), loose(&wide(&a), &wide(&b)));
    }
}

#[test]
fn examples() {
    assert_eq!(loose("In Progress", "in_progress"), Ordering::Equal);
    assert_eq!(fold("ÜBER", "über"), Ordering::Equal);
    assert_eq!(natural("task-9", "task-10"), Ordering::Less);
    assert_eq!(natural("P01", "p1"), Ordering::Equal);
    assert_eq!(natural("a", "ab"), Ordering::Less);
}
