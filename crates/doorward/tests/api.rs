//! The library as a program uses it: policies from texts, loaders and files, shared between threads.

use doorward::{MemoryFiles, Policy, Request, Subject, Verdict};

#[test]
fn a_policy_is_shared_between_threads() {
    fn shared<T: Send + Sync + 'static>(_: &T) {}
    let policy = Policy::parse("allow anyone to read /").unwrap();
    shared(&policy);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let request = Request::new(Subject::Anonymous, "GET", "/");
                assert_eq!(policy.verdict(&request), Verdict::Allow);
            });
        }
    });
}

#[test]
fn the_empty_policy_forbids_everything() {
    let policy = Policy::parse("").unwrap();
    for subject in [Subject::Anonymous, Subject::Rejected, Subject::known("alice").into()] {
        assert_eq!(policy.verdict(&Request::new(subject, "GET", "/")), Verdict::Forbidden);
    }
}

#[test]
fn files_come_through_a_loader() {
    let files = MemoryFiles::new()
        .with("people/staff.door", "group staff from \"names.txt\"")
        .with("people/names.txt", "alice # the first\n\nbob\n");
    let text = "include \"people/staff.door\"\ninclude \"people/staff.door\"\nallow staff to read /wiki/**";
    let policy = Policy::load("site.door", text.to_owned(), &files).unwrap();
    assert_eq!(policy.verdict(&Request::new(Subject::known("bob"), "GET", "/wiki")), Verdict::Allow);
    assert_eq!(policy.decide(&Request::new(Subject::known("bob"), "GET", "/wiki")).rules, ["site.door:3"]);
}

#[test]
fn an_error_in_a_file_is_told_there() {
    let files = MemoryFiles::new().with("more.door", "\n\nallow stff to read /");
    let error = Policy::load("site.door", "group staff claimed\ninclude \"more.door\"".to_owned(), &files).unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("--> more.door:3:7") && shown.contains("did you mean `staff`?"), "{shown}");
    let error = Policy::load("site.door", "include \"../more.door\"".to_owned(), &files).unwrap_err();
    assert!(error.to_string().contains("--> site.door:1:9"), "{error}");
}

#[test]
fn a_decision_says_because_of_what_it_denies() {
    let policy = "allow anyone to read /** because \"open\"  deny anyone to read /b because \"closed\"";
    let policy = Policy::parse(policy).unwrap();
    for (path, because) in [("/a", &[][..]), ("/b", &["closed"])] {
        assert_eq!(policy.decide(&Request::new(Subject::Anonymous, "GET", path)).because, because);
    }
}

#[test]
fn a_decision_has_a_header_for_each_challenge() {
    let policy = "challenge Bearer realm \"hq\"  challenge Basic  allow authenticated to read /x";
    let policy = Policy::parse(policy).unwrap();
    let headers = |path| -> Vec<String> {
        policy.decide(&Request::new(Subject::Anonymous, "GET", path)).www_authenticate().collect()
    };
    assert_eq!(headers("/x"), ["Bearer realm=\"hq\"", "Basic"]);
    assert!(headers("/y").is_empty());
}

#[cfg(feature = "files")]
#[test]
fn a_file_that_is_not_there_is_an_error() {
    let error = Policy::from_file("no/such/folder/site.door").unwrap_err();
    assert!(error.to_string().contains("site.door"), "{error}");
}

#[cfg(feature = "serde")]
#[test]
fn a_decision_is_data() {
    let text =
        "challenge Bearer realm \"hq\"\nassurance low < high\nx: allow authenticated with high within 1h to read /x";
    let policy = Policy::parse(text).unwrap();
    let line =
        r#"{"subject":{"identity":"a","assurance":"low"},"action":"GET","room":"/x","time":"2026-11-23T10:00:00Z"}"#;
    let request: Request<'_> = serde_json::from_str(line).unwrap();
    assert_eq!(
        serde_json::to_string(&policy.decide(&request)).unwrap(),
        concat!(
            r#"{"verdict":"unauthenticated","status":401,"http_status":401,"rules":["x"],"challenges":[{"scheme":"Bearer","#,
            r#""realm":"hq","error":"insufficient_user_authentication","acr_values":"high","max_age":3600}]}"#
        )
    );
    let explanation = serde_json::to_value(policy.explain(&request)).unwrap();
    assert_eq!(explanation["witness"]["subject"]["authenticated_at"], "2026-11-23T09:00:00Z");
    assert_eq!(explanation["near_misses"][0]["failures"][0]["clause"], "strength");
}
