//! What a watcher's publishing looks like in figures, for Prometheus.
//!
//! Whoever can reach the port can read them, so they name nobody and nothing: no repository, branch, path or
//! login. Labels are words of ours.
//! Gets rows as they are told. Gives the text of a scrape.
//! Never: asks the server or a file.

use std::net::SocketAddr;
use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::engine::error::EngineError;
use crate::engine::sharing::scrape;
use crate::query::view::SyncRow;

type Label = [(&'static str, &'static str); 1];
type Real = Gauge<f64, std::sync::atomic::AtomicU64>;

/// All figures; clones of a figure count together.
#[derive(Debug)]
pub(in crate::engine) struct Metrics {
    registry: Registry,
    duration: Histogram,
    items: Family<Label, Counter>,
    conflicts: Family<Label, Counter>,
    errors: Family<Label, Counter>,
    queue: Family<Label, Gauge>,
    lag: Real,
    last_success: Real,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("kanban_sync");
        // 5 ms to 80 s.
        let duration = Histogram::new(exponential_buckets(0.005, 2.0, 15));
        let (items, conflicts, errors) = (Family::default(), Family::default(), Family::default());
        let (queue, lag, last_success) = (Family::default(), Real::default(), Real::default());
        let (seconds, text) = (|| Unit::Seconds, "How long deliveries took");
        registry.register_with_unit("duration", text, seconds(), duration.clone());
        registry.register("items", "Items that deliveries were about", items.clone());
        let text = "Deliveries that met other publishers or another history";
        registry.register("conflicts", text, conflicts.clone());
        registry.register("errors", "Deliveries that failed", errors.clone());
        registry.register("queue", "Items in the outbox", queue.clone());
        let text = "How long the oldest item has waited";
        registry.register_with_unit("lag", text, seconds(), lag.clone());
        let text = "When a delivery succeeded last";
        registry.register_with_unit(
            "last_success_timestamp",
            text,
            seconds(),
            last_success.clone(),
        );
        Self {
            registry,
            duration,
            items,
            conflicts,
            errors,
            queue,
            lag,
            last_success,
        }
    }
}

/// How the outbox stands at the end of a turn.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::engine) struct Queue {
    pub pending: u64,
    pub failed: u64,
    pub lag_ms: u64,
}

impl Metrics {
    /// A delivery has ended, at that time.
    pub(super) fn delivered(&self, row: &SyncRow, now_ms: i64) {
        self.duration.observe(row.elapsed_ms as f64 / 1000.0);
        for (outcome, number) in [
            ("published", row.written),
            ("removed", row.removed),
            ("refused", row.refused),
            ("overwritten", row.overwritten),
        ] {
            add(&self.items, "outcome", outcome, number);
        }
        add(&self.conflicts, "kind", "moved", row.moved);
        match row.standing.as_str() {
            "level" => drop(self.last_success.set(now_ms as f64 / 1000.0)),
            "offline" => self.failed("server-offline"),
            "diverged" => add(&self.conflicts, "kind", "diverged", 1),
            "newer" => add(&self.conflicts, "kind", "newer", 1),
            "held" => add(&self.conflicts, "kind", "held", 1),
            _ => add(&self.conflicts, "kind", "busy", 1),
        }
    }

    /// A delivery has failed, with the code of an error.
    pub(super) fn failed(&self, code: &'static str) {
        add(&self.errors, "kind", code, 1);
    }

    pub(super) fn stands(&self, queue: Queue) {
        let set = |status, number: u64| {
            let gauge = self.queue.get_or_create(&[("status", status)]);
            gauge.set(i64::try_from(number).unwrap_or(i64::MAX));
        };
        set("pending", queue.pending);
        set("failed", queue.failed);
        self.lag.set(queue.lag_ms as f64 / 1000.0);
    }

    /// The text of a scrape.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Only a writer that fails could fail it.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn add(family: &Family<Label, Counter>, name: &'static str, label: &'static str, number: u64) {
    family.get_or_create(&[(name, label)]).inc_by(number);
}

/// Answers scrapes at the address from now on; gives the address with its port.
pub(in crate::engine) fn answer(
    address: SocketAddr,
    metrics: &Arc<Metrics>,
) -> Result<SocketAddr, EngineError> {
    let metrics = Arc::clone(metrics);
    scrape::answer(address, move || metrics.text()).map_err(|error| {
        let message = format!("nobody can be answered at {address}");
        EngineError::environment("no-metrics", message)
            .cause(error)
            .hint("name another one: `kanban watch --metrics 127.0.0.1:9464`")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_tells_everything_and_names_nobody() {
        let metrics = Metrics::default();
        let row = SyncRow {
            branch: "ada/secret".to_owned(),
            draft: "ada.1".to_owned(),
            standing: "level".to_owned(),
            reason: "ada@example.org".to_owned(),
            written: 7,
            removed: 2,
            refused: 1,
            moved: 3,
            elapsed_ms: 1500,
            ..SyncRow::default()
        };
        metrics.delivered(&row, 5_000);
        let stuck = SyncRow {
            standing: "diverged".to_owned(),
            ..SyncRow::default()
        };
        metrics.delivered(&stuck, 6_000);
        metrics.failed("server-offline");
        metrics.stands(Queue {
            pending: 4,
            failed: 1,
            lag_ms: 2500,
        });
        let text = metrics.text();
        for line in [
            "kanban_sync_duration_seconds_count 2",
            "kanban_sync_duration_seconds_sum 1.5",
            "kanban_sync_items_total{outcome=\"published\"} 7",
            "kanban_sync_items_total{outcome=\"removed\"} 2",
            "kanban_sync_items_total{outcome=\"refused\"} 1",
            "kanban_sync_conflicts_total{kind=\"moved\"} 3",
            "kanban_sync_conflicts_total{kind=\"diverged\"} 1",
            "kanban_sync_errors_total{kind=\"server-offline\"} 1",
            "kanban_sync_queue{status=\"pending\"} 4",
            "kanban_sync_queue{status=\"failed\"} 1",
            "kanban_sync_lag_seconds 2.5",
            "kanban_sync_last_success_timestamp_seconds 5.0",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
        assert!(!text.contains("ada"), "{text}");
    }
}
