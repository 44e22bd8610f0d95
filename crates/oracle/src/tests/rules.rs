use super::check;

#[test]
fn what_is_not_allowed_is_forbidden() {
    check("", &[("anonymous GET /", "403 []"), ("rejected GET /", "403 []"), ("zoe GET /", "403 []")]);
}

#[test]
fn a_401_needs_somebody_who_would_be_allowed() {
    check(
        "identity alice
         allow anyone to read /pub/**
         allow alice to read, write /a
         deny alice to GET /pub/secret",
        &[
            ("anonymous GET /pub", "200 [0]"),
            ("anonymous GET /pub/x/y", "200 [0]"),
            ("anonymous GET /", "403 []"),
            ("anonymous GET /a", "401 [1]"),
            ("anonymous POST /pub", "403 []"),
            ("anonymous OPTIONS /a", "403 []"),
            ("alice DELETE /a", "200 [1]"),
            ("alice GET /pub/secret", "403 [2]"),
            ("bob GET /pub/secret", "200 [0]"),
            ("bob GET /a", "403 []"),
            ("rejected GET /pub", "401 [0]"),
            ("rejected GET /a", "401 [1]"),
            ("rejected GET /nowhere", "403 []"),
        ],
    );
}

#[test]
fn a_deny_that_authenticating_sheds_is_told_with_the_allow() {
    check(
        "assurance password < mfa
         allow anyone to read /a
         deny anyone without mfa to read /a
         allow authenticated to read /b
         deny anyone to read /b",
        &[
            ("anonymous GET /a", "401 [0, 1]"),
            ("rejected GET /a", "401 [0, 1]"),
            ("zoe GET /a with password", "401 [0, 1] mfa"),
            ("zoe GET /a with mfa", "200 [0]"),
            ("anonymous GET /b", "403 [3]"),
            ("rejected GET /b", "403 [3]"),
            ("zoe GET /b with mfa", "403 [3]"),
        ],
    );
}

#[test]
fn subjects_are_names_groups_and_claims() {
    check(
        "identity a, b, c
         group g = a, h
         group h = b
         group i claimed
         group j = k, c
         group k = i
         allow g except h to read /g
         allow j to read /j
         allow authenticated except j to read /n
         allow g to read /h",
        &[
            ("a GET /g", "200 [0]"),
            ("b GET /g", "403 []"),
            ("anonymous GET /g", "401 [0]"),
            ("c GET /j", "200 [1]"),
            ("a GET /j", "403 []"),
            ("a GET /j in i", "200 [1]"),
            ("a GET /j in j", "403 []"),
            ("zoe GET /j in i", "200 [1]"),
            ("i GET /j", "403 []"),
            ("anonymous GET /j", "401 [1]"),
            ("zoe GET /n", "200 [2]"),
            ("zoe GET /n in i", "403 []"),
            ("anonymous GET /n", "401 [2]"),
            ("b GET /h", "200 [3]"),
        ],
    );
}

#[test]
fn nobody_is_left_over_after_except() {
    check(
        "identity a
         group g = a
         group all claimed
         allow g except all to read /x
         deny a to read /x
         allow g except a to read /y",
        &[("anonymous GET /x", "403 []"), ("anonymous GET /y", "403 []"), ("zoe GET /y", "403 []")],
    );
}

#[test]
fn those_whom_except_leaves_out_are_not_those_who_could_come_in_by_a_claim() {
    check(
        "identity a
         group outer = a
         group staff = b
         identity b
         group claim claimed
         group listed = staff, claim
         allow listed except outer, b to read /x",
        &[("anonymous GET /x", "401 [0]"), ("a GET /x in claim", "403 []"), ("c GET /x in claim", "200 [0]")],
    );
}

#[test]
fn strength_is_a_level_and_an_age() {
    check(
        "assurance low < mid < high
         allow authenticated with mid to read /m
         allow authenticated with high within 15m to read /h
         deny anyone without mid within 1h to write
         allow anyone to write /w
         allow authenticated with any within 5m to read /a",
        &[
            ("x GET /m with mid", "200 [0]"),
            ("x GET /m with high", "200 [0]"),
            ("x GET /m with low", "401 [0] mid"),
            ("x GET /m", "401 [0] mid"),
            ("x GET /h with high 15m old", "200 [1]"),
            ("x GET /h with high 901s old", "401 [1] high 900s"),
            ("x GET /h with low 1m old", "401 [1] high 900s"),
            ("x GET /h with high 0s old", "200 [1]"),
            ("anonymous GET /h", "401 [1]"),
            ("x POST /w with high", "200 [3]"),
            ("x POST /w with low", "401 [2, 3] mid 3600s"),
            ("x POST /w", "401 [2, 3] mid 3600s"),
            ("x POST /w with mid 2h old", "401 [2, 3] mid 3600s"),
            ("x POST /w with high 2h old", "401 [2, 3] high 3600s"),
            ("anonymous POST /w", "401 [2, 3]"),
            ("x GET /a with low 5m old", "200 [4]"),
            ("x GET /a with low 6m old", "401 [4] low 300s"),
            ("x GET /nope with low", "403 []"),
        ],
    );
}

#[test]
fn one_level_without_a_name_is_enough_for_an_age() {
    check(
        "allow authenticated with any within 5m to read /a",
        &[("x GET /a", "401 [0] - 300s"), ("anonymous GET /a", "401 [0]")],
    );
}

#[test]
fn the_longest_age_and_the_lowest_level_are_asked_for() {
    check(
        "assurance low < mid < high
         allow authenticated with mid within 1m to read /a
         allow authenticated with high to read /a
         allow authenticated with mid within 1h to read /a",
        &[("x GET /a with low", "401 [2] mid 3600s"), ("x GET /a with high 2h old", "200 [1]")],
    );
}

#[test]
fn rooms_are_patterns_and_every_one_counts() {
    check(
        "room home at /home/{user}/**, /users/{user}
         room all at /**
         allow authenticated to read home when identity.name == room.user
         allow anyone to read /files/** except /files/private/**, /files/*/old
         allow anyone to read /a/*/c
         deny anyone to read /files/x
         allow anyone to POST
         allow anyone to PUT all",
        &[
            ("alice GET /home/alice/x", "200 [0]"),
            ("alice GET /home/alice/", "200 [0]"),
            ("alice GET /users/alice", "200 [0]"),
            ("alice GET /users/alice/x", "403 []"),
            ("alice GET /home", "403 []"),
            ("alice GET /home/bob", "403 []"),
            ("anonymous GET /home/zoe", "401 [0]"),
            ("anonymous GET /files", "200 [1]"),
            ("anonymous GET /files/a/b", "200 [1]"),
            ("anonymous GET /files/private", "403 []"),
            ("anonymous GET /files/private/x", "403 []"),
            ("anonymous GET /files/x/old", "403 []"),
            ("anonymous GET /files/x", "403 [3]"),
            ("anonymous GET /Files", "403 []"),
            ("anonymous GET /a/b/c", "200 [2]"),
            ("anonymous GET /a/c", "403 []"),
            ("anonymous GET /a/b/c/d", "403 []"),
            ("anonymous POST /anywhere", "200 [4]"),
            ("anonymous PUT /", "200 [5]"),
        ],
    );
}

#[test]
fn origins_hold_addresses_and_an_unknown_one_is_unknown() {
    check(
        "network office = 10.0.0.0/8, 2001:db8::/32
         network guests = 10.99.0.0/16
         network all = office, 192.0.2.1
         allow anyone to read from all except guests
         deny anyone to read /x from 10.1.0.0/16
         allow anyone to POST from ::/0
         allow anyone to PUT from ::ffff:0:0/96",
        &[
            ("anonymous GET / from 10.0.0.7", "200 [0]"),
            ("anonymous GET / from 10.99.1.1", "403 []"),
            ("anonymous GET / from ::ffff:10.0.0.7", "200 [0]"),
            ("anonymous GET / from 2001:db8:1::1", "200 [0]"),
            ("anonymous GET / from 192.0.2.1", "200 [0]"),
            ("anonymous GET / from 192.0.2.2", "403 []"),
            ("anonymous GET /", "403 []"),
            ("anonymous GET /x", "403 [1]"),
            ("anonymous GET /x from 10.1.2.3", "403 [1]"),
            ("anonymous GET /x from 10.2.0.1", "200 [0]"),
            ("anonymous POST / from ::1", "200 [2]"),
            ("anonymous POST / from 10.0.0.1", "403 []"),
            ("anonymous PUT / from 10.0.0.1", "200 [3]"),
            ("anonymous PUT / from ::1", "403 []"),
        ],
    );
}

#[test]
fn an_action_is_covered_whole_by_an_allow_and_in_part_by_a_deny() {
    check(
        "identity a
         action open is POST
         action modify is PUT, open
         action knock
         allow a to modify /m
         allow a to POST /p
         allow a to use /q
         deny a to POST /q
         allow a to GET, PUT, POST /r",
        &[
            ("a modify /m", "200 [0]"),
            ("a PUT /m", "200 [0]"),
            ("a POST /m", "200 [0]"),
            ("a open /m", "200 [0]"),
            ("a knock /m", "403 []"),
            ("a open /p", "200 [1]"),
            ("a modify /p", "403 []"),
            ("a modify /q", "403 [3]"),
            ("a open /q", "403 [3]"),
            ("a PUT /q", "200 [2]"),
            ("a knock /q", "200 [2]"),
            ("anonymous knock /q", "401 [2]"),
            ("a read /r", "200 [4]"),
            ("a modify /r", "200 [4]"),
            ("a write /r", "403 []"),
        ],
    );
}

#[test]
fn unidentified_visitors_can_be_told_401_everywhere() {
    check(
        "answer unidentified 401
         allow authenticated to read /a
         deny anyone to read /b",
        &[
            ("anonymous GET /a", "401 [0]"),
            ("anonymous GET /b", "401 [1]"),
            ("rejected GET /c", "401 []"),
            ("zoe GET /c", "403 []"),
        ],
    );
}

#[test]
fn rejected_credentials_can_count_as_none() {
    check(
        "answer rejected as anonymous
         allow anyone to read /a
         allow authenticated to read /b",
        &[("rejected GET /a", "200 [0]"), ("rejected GET /b", "401 [1]"), ("rejected GET /c", "403 []")],
    );
}

#[test]
fn a_lack_of_strength_can_be_told_403() {
    check(
        "answer step-up 403
         assurance low < high
         allow anyone to read /a
         deny anyone without high to read /a
         conceal /a",
        &[("x GET /a with low", "403/404 [0, 1]"), ("anonymous GET /a", "401 [0, 1]")],
    );
}

#[test]
fn a_concealed_room_is_not_found() {
    check(
        "assurance low < high
         room a at /a/**
         allow authenticated with high to read /**
         conceal a except /a/open
         conceal /b entirely",
        &[
            ("x POST /a with high", "403/404 []"),
            ("x POST /a/open with high", "403 []"),
            ("x GET /a with high", "200 [0]"),
            ("x GET /a with low", "401 [0] high"),
            ("anonymous GET /a", "401 [0]"),
            ("anonymous POST /b", "403/404 []"),
            ("anonymous GET /b", "401/404 [0]"),
            ("x GET /b with low", "401/404 [0] high"),
            ("x POST /c with low", "403 []"),
        ],
    );
}
