//! The page that `doorward report` writes: as data, and in a browser if there is one.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "it is a test")]
#![allow(clippy::indexing_slicing, reason = "it is a test")]

mod browser;
mod common;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use browser::{Browser, DOWN, ENTER, ESCAPE, HOME, LEFT, RIGHT, TAB};
use common::Folder;
use serde_json::Value;

/// The office of the examples, and its page.
fn office() -> Folder {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let read = |name: &str| std::fs::read(examples.join(name)).unwrap();
    let folder = Folder::new().with("office.door", read("office.door")).with("tor-exits.txt", read("tor-exits.txt"));
    folder.run(&["report", "office.door", "-o", "office.html"]).exits(0).says("", "");
    folder
}

/// The data in a page.
fn data(page: &str) -> Value {
    let (_, rest) = page.split_once(r#"<script type="application/json" id="data">"#).unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

/// The page of the office in a browser, or nothing where there is none: that is said, and no failure.
fn shown(width: u32, height: u32) -> Option<(Folder, Browser)> {
    let Some(browser) = Browser::start(width, height) else {
        // The harness hides what a passing test prints by `eprintln!`.
        let told = "SKIPPED: there is no `chromedriver` here; Debian has it in `chromium-driver`, beside `chromium`\n";
        std::io::stderr().write_all(told.as_bytes()).unwrap();
        return None;
    };
    let folder = office();
    browser.open(&folder.at("office.html"));
    Some((folder, browser))
}

/// The cell of a column in the row of a room, both by name.
fn cell(column: &str, room: &str) -> String {
    format!(r#"#scroll button[aria-label^="{column}, {room}: "]"#)
}

#[test]
fn the_page_needs_nothing_else() {
    let page = office().read("office.html");
    assert!(page.contains("default-src 'none'"));
    for fetched in ["src=", "@import", "url(", "http://", "https://", "<link"] {
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(fetched), "{fetched}");
    }
}

#[test]
fn what_a_policy_says_stays_text() {
    let policy = r#"deny "</script><b>" because "<!-- </script><script>alert(1)</script>" identity "</script><b>""#;
    let folder = Folder::new().with("<i>&.door", policy);
    let page = folder.run(&["report", "<i>&.door", "-o", "-"]).exits(0).stdout;
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("<h1>&lt;i&gt;&amp;.door</h1>"));
    assert!(data(&page)["rules"][0]["text"].as_str().unwrap().contains("<script>alert(1)</script>"));
}

#[test]
fn a_page_is_written_or_it_is_said_why_not() {
    let folder = Folder::new().with("front.door", "allow anyone to read /").with("bad.door", "allow nobody to read /");
    folder.run(&["report", "front.door", "-o", "front.html"]).exits(0).says("", "");
    folder
        .run(&["report", "bad.door", "-o", "bad.html"])
        .exits(1)
        .complains("`bad.door` cannot be used: it has 1 error");
    folder.run(&["report", "none.door", "-o", "none.html"]).exits(2).complains("cannot read `none.door`");
    folder.run(&["report", "front.door", "-o", "no/front.html"]).exits(2).complains("cannot write `no/front.html`");
    folder.run(&["report", "front.door", "-o", "front.door"]).exits(2).complains("would take the place of the policy");
    folder.run(&["report", "front.door"]).exits(2).complains("--output <FILE>");
    assert!(!folder.at("bad.html").exists());
}

#[test]
fn members_whom_rules_tell_apart_are_told_apart() {
    let policy = "
        identity a, b, c, d, e
        group all = a, b, c, d, e
        group some = d
        allow all to read /x
        allow some to read /y
        deny e to read /x
    ";
    let page = Folder::new().run_on(policy, &["report", "-", "-o", "-"]).exits(0).stdout;
    let data = data(&page);
    let rows = data["rows"].as_array().unwrap();
    let members = &rows.iter().find(|row| row["name"] == "all").unwrap()["members"];
    let counts: Vec<u64> = members.as_array().unwrap().iter().map(|share| share["count"].as_u64().unwrap()).collect();
    assert_eq!(counts, [3, 1, 1]);
    assert_eq!(rows.iter().filter(|row| row["kind"] == "person").count(), 5);
}

#[test]
fn a_policy_of_many_choices_is_cut_and_says_so() {
    let mut policy = String::from("assurance a < b < c < d\n");
    for number in 0..60 {
        policy.push_str(&format!(
            "group g{number} claimed room r{number} at /r{number}/** network n{number} = 10.{number}.0.0/16\n\
             allow g{number} with c within {}m to read r{number} from n{number} when time in {:02}:00..{:02}:30\n",
            number + 1,
            number % 24,
            number % 24,
        ));
    }
    let page = Folder::new().run_on(policy, &["report", "-", "-o", "-"]).exits(0).stdout;
    let data = data(&page);
    assert!(data["answers"]["decided"].as_u64().unwrap() <= 200_000);
    let limits: Vec<&str> = data["limits"].as_array().unwrap().iter().map(|limit| limit.as_str().unwrap()).collect();
    assert!(limits.iter().any(|limit| limit.contains("more than 200000")), "{limits:?}");
}

/// The data of the page about a policy.
fn data_of(policy: &str) -> Value {
    data(&Folder::new().run_on(policy, &["report", "-", "-o", "-"]).exits(0).stdout)
}

#[test]
fn levels_are_cut_as_well() {
    let levels: Vec<String> = (0..20_000).map(|number| format!("l{number}")).collect();
    let people: Vec<String> = (0..20).map(|number| format!("p{number}")).collect();
    let policy = format!(
        "assurance {}\nidentity {}\nallow authenticated with l7 to read /x\n",
        levels.join(" < "),
        people.join(", ")
    );
    let data = data_of(&policy);
    assert!(data["answers"]["decided"].as_u64().unwrap() <= 200_000);
    assert!(data["limits"].to_string().contains("of 20000 assurance levels"), "{}", data["limits"]);
}

#[test]
fn claimed_groups_that_are_left_out_are_told() {
    let groups: Vec<String> = (0..61).map(|number| format!("group g{number} claimed")).collect();
    let data = data_of(&groups.join("\n"));
    assert!(data["limits"].to_string().contains("Of 61 claimed groups the first 60"), "{}", data["limits"]);
}

#[test]
fn an_age_without_a_level_is_no_clause() {
    let data = data_of("identity ann\nallow ann with any within 15m to read /x\n");
    assert_eq!(data["choices"]["strengths"][0]["clause"], Value::Null);
}

#[test]
fn rules_on_one_line_are_told_apart() {
    let data = data_of("identity ann\nallow ann to read /x  allow ann to read /y\n");
    let decided = |rule: u64| {
        let reasons = data["answers"]["reasons"].as_array().unwrap();
        reasons.iter().any(|reason| reason[0].as_u64() == Some(rule))
    };
    assert!(decided(0) && decided(1), "{}", data["answers"]["reasons"]);
}

#[test]
fn a_click_explains_a_cell_and_keys_move_on() {
    let Some((_folder, browser)) = shown(1440, 900) else { return };
    let title = || browser.text("#panel h3");

    browser.click(&cell("staff", "wiki"));
    assert_eq!(title(), "staff in wiki");
    let panel = browser.text("#panel");
    for part in ["allowed", "Allowed by", "allow staff to read, write wiki from office except guests", "office.door:"] {
        assert!(panel.contains(part), "{part:?} in {panel}");
    }

    // The explanation follows the arrow keys, and the focus stays in the matrix.
    browser.press(&[RIGHT, RIGHT, DOWN]);
    assert_eq!(title(), "admins in vault");
    let focused = || browser.run("return document.activeElement.getAttribute('aria-label')");
    assert!(focused().as_str().unwrap().starts_with("admins, vault: 403"), "{}", focused());

    // `Escape` closes it and leaves the focus there; `Enter` opens it again.
    browser.press(&[ESCAPE]);
    assert!(browser.text("#panel").starts_with("Why?"));
    assert!(focused().as_str().unwrap().starts_with("admins, vault"));
    browser.press(&[LEFT]);
    assert!(browser.text("#panel").starts_with("Why?"));
    browser.press(&[RIGHT, ENTER]);
    assert_eq!(title(), "admins in vault");
    assert!(browser.text("#panel").contains("to open vault does not hold: the action is GET"));
    // From within the explanation, too.
    browser.press(&[TAB, ESCAPE]);
    assert!(focused().as_str().unwrap().starts_with("admins, vault"));

    // Another action, and the promise of a stronger login.
    browser.run(
        "const select = document.getElementById('choose-action');
         select.value = [...select.options].find((option) => option.text.startsWith('POST')).value;
         select.dispatchEvent(new Event('change'))",
    );
    browser.press(&[ENTER]);
    let panel = browser.text("#panel");
    assert!(panel.starts_with("401"), "{panel}");
    for part in [
        "Would be allowed by",
        "vault-day",
        "carol, with mfa no older than 15m",
        "expect 401 carol POST /vault/7 from 10.0.0.1 with password at 2026-11-23T10:00+01:00",
    ] {
        assert!(panel.contains(part), "{part:?} in {panel}");
    }
    browser.press(&[HOME]);
    assert_eq!(title(), "anonymous in vault");
    let spoken = browser.run("return document.getElementById('spoken').textContent");
    assert!(spoken.as_str().unwrap().starts_with("anonymous in vault: 401"), "{spoken}");

    // It was quiet all the while.
    assert_eq!(browser.log("browser"), Vec::<Value>::new());
    let requests = browser.requests();
    assert!(matches!(&*requests, [page] if page.ends_with("/office.html")), "{requests:?}");
    assert_eq!(browser.run("return performance.getEntriesByType('resource').length"), 0);
}

/// Each cell offers its answer as a line for a `test` block: all of them, under a few choices, hold.
#[test]
fn every_cell_is_a_test_that_passes() {
    let Some((folder, browser)) = shown(1440, 900) else { return };
    let mut lines = BTreeSet::new();
    for choice in ["0, 0, 0, 0, 0, 0", "1, 0, 1, 1, 0, 0", "0, 2, 2, 2, 1, 0", "2, 3, 2, 0, 3, 1", "1, 4, 1, 2, 6, 0"] {
        let found = browser.run(&LINES.replace("CHOICE", choice));
        lines.extend(found.as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()));
    }
    assert!(lines.len() > 500, "{}", lines.len());
    let policy = format!("include \"office.door\" test \"cells\" {{\n{}\n}}\n", Vec::from_iter(lines).join("\n"));
    let folder = folder.with("cells.door", policy);
    let told = folder.run(&["test", "cells.door"]).exits(0).stdout;
    assert!(told.ends_with(" passed, 0 failed\n"), "{told}");
}

/// Chooses, and clicks every cell in both views; gives the lines that the cells offer.
const LINES: &str = "
    const choose = (key, index) => {
        const select = document.getElementById(`choose-${key}`);
        select.value = index;
        select.dispatchEvent(new Event('change'));
    };
    const choice = [CHOICE];
    ['action', 'origin', 'strength', 'age', 'time', 'facts'].forEach((key, at) => choose(key, choice[at]));
    const lines = new Set();
    for (const radio of document.querySelectorAll('input[name=view]')) {
        radio.click();
        for (const button of document.querySelectorAll('td button')) {
            button.click();
            for (const line of document.querySelectorAll('#panel .line')) lines.add(line.textContent);
        }
    }
    return [...lines];
";

/// What can be read: text that stands out from what is behind it, and a page no wider than its window.
#[test]
fn it_can_be_read_in_the_light_in_the_dark_and_on_a_small_screen() {
    for (width, height) in [(1440, 900), (360, 780)] {
        let Some((_folder, browser)) = shown(width, height) else { return };
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            browser.click(&cell("anonymous", "home"));
            let faint = browser.run(FAINT);
            assert_eq!(faint, Value::Array(Vec::new()), "{width} {scheme}");
        }
        let drawn = browser.run("return document.documentElement.scrollWidth").as_u64().unwrap();
        assert!(drawn <= width.into(), "{drawn} in {width}");
    }
}

/// The texts whose colour has less than the contrast of 4.5 that WCAG 2.2 asks for at level AA.
const FAINT: &str = "
    document.querySelectorAll('details').forEach((details) => { details.open = true; });
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = (colour) => {
        const [red, green, blue] = channels(colour).map((value) => value / 255)
            .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    const behind = (element) => {
        for (let at = element; at; at = at.parentElement) {
            const colour = getComputedStyle(at).backgroundColor;
            if ((channels(colour)[3] ?? 1) > 0) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        if (!walker.currentNode.data.trim() || !element.checkVisibility()) continue;
        const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
        const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (contrast < 4.5) faint.push(`${walker.currentNode.data.trim()}: ${contrast.toFixed(2)}`);
    }
    return faint;
";
