//! The smallest answer over HTTP: `GET /metrics`, and nothing else.
//!
//! A request has at most 8 KiB and two seconds, and its connection is closed. So many may stand open at once.
//! Gets an address and a text to give. Never: reads a body, keeps a connection, lets one wait for another.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// No request of a scraper is longer.
const LONGEST: usize = 8 << 10;
const PATIENCE: Duration = Duration::from_secs(2);
/// After the system has refused a connection, for want of file handles.
const PAUSE: Duration = Duration::from_millis(100);
const MOST: usize = 16;

/// Answers from a thread until the process ends. Gives the address, with the port where none was named.
pub(super) fn answer(
    address: SocketAddr,
    text: impl Fn() -> String + Send + Sync + 'static,
) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let text = Arc::new(text);
    let serve = async move {
        let listener = TcpListener::from_std(listener)?;
        let open = Arc::new(AtomicUsize::new(0));
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            // One too many is closed without a word.
            if open.fetch_add(1, Ordering::Relaxed) >= MOST {
                open.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let (open, text) = (Arc::clone(&open), Arc::clone(&text));
            drop(tokio::spawn(async move {
                // Who is too slow, or has gone, gets nothing.
                drop(timeout(PATIENCE, one(stream, &*text)).await);
                open.fetch_sub(1, Ordering::Relaxed);
            }));
        }
    };
    std::thread::Builder::new()
        .name("metrics".to_owned())
        .spawn(move || -> io::Result<()> { runtime.block_on(serve) })?;
    Ok(address)
}

async fn one(mut stream: TcpStream, text: &(impl Fn() -> String + ?Sized)) -> io::Result<()> {
    let head = head(&mut stream).await?;
    let (status, body) = match wish(&head) {
        Wish::Metrics => ("200 OK", text()),
        Wish::Other => ("404 Not Found", "only /metrics\n".to_owned()),
        Wish::Foreign => ("405 Method Not Allowed", "only GET\n".to_owned()),
        Wish::Nonsense => ("400 Bad Request", String::new()),
    };
    let kind = match status {
        "200 OK" => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// What comes before the empty line, or as much of it as may come.
async fn head(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut part = [0; 1024];
    while head.len() < LONGEST && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut part).await?;
        if count == 0 {
            break;
        }
        head.extend_from_slice(&part[..count]);
    }
    Ok(head)
}

#[derive(Debug, PartialEq, Eq)]
enum Wish {
    Metrics,
    Other,
    /// Another method.
    Foreign,
    Nonsense,
}

fn wish(head: &[u8]) -> Wish {
    if !head.windows(4).any(|end| end == b"\r\n\r\n") {
        return Wish::Nonsense;
    }
    let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let Ok(line) = std::str::from_utf8(line) else {
        return Wish::Nonsense;
    };
    let parts: Vec<&str> = line.split(' ').collect();
    let [method, target, version] = parts[..] else {
        return Wish::Nonsense;
    };
    if !version.starts_with("HTTP/1.") {
        return Wish::Nonsense;
    }
    match (method, target.split('?').next()) {
        ("GET", Some("/metrics")) => Wish::Metrics,
        ("GET", _) => Wish::Other,
        _ => Wish::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_request_is_what_its_first_line_says() {
        let says = |head: &str| wish(head.as_bytes());
        assert_eq!(
            says("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"),
            Wish::Metrics
        );
        assert_eq!(says("GET /metrics?a=b HTTP/1.0\r\n\r\n"), Wish::Metrics);
        assert_eq!(says("GET / HTTP/1.1\r\n\r\n"), Wish::Other);
        assert_eq!(says("POST /metrics HTTP/1.1\r\n\r\n"), Wish::Foreign);
        for nonsense in [
            "",
            "GET /metrics HTTP/1.1\r\n",
            "GET  /metrics HTTP/1.1\r\n\r\n",
            "\r\n\r\n",
            "GET /metrics HTTP/2\r\n\r\n",
        ] {
            assert_eq!(says(nonsense), Wish::Nonsense, "{nonsense:?}");
        }
    }

    #[test]
    fn a_scrape_is_answered_and_a_flood_is_not_read_to_its_end() {
        let local = "127.0.0.1:0".parse().unwrap();
        let address = answer(local, || "figures\n".to_owned()).unwrap();
        let ask = |request: &[u8]| {
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            // It may be closed while we write.
            drop(stream.write_all(request));
            let mut answer = Vec::new();
            drop(stream.read_to_end(&mut answer));
            String::from_utf8_lossy(&answer).into_owned()
        };
        let good = ask(b"GET /metrics HTTP/1.1\r\n\r\n");
        assert!(good.starts_with("HTTP/1.1 200 OK\r\n"), "{good}");
        assert!(good.ends_with("\r\n\r\nfigures\n"), "{good}");
        let flood = ask(&vec![b'a'; 4 << 20]);
        assert!(!flood.contains("200"), "{flood}");
        assert!(ask(b"GET /metrics HTTP/1.1\r\n\r\n").ends_with("figures\n"));
    }
}
