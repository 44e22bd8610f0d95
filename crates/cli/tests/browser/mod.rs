//! A browser without a window, by as much of the WebDriver protocol as a test of a page needs.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// How the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Nothing that is asked of it takes longer, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(180);

/// One browser at a time: a busy machine has enough of one.
static ONE: Mutex<()> = Mutex::new(());

/// A key that is no character.
#[derive(Clone, Copy)]
pub(crate) struct Key(pub(crate) char);

pub(crate) const ENTER: Key = Key('\u{e007}');
pub(crate) const ESCAPE: Key = Key('\u{e00c}');
pub(crate) const TAB: Key = Key('\u{e004}');
pub(crate) const LEFT: Key = Key('\u{e012}');
pub(crate) const RIGHT: Key = Key('\u{e014}');
pub(crate) const DOWN: Key = Key('\u{e015}');
pub(crate) const HOME: Key = Key('\u{e011}');

/// A running browser with one page.
pub(crate) struct Browser {
    driver: Child,
    port: u16,
    session: String,
    _profile: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Browser {
    /// Starts one in a window of that size; `None` if there is none on this machine.
    pub(crate) fn start(width: u32, height: u32) -> Option<Self> {
        let turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines.find_map(|line| {
            let line = line.unwrap();
            line.rsplit_once("successfully on port ").map(|(_, port)| port.trim_end_matches('.').parse().unwrap())
        });
        // What it writes later has to go somewhere.
        std::thread::spawn(move || lines.for_each(drop));
        let profile = TempDir::new().unwrap();
        let mut browser = Self { driver, port: port.unwrap(), session: String::new(), _profile: profile, _turn: turn };
        let arguments = [
            "--headless=new".to_owned(),
            "--no-sandbox".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-dev-shm-usage".to_owned(),
            "--disable-quic".to_owned(),
            "--no-first-run".to_owned(),
            "--disable-background-networking".to_owned(),
            "--disable-component-update".to_owned(),
            "--disable-sync".to_owned(),
            format!("--window-size={width},{height}"),
            format!("--user-data-dir={}", browser._profile.path().display()),
        ];
        let started = browser.call(
            "POST",
            "/session",
            &json!({ "capabilities": { "alwaysMatch": {
                "goog:chromeOptions": { "args": arguments },
                "timeouts": { "script": PATIENCE.as_millis(), "pageLoad": PATIENCE.as_millis() },
                "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            } } }),
        );
        browser.session = format!("/session/{}", started["sessionId"].as_str().unwrap());
        browser.tool(
            "Emulation.setDeviceMetricsOverride",
            &json!({
                "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600,
            }),
        );
        Some(browser)
    }

    /// Goes to a file.
    pub(crate) fn open(&self, file: &Path) {
        self.ask("POST", "/url", &json!({ "url": format!("file://{}", file.display()) }));
    }

    /// Prefers that scheme of colours, `light` or `dark`.
    pub(crate) fn prefer(&self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.tool("Emulation.setEmulatedMedia", &json!({ "features": [feature] }));
    }

    /// Clicks the one element that a selector means, as a mouse does.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.ask("POST", &format!("/element/{element}/click"), &json!({}));
    }

    /// The text of the element as a person sees it.
    pub(crate) fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.ask("GET", &format!("/element/{element}/text"), &Value::Null).as_str().unwrap().to_owned()
    }

    /// Presses keys, one after another, wherever the focus is.
    pub(crate) fn press(&self, keys: &[Key]) {
        let presses: Vec<Value> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.0.to_string() })))
            .collect();
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": presses });
        self.ask("POST", "/actions", &json!({ "actions": [keyboard] }));
    }

    /// What the body of a function returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.ask("POST", "/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// What has come into a log since it was last read.
    pub(crate) fn log(&self, kind: &str) -> Vec<Value> {
        self.ask("POST", "/se/log", &json!({ "type": kind })).as_array().unwrap().clone()
    }

    /// The addresses of everything that a page from a file has asked of any network or file, itself included.
    pub(crate) fn requests(&self) -> Vec<String> {
        let mut found = Vec::new();
        for entry in self.log("performance") {
            let message: Value = serde_json::from_str(entry["message"].as_str().unwrap()).unwrap();
            let event = &message["message"];
            let page = event["params"]["documentURL"].as_str().unwrap_or_default();
            if event["method"] == "Network.requestWillBeSent" && page.starts_with("file:") {
                found.push(event["params"]["request"]["url"].as_str().unwrap().to_owned());
            }
        }
        found
    }

    fn element(&self, selector: &str) -> String {
        let found = self.ask("POST", "/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn tool(&self, command: &str, parameters: &Value) {
        self.ask("POST", "/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }));
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        self.call(method, &format!("{}{path}", self.session), body)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, value) = exchange(self.port, method, path, body).unwrap();
        assert_eq!(status, 200, "{method} {path}: {value}");
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The browser ends with its session, the driver by its own process; neither outlives the test.
        if !self.session.is_empty() {
            let _ = exchange(self.port, "DELETE", &self.session, &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// One request and its answer, over a connection of its own.
fn exchange(port: u16, method: &str, path: &str, body: &Value) -> std::io::Result<(u16, Value)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let body = if body.is_null() { String::new() } else { body.to_string() };
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let status = line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim().split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer)?;
    let answer: Value = serde_json::from_slice(&answer)?;
    Ok((status, answer["value"].clone()))
}
