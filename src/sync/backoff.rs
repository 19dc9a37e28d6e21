//! When to try again. Waits grow to five minutes and are spread, so that many clones do not come at once.

/// Seconds before the second, third, fourth and every later attempt.
const WAITS: [u64; 4] = [30, 60, 120, 300];
/// After so many an item has failed, until somebody asks to retry.
pub(crate) const ATTEMPTS: u32 = 10;
/// No wait is longer, in milliseconds: what seems to lie further ahead was set by another clock.
pub(crate) const LONGEST_MS: i64 = 360_000;

/// Milliseconds to wait after so many failed attempts (at least 1); `chance` is a number of 0 to 1 that
/// spreads the wait by a fifth to both sides.
pub(crate) fn wait_ms(attempts: u32, chance: f64) -> i64 {
    let last = WAITS.len() - 1;
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(last);
    let wait = WAITS[step.min(last)] as f64 * 1000.0;
    (wait * (0.8 + 0.4 * chance.clamp(0.0, 1.0))) as i64
}

/// When an item is tried again that was refused so often; `None`: it has failed.
pub(crate) fn next_try_ms(now_ms: i64, attempts: u32, chance: f64) -> Option<i64> {
    (attempts < ATTEMPTS).then(|| now_ms + wait_ms(attempts, chance))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_waits_are_those_that_are_promised() {
        let middle: Vec<i64> = (1..=6).map(|attempts| wait_ms(attempts, 0.5)).collect();
        assert_eq!(middle, [30_000, 60_000, 120_000, 300_000, 300_000, 300_000]);
        assert_eq!(next_try_ms(5, 9, 0.5), Some(300_005));
        assert_eq!(next_try_ms(5, 10, 0.5), None);
    }

    proptest! {
        #[test]
        fn a_wait_is_spread_and_never_the_longest(attempts in 0_u32..1000, chance in -1.0_f64..2.0) {
            let wait = wait_ms(attempts, chance);
            prop_assert!((24_000..=LONGEST_MS).contains(&wait));
            prop_assert!(wait_ms(attempts + 1, 0.5) >= wait_ms(attempts, 0.5));
        }
    }
}
