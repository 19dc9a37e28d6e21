//! Signals that end a watcher: interrupt and terminate, and in the foreground the loss of the terminal.
//! Gets somebody to tell. Never: ends the process itself.

use std::sync::mpsc;

use crate::engine::error::EngineError;

/// Listens from a thread until the process ends. When this returns, no signal kills any more.
pub(super) fn listen(
    in_background: bool,
    mut stop: impl FnMut(&'static str) + Send + 'static,
) -> Result<(), EngineError> {
    let failed = |error: std::io::Error| {
        EngineError::environment("no-signals", "cannot listen for signals").cause(error)
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(failed)?;
    let (ready, is_ready) = mpsc::channel();
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(async move {
                let mut signals = match Signals::new() {
                    Ok(signals) => signals,
                    Err(error) => {
                        drop(ready.send(Err(error)));
                        return;
                    }
                };
                drop(ready.send(Ok(())));
                loop {
                    let reason = signals.next(in_background).await;
                    stop(reason);
                }
            });
        })
        .map_err(failed)?;
    match is_ready.recv() {
        Ok(result) => result.map_err(failed),
        Err(_) => Err(EngineError::bug("nobody listens for signals")),
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self, in_background: bool) -> &'static str {
        loop {
            tokio::select! {
                _ = self.interrupt.recv() => return "interrupted",
                _ = self.terminate.recv() => return "terminated",
                // In the background there is no terminal to lose.
                _ = self.hangup.recv() => if !in_background {
                    return "the terminal is gone";
                },
            }
        }
    }
}

/// Elsewhere the only signal is that of the keyboard.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self, _: bool) -> &'static str {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        "interrupted"
    }
}
