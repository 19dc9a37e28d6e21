//! The part of a watcher that is about sharing: a worker where one is asked for, and what it tells.
//! Gets the configuration as it is now. Gives lines of the stream, figures, and hints to the worker.
//! Never: waits for the worker.

use crate::engine::error::whole;
use crate::engine::sharing::worker::{Told, Worker};
use crate::engine::watch::{Message, Watch};
use crate::query::view::{SyncRow, WatchEvent, WatchSync};

impl Watch<'_> {
    /// After a look: hints to the worker, which is started or ended where that is asked for since (`anew`).
    pub(super) fn share(&mut self, anew: bool) {
        if anew {
            self.follow_wish();
        }
        let has_changed = std::mem::take(&mut self.has_changed);
        let Some(worker) = &self.worker else {
            return;
        };
        let head = self.engine.origin.head();
        if anew || head != self.head || (has_changed && self.engine.config.sync.drafts) {
            self.head = head;
            worker.moved();
        }
    }

    fn follow_wish(&mut self) {
        let wish = self.engine.publishes();
        if wish && self.worker.is_none() {
            self.head = self.engine.origin.head();
            let sender = self.sender.clone();
            let hand_on = move |told| drop(sender.send(Message::Sync(told)));
            match Worker::start(self.root.clone(), self.measured.clone(), hand_on) {
                Ok(worker) => self.worker = Some(worker),
                Err(error) => self.pass_on(Told::Trouble(Box::new(error))),
            }
        }
        if !wish {
            self.worker = None;
        }
        let every_s = self.engine.config.sync.every_s;
        let known = self.view.sync.take();
        self.view.sync = wish.then(|| WatchSync {
            every_s,
            branches: known.clone().unwrap_or_default().branches,
        });
        if self.view.sync != known {
            self.home.write(&self.view);
        }
    }

    /// Tells what the worker has done.
    pub(super) fn pass_on(&mut self, told: Told) {
        let row = match told {
            Told::Row(row) => *row,
            Told::Trouble(error) => {
                self.tell(WatchEvent::Error {
                    code: error.code.to_owned(),
                    message: whole(&error),
                    hint: error.hint.clone(),
                });
                return;
            }
        };
        if let Some(sync) = &mut self.view.sync {
            let same = |known: &&mut _| is_of(known, &row);
            match sync.branches.iter_mut().find(same) {
                Some(known) => known.clone_from(&row),
                None => sync.branches.push(row.clone()),
            }
            self.home.write(&self.view);
        }
        self.tell(WatchEvent::Sync(row));
    }
}

fn is_of(known: &SyncRow, row: &SyncRow) -> bool {
    (&known.repository, &known.branch, &known.draft) == (&row.repository, &row.branch, &row.draft)
}
