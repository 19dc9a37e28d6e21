//! Dates: what is accepted, and that nothing else is.

use jiff::civil::Date;
use proptest::prelude::*;

use crate::presets::dates::{Form, normalize, swapped};

fn forms(list: &[&str]) -> Vec<Form> {
    list.iter()
        .map(|text| Form::try_from((*text).to_owned()).unwrap())
        .collect()
}

proptest! {
    /// Exactly the days of the calendar are dates, and they stay as they are.
    #[test]
    fn days_of_the_calendar(year in 0_i16..=9999, month in 0_i8..=14, day in 0_i8..=33) {
        let text = format!("{year:04}-{month:02}-{day:02}");
        let known = Date::new(year, month, day).is_ok();
        prop_assert_eq!(normalize(&text, &[], false), known.then(|| text.clone()));
        if let Some(other) = swapped(&text) {
            prop_assert_eq!(normalize(&other, &[], false), Some(other));
        }
    }

    /// What comes out is accepted again and means the same.
    #[test]
    fn normal_is_normal(text in "[0-9]{2,4}[-/.][0-9]{2}[-/.][0-9]{2,4}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]{1,3})?)?( ?(Z|[+-][0-9]{2}:?[0-9]{2}))?)?") {
        let forms = forms(&["DD-MM-YY", "DD/MM/YY", "DD.MM.YY", "YYYY/MM/DD"]);
        for utc in [false, true] {
            if let Some(normal) = normalize(&text, &forms, utc) {
                prop_assert_eq!(normalize(&normal, &[], utc), Some(normal));
            }
        }
    }

    #[test]
    fn any_text(text in ".{0,30}") {
        normalize(&text, &forms(&["DD-MM-YY"]), true);
        swapped(&text);
    }
}

#[test]
fn table() {
    let legacy = forms(&["DD-MM-YY", "DD/MM/YY", "DD.MM.YY"]);
    for (text, date) in [
        ("2026-01-31", Some("2026-01-31")),
        (" 2026-01-31 ", Some("2026-01-31")),
        ("2026-01-31 14:05", Some("2026-01-31T14:05:00Z")),
        ("2026-01-31T14:05:09.250Z", Some("2026-01-31T14:05:09Z")),
        ("2026-01-01 00:30:00 +0100", Some("2025-12-31T23:30:00Z")),
        ("2026-01-31T23:00:00-02:00", Some("2026-02-01T01:00:00Z")),
        ("31-01-26", Some("2026-01-31")),
        ("31/01/26", Some("2026-01-31")),
        ("31.01.26 07:15", Some("2026-01-31T07:15:00Z")),
        ("2026-02-29", None),
        ("2024-02-29", Some("2024-02-29")),
        ("2026-13-01", None),
        ("2026-1-5", None),
        ("2026", None),
        ("2026-01-31 25:00", None),
        ("2026-01-31 soon", None),
        ("31-13-26", None),
        ("01/31/26", None),
        ("tomorrow", None),
        ("", None),
    ] {
        assert_eq!(normalize(text, &legacy, true).as_deref(), date, "{text}");
    }
    // Without a zone, and without the word that it is UTC, none is invented.
    assert_eq!(
        normalize("2026-01-31 14:05", &[], false).as_deref(),
        Some("2026-01-31T14:05:00")
    );
    assert_eq!(swapped("2026-13-01").as_deref(), Some("2026-01-13"));
    assert_eq!(swapped("2026-13-13"), None);
}

#[test]
fn forms_are_checked() {
    for text in ["", "YYYY-MM", "MM/DD", "YYY-MM-DD", "YYYY-MM-DD DD", "iso"] {
        assert!(Form::try_from(text.to_owned()).is_err(), "{text}");
    }
}
