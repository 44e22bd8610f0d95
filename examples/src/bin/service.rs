//! A service with a policy at its door: HTTP/1.1 on a loopback address, with nothing but the standard library.
//!
//! `service 4` listens on a free port of 127.0.0.1, prints its address, and ends after four connections; without a
//! number it goes on. Try it with `curl -i -H "Authorization: Bearer bob-token" http://127.0.0.1:PORT/notes/bob`.
//!
//! Where a real service differs: it takes its policy from a file ([`Policy::from_file`]), checks real credentials, and
//! has an HTTP library. What it asks the policy, and what it makes of the answer, is the same.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::{Duration, SystemTime};

use doorward::{Instant, Policy, Request, Subject, Verdict};

/// How many bytes of a request's head are read.
const HEAD: u64 = 16 * 1024;

/// How long a client may take over a read or a write.
const PATIENCE: Duration = Duration::from_secs(5);

fn main() -> Result<(), Box<dyn Error>> {
    let most = std::env::args().nth(1).map(|text| text.parse()).transpose()?.unwrap_or(usize::MAX);
    let policy = Policy::parse(include_str!("service.door"))?;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("http://{}", listener.local_addr()?);
    for stream in listener.incoming().take(most) {
        // A client that breaks off is its own concern, not the service's.
        if let Err(error) = stream.map_err(Into::into).and_then(|stream| serve(&policy, stream)) {
            eprintln!("service: {error}");
        }
    }
    Ok(())
}

/// What matters of a request's head.
struct Head {
    method: String,
    target: String,
    authorization: Vec<String>,
}

/// Answers the one request of a connection.
fn serve(policy: &Policy, mut stream: TcpStream) -> Result<(), Box<dyn Error>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let address = stream.peer_addr()?.ip();
    let Some(head) = read_head(&stream)? else {
        return Ok(stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?);
    };
    stream.write_all(answer(policy, &head, address, Instant::try_from(SystemTime::now())?).as_bytes())?;
    Ok(())
}

/// The door: who is it, what does the policy say, how is it told.
fn answer(policy: &Policy, head: &Head, address: IpAddr, now: Instant) -> String {
    let subject = authenticate(&head.authorization, now);
    let request = Request::new(subject, &*head.method, &*head.target).address(address).at(now);
    let decision = policy.decide(&request);
    let body = match decision.verdict {
        Verdict::Allow => format!("{} {}\n", head.method, head.target),
        Verdict::Unauthenticated | Verdict::Forbidden => String::new(),
    };
    let reason = match decision.http_status {
        200 => "OK",
        401 => "Unauthorized",
        403 => "Forbidden",
        _ => "Not Found",
    };
    let mut response = format!("HTTP/1.1 {} {reason}\r\n", decision.http_status);
    for challenge in decision.www_authenticate() {
        response.push_str(&format!("WWW-Authenticate: {challenge}\r\n"));
    }
    response.push_str(&format!("Content-Length: {}\r\nConnection: close\r\n\r\n", body.len()));
    if head.method != "HEAD" {
        response.push_str(&body);
    }
    response
}

/// The authenticator: it says who the visitor is, and the policy what that means.
fn authenticate(authorization: &[String], now: Instant) -> Subject<'static> {
    let [value] = authorization else {
        return if authorization.is_empty() { Subject::Anonymous } else { Subject::Rejected };
    };
    let (name, level, age) = match value.as_str() {
        "Bearer alice-token" => ("alice", "mfa", 60),
        "Bearer alice-old-token" => ("alice", "mfa", 3_600),
        "Bearer bob-token" => ("bob", "password", 60),
        _ => return Subject::Rejected,
    };
    let mut known = Subject::known(name).assurance(level);
    known.authenticated_at = now.minus_seconds(age);
    known.into()
}

/// Reads a request's head; `None` if it is none, or too long.
fn read_head(stream: &TcpStream) -> Result<Option<Head>, Box<dyn Error>> {
    let mut lines = BufReader::new(stream.take(HEAD)).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let [method, target, "HTTP/1.1"] = *first.split(' ').collect::<Vec<_>>() else { return Ok(None) };
    let mut authorization = Vec::new();
    for line in lines {
        let line = line?;
        if line.is_empty() {
            return Ok(Some(Head { method: method.to_owned(), target: target.to_owned(), authorization }));
        }
        let Some((name, value)) = line.split_once(':') else { return Ok(None) };
        // A name with a space in it, or a folded line, is read as a header by some and not by others.
        if name.contains(char::is_whitespace) {
            return Ok(None);
        }
        if name.eq_ignore_ascii_case("authorization") {
            authorization.push(value.trim().to_owned());
        }
    }
    Ok(None)
}
