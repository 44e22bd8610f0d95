//! The service answers over HTTP what its policy says.

#![allow(clippy::unwrap_used, reason = "what does not answer fails the test")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Requests, with how the answer begins and a header that it has.
const CASES: &[(&str, Option<&str>, &str, &str)] = &[
    ("GET /", None, "HTTP/1.1 200 OK", "Content-Length: 6"),
    ("HEAD /", None, "HTTP/1.1 200 OK", "Content-Length: 7"),
    (
        "GET /",
        Some("Bearer forged"),
        "HTTP/1.1 401 ",
        r#"WWW-Authenticate: Bearer realm="service", error="invalid_token""#,
    ),
    ("GET /notes/bob", None, "HTTP/1.1 401 ", "WWW-Authenticate: Bearer realm=\"service\"\r\n"),
    ("PUT /notes/bob", Some("Bearer bob-token"), "HTTP/1.1 200 ", "\r\n\r\nPUT /notes/bob\n"),
    ("GET /notes/alice", Some("Bearer bob-token"), "HTTP/1.1 403 ", "Content-Length: 0"),
    ("GET /notes/../notes/bob", Some("Bearer bob-token"), "HTTP/1.1 403 ", "Content-Length: 0"),
    ("GET /admin", Some("Bearer bob-token"), "HTTP/1.1 404 ", "Content-Length: 0"),
    ("GET /admin", Some("Bearer alice-token"), "HTTP/1.1 200 ", "GET /admin"),
    (
        "GET /admin",
        Some("Bearer alice-old-token"),
        "HTTP/1.1 401 ",
        r#"error="insufficient_user_authentication", acr_values="mfa", max_age="900""#,
    ),
    ("nonsense", None, "HTTP/1.1 400 ", "Connection: close"),
];

/// The running service, ended with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_service_answers_what_its_policy_says() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_service"));
    let child = command.arg(CASES.len().to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let mut service = Service(child);
    let mut line = String::new();
    BufReader::new(service.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("http://").unwrap();
    for (start, authorization, status, part) in CASES {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let header = authorization.map_or_else(String::new, |value| format!("Authorization: {value}\r\n"));
        stream.write_all(format!("{start} HTTP/1.1\r\nHost: service\r\n{header}\r\n").as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(status), "{start}: {answer}");
        assert!(answer.contains(part), "{start}: {answer}");
    }
    assert!(service.0.wait().unwrap().success());
}
