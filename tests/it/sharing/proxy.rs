//! A line between a clone and the server that can be bad in every way.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::pg::{Database, lowly_folder};

/// What becomes of one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Pass,
    /// It is closed at once.
    Refuse,
    /// Nothing gets through after so many bytes to the server: it sees half a request.
    CutRequest(usize),
    /// The same the other way.
    CutAnswer(usize),
    /// A batch gets to the server, and what it answers does not get back.
    LoseAnswer,
    /// Everything that was sent is sent again, when `repeat` says so.
    Repeat,
    /// What is sent after so many bytes gets nowhere, and nobody says so.
    Silence(usize),
    /// What is sent from these words on gets nowhere.
    SilenceFrom(&'static str),
}

/// What every batch says.
const BATCH: &[u8] = b"kanban.publish";

pub(super) struct Proxy {
    folder: PathBuf,
    /// Of the next connections; then they pass.
    fates: Arc<Mutex<Vec<Fate>>>,
    /// What is to be sent again.
    late: Arc<Mutex<Vec<Vec<u8>>>>,
    target: PathBuf,
}

impl Proxy {
    pub(super) fn before(server: &Path) -> Self {
        let folder = lowly_folder();
        let listener = UnixListener::bind(folder.join(".s.PGSQL.5432")).unwrap();
        let fates: Arc<Mutex<Vec<Fate>>> = Arc::default();
        let late: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let target = server.join(".s.PGSQL.5432");
        let (next, kept, to) = (fates.clone(), late.clone(), target.clone());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut fates = next.lock().unwrap();
                let fate = if fates.is_empty() {
                    Fate::Pass
                } else {
                    fates.remove(0)
                };
                drop(fates);
                let (to, kept) = (to.clone(), kept.clone());
                thread::spawn(move || carry(fate, &client, &to, &kept));
            }
        });
        Self {
            folder,
            fates,
            late,
            target,
        }
    }

    /// The address of a database by this way.
    pub(super) fn url(&self, database: &Database, login: &str) -> String {
        database.url_by(&self.folder, login)
    }

    /// Sends everything again that is to be, as if it had been on its way until now.
    pub(super) fn repeat(&self) {
        for said in std::mem::take(&mut *self.late.lock().unwrap()) {
            let Ok(mut again) = UnixStream::connect(&self.target) else {
                return;
            };
            drop(again.write_all(&said));
            drop(again.shutdown(std::net::Shutdown::Write));
            drop(std::io::copy(&mut again, &mut std::io::sink()));
        }
    }

    /// What becomes of the next connections.
    pub(super) fn next(&self, fates: &[Fate]) {
        *self.fates.lock().unwrap() = fates.to_vec();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

fn carry(fate: Fate, client: &UnixStream, target: &Path, late: &Mutex<Vec<Vec<u8>>>) {
    if fate == Fate::Refuse {
        return;
    }
    let Ok(server) = UnixStream::connect(target) else {
        return;
    };
    let said: Arc<Mutex<Vec<u8>>> = Arc::default();
    let (request, answer) = match fate {
        Fate::CutRequest(bytes) => (Some(bytes), None),
        Fate::CutAnswer(bytes) => (None, Some(bytes)),
        _ => (None, None),
    };
    let back = {
        let (said, from, to) = (
            said.clone(),
            server.try_clone().unwrap(),
            client.try_clone().unwrap(),
        );
        thread::spawn(move || {
            pump(from, to, answer, |_| {
                let said = said.lock().unwrap();
                fate == Fate::LoseAnswer && said.windows(BATCH.len()).any(|part| part == BATCH)
            });
        })
    };
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    if let Fate::SilenceFrom(words) = fate {
        let (mut from, mut said) = (from, Vec::new());
        let mut buffer = [0; 16 << 10];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            said.extend_from_slice(&buffer[..count]);
            let is_silent = said
                .windows(words.len())
                .any(|part| part == words.as_bytes());
            if !is_silent && (&to).write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        drop(to.shutdown(std::net::Shutdown::Both));
    } else if let Fate::Silence(bytes) = fate {
        // The client waits for an answer to what nobody has got.
        let mut from = from;
        let mut first = vec![0; bytes];
        if from.read_exact(&mut first).is_ok() {
            drop((&to).write_all(&first));
            drop(std::io::copy(&mut from, &mut std::io::sink()));
        }
        drop(to.shutdown(std::net::Shutdown::Both));
    } else {
        let kept = said.clone();
        pump(from, to, request, move |bytes| {
            kept.lock().unwrap().extend_from_slice(bytes);
            false
        });
    }
    drop(back.join());
    if fate == Fate::Repeat {
        let said = std::mem::take(&mut *said.lock().unwrap());
        late.lock().unwrap().push(said);
    }
}

/// Carries bytes from one end to the other, at most so many; where `ends` says so of some, both ends close.
fn pump(
    mut from: UnixStream,
    mut to: UnixStream,
    most: Option<usize>,
    mut ends: impl FnMut(&[u8]) -> bool,
) {
    let mut left = most.unwrap_or(usize::MAX);
    let mut buffer = [0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let part = &buffer[..count.min(left)];
        if ends(part) || to.write_all(part).is_err() {
            break;
        }
        left -= part.len();
        if left == 0 {
            break;
        }
    }
    drop(from.shutdown(std::net::Shutdown::Both));
    drop(to.shutdown(std::net::Shutdown::Both));
}
