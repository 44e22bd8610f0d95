use super::check;

#[test]
fn windows_are_half_open_and_read_off_the_local_clock() {
    check(
        "timezone Europe/Berlin
         allow anyone to read /w when time in 08:00..18:00 and day in mon..fri
         allow anyone to read /n when time in 22:00..06:00
         allow anyone to read /e when day in sat..mon
         allow anyone to read /r when time in 02:00..03:00
         allow anyone to read /l when time in 23:00..24:00 or time < 2020-01-01T00:00Z",
        &[
            ("anonymous GET /w at 2026-11-23T08:00+01:00", "200 [0]"),
            ("anonymous GET /w at 2026-11-23T07:59:59+01:00", "403 []"),
            ("anonymous GET /w at 2026-11-23T17:59:59.999+01:00", "200 [0]"),
            ("anonymous GET /w at 2026-11-23T17:00Z", "403 []"),
            ("anonymous GET /w at 2026-11-22T10:00Z", "403 []"),
            ("anonymous GET /n at 2026-11-23T23:00+01:00", "200 [1]"),
            ("anonymous GET /n at 2026-11-23T05:59+01:00", "200 [1]"),
            ("anonymous GET /n at 2026-11-23T06:00+01:00", "403 []"),
            ("anonymous GET /e at 2026-11-22T23:00Z", "200 [2]"),
            ("anonymous GET /e at 2026-11-23T23:00Z", "403 []"),
            ("anonymous GET /e at 2026-11-20T23:00Z", "200 [2]"),
            ("anonymous GET /r at 2026-10-25T00:30Z", "200 [3]"),
            ("anonymous GET /r at 2026-10-25T01:30Z", "200 [3]"),
            ("anonymous GET /r at 2026-10-25T02:30Z", "403 []"),
            ("anonymous GET /r at 2026-03-29T00:59Z", "403 []"),
            ("anonymous GET /r at 2026-03-29T01:00Z", "403 []"),
            ("anonymous GET /l at 2026-11-23T23:59:59+01:00", "200 [4]"),
            ("anonymous GET /l at 2026-11-24T00:00+01:00", "403 []"),
            ("anonymous GET /l at 2019-12-31T12:00Z", "200 [4]"),
        ],
    );
}

#[test]
fn what_is_unknown_opens_no_door_and_disarms_no_deny() {
    check(
        "context has { c?: int, d?: bool, s?: string }
         allow anyone to read /and when context.c == 1 and context.d
         allow anyone to read /or when context.c == 1 or context.d
         allow anyone to read /not unless context.d
         allow anyone to read /deny, /denied
         deny anyone to read /deny when context.c > 1
         deny anyone to read /denied when context.d unless context.c == 1
         allow anyone to read /has when context has c and not context has d
         allow anyone to read /like when context.s like \"a*b*c\"
         allow anyone to read /in when context.c in { 1, 2 } or context.s != \"x\"
         allow anyone to read /empty unless context.c in { }",
        &[
            ("anonymous GET /and", "403 []"),
            ("anonymous GET /and where context.c = 1", "403 []"),
            ("anonymous GET /and where context.c = 1, context.d = true", "200 [0]"),
            ("anonymous GET /or where context.c = 1", "200 [1]"),
            ("anonymous GET /or where context.c = 2, context.d = false", "403 []"),
            ("anonymous GET /or where context.d = true", "200 [1]"),
            ("anonymous GET /not", "403 []"),
            ("anonymous GET /not where context.d = false", "200 [2]"),
            ("anonymous GET /deny", "403 [4]"),
            ("anonymous GET /deny where context.c = 1", "200 [3]"),
            ("anonymous GET /deny where context.c = 2", "403 [4]"),
            ("anonymous GET /denied", "403 [5]"),
            ("anonymous GET /denied where context.d = false", "200 [3]"),
            ("anonymous GET /denied where context.c = 1", "200 [3]"),
            ("anonymous GET /has", "403 []"),
            ("anonymous GET /has where context.c = 0", "200 [6]"),
            ("anonymous GET /has where context.c = 0, context.d = false", "403 []"),
            ("anonymous GET /like where context.s = \"abc\"", "200 [7]"),
            ("anonymous GET /like where context.s = \"axbxbxc\"", "200 [7]"),
            ("anonymous GET /like where context.s = \"abcd\"", "403 []"),
            ("anonymous GET /like where context.s = \"ac\"", "403 []"),
            ("anonymous GET /in where context.c = 2", "200 [8]"),
            ("anonymous GET /in where context.c = 3", "403 []"),
            ("anonymous GET /in where context.c = 3, context.s = \"x\"", "403 []"),
            ("anonymous GET /in where context.s = \"y\"", "200 [8]"),
            ("anonymous GET /empty", "403 []"),
            ("anonymous GET /empty where context.c = 1", "200 [9]"),
        ],
    );
}

#[test]
fn rooms_carry_typed_attributes() {
    check(
        "identity alice, bob
         group staff = bob, oncall
         group oncall claimed
         room doc at /docs/{id} has { owner: identity, readers: group, secret?: bool, others?: set of identity }
         room set at /sets/{id} has { readers: set of group, names?: set of string }
         allow authenticated to read doc when identity in room.readers or identity == room.owner
         deny anyone to read doc when room.secret
         allow authenticated to POST doc when identity in room.others
         allow authenticated to read set when identity in room.readers
         allow authenticated to POST set when identity.name in room.names
         allow authenticated to PUT set when identity in { staff } or identity in { alice }
         allow authenticated to PUT doc when room.readers == staff and room.owner in { alice, bob }",
        &[
            ("alice GET /docs/1 where room.owner = alice, room.secret = false", "200 [0]"),
            ("alice GET /docs/1 where room.owner = alice", "403 [1]"),
            ("bob GET /docs/1 where room.readers = staff, room.secret = false", "200 [0]"),
            ("zoe GET /docs/1 in oncall where room.readers = staff, room.secret = false", "200 [0]"),
            ("alice GET /docs/1 where room.readers = staff, room.secret = false", "403 []"),
            ("alice GET /docs/1 where room.readers = strangers, room.secret = false", "403 []"),
            ("anonymous GET /docs/1 where room.secret = false", "403 []"),
            ("anonymous GET /docs/1 where room.owner = zoe, room.secret = false", "401 [0]"),
            ("anonymous GET /docs/1 where room.readers = oncall, room.secret = false", "401 [0]"),
            ("anonymous GET /docs/1 where room.owner = \" \", room.secret = false", "403 []"),
            ("bob POST /docs/1 where room.others = { staff }, room.secret = false", "403 []"),
            ("staff POST /docs/1 where room.others = { staff }, room.secret = false", "200 [2]"),
            ("anonymous POST /docs/1 where room.others = { zoe }", "401 [2]"),
            ("anonymous POST /docs/1 where room.others = { }", "403 []"),
            ("bob GET /sets/1 where room.readers = { oncall, staff }", "200 [3]"),
            ("bob GET /sets/1 where room.readers = { strangers, staff }", "403 []"),
            ("anonymous GET /sets/1 where room.readers = { }", "403 []"),
            ("zoe POST /sets/1 where room.names = { \"zoe\" }", "200 [4]"),
            ("anonymous POST /sets/1 where room.names = { \"zoe\" }", "401 [4]"),
            ("anonymous POST /sets/1 where room.names = { \" zoe\" }", "403 []"),
            ("alice PUT /sets/1", "200 [5]"),
            ("bob PUT /sets/1", "200 [5]"),
            ("staff PUT /sets/1", "403 []"),
            ("zoe PUT /docs/1 where room.readers = staff, room.owner = bob", "200 [6]"),
            ("zoe PUT /docs/1 where room.readers = oncall, room.owner = bob", "403 []"),
        ],
    );
}

#[test]
fn an_attribute_that_is_not_recorded_can_have_any_value() {
    check(
        "identity alice
         identity dave { department: \"hr\", clearance: 9 }
         group staff = dave
         group others claimed
         identities have { department?: string, clearance: int, manager?: identity, team?: group, ok: bool,
                           tags?: set of string, since?: time, home?: address, teams?: set of group }
         allow authenticated to read /department when identity.department == \"it\"
         allow staff to read /staff when identity.department == \"it\"
         allow authenticated to read /three when identity.clearance >= 3 and identity.clearance < 4
         allow authenticated to read /none when identity.clearance > 3 and identity.clearance < 4
         allow authenticated to read /max when identity.clearance > 9223372036854775807
         allow authenticated to read /manager when identity.manager == alice
         allow authenticated to read /team when identity.team == staff
         allow authenticated to read /tags
             when \"a\" in identity.tags and \"b\" in identity.tags and not \"c\" in identity.tags
         allow authenticated to read /all-tags unless \"a\" in identity.tags or not \"a\" in identity.tags
         allow authenticated to read /has when identity has department and not identity has home
         allow authenticated to read /must when not identity has clearance
         allow authenticated to read /home when identity.home in 10.0.0.0/8 and not identity.home in 10.0.0.0/9
         allow authenticated to read /edge
             when identity.home in 10.0.0.0/31 and identity.home != 10.0.0.0 and identity.home != 10.0.0.1
         allow authenticated to read /since when time - identity.since <= 30m
         allow authenticated to read /between when time - identity.since > 30m and identity.since > 2026-11-23T09:29:59Z
         allow authenticated to read /late when identity.since > time and not time - identity.since > 0s
         allow authenticated to read /ok when identity.ok and identity.department != \"it\"
         allow authenticated to read /not-ok when identity.ok and not identity.ok",
        &[
            ("anonymous GET /department", "401 [0]"),
            ("zoe GET /department", "403 []"),
            ("zoe GET /department where identity.department = \"it\"", "200 [0]"),
            ("dave GET /department where identity.department = \"it\"", "403 []"),
            ("anonymous GET /staff", "403 []"),
            ("anonymous GET /three", "401 [2]"),
            ("anonymous GET /none", "403 []"),
            ("anonymous GET /max", "403 []"),
            ("anonymous GET /manager", "401 [5]"),
            ("anonymous GET /team", "401 [6]"),
            ("anonymous GET /tags", "401 [7]"),
            ("zoe GET /tags where identity.tags = { \"a\", \"b\" }", "200 [7]"),
            ("zoe GET /tags where identity.tags = { \"a\", \"b\", 3 }", "403 []"),
            ("anonymous GET /all-tags", "403 []"),
            ("anonymous GET /has", "401 [9]"),
            ("anonymous GET /must", "403 []"),
            ("zoe GET /must", "200 [10]"),
            ("anonymous GET /home", "401 [11]"),
            ("zoe GET /home where identity.home = \"::ffff:10.128.0.1\"", "200 [11]"),
            ("anonymous GET /edge", "403 []"),
            ("anonymous GET /since", "401 [13]"),
            ("zoe GET /since where identity.since = 2026-11-23T09:30:00Z", "200 [13]"),
            ("zoe GET /since where identity.since = 2026-11-23T09:29:59Z", "403 []"),
            ("zoe GET /since where identity.since = 2026-11-23T10:00:01Z", "403 []"),
            ("anonymous GET /between", "401 [14]"),
            ("anonymous GET /between at 2026-11-23T09:59:59Z", "403 []"),
            ("anonymous GET /late", "403 []"),
            ("anonymous GET /ok", "401 [16]"),
            ("anonymous GET /not-ok", "403 []"),
        ],
    );
}

#[test]
fn only_a_name_that_can_be_one_is_a_way_in() {
    check(
        "identity alice
         context has { who?: identity, label?: string }
         allow authenticated to read /who when identity == context.who
         allow authenticated to read /label when identity.name == context.label
         allow authenticated to read /not-alice when identity.name != \"alice\"
         allow authenticated to read /neither unless identity == context.who or identity != context.who",
        &[
            ("anonymous GET /who where context.who = zoe", "401 [0]"),
            ("anonymous GET /who", "403 []"),
            ("anonymous GET /who where context.who = \"\"", "403 []"),
            ("anonymous GET /label where context.label = \"zoe\"", "401 [1]"),
            ("anonymous GET /label where context.label = \"zoe \"", "403 []"),
            ("anonymous GET /not-alice", "401 [2]"),
            ("alice GET /not-alice", "403 []"),
            ("anonymous GET /neither where context.who = zoe", "403 []"),
        ],
    );
}

#[test]
fn a_deny_is_part_of_the_search() {
    check(
        "identity alice
         identity bob { department: \"hr\" }
         group staff = alice, bob
         group blocked claimed
         identities have { department: string }
         allow staff to read /x
         deny authenticated to read /x unless identity.department == \"it\"
         allow bob to read /y
         deny authenticated to read /y unless identity.department == \"it\"
         allow authenticated to read /z
         deny blocked to read /z",
        &[
            ("anonymous GET /x", "401 [0]"),
            ("alice GET /x", "403 [1]"),
            ("anonymous GET /y", "403 []"),
            ("anonymous GET /z", "401 [4]"),
            ("zoe GET /z in blocked", "403 [5]"),
        ],
    );
}

#[test]
fn every_allow_that_lets_somebody_in_is_told() {
    check(
        "identity alice, bob
         assurance low < high
         allow alice to read
         allow bob to read
         deny bob to read
         allow authenticated with high to read
         allow nobody to read
         group nobody = mallory
         identity mallory
         deny mallory",
        &[("anonymous GET /", "401 [0, 3]"), ("rejected GET /", "401 [0, 3]"), ("bob GET /", "403 [2]")],
    );
}

#[test]
fn an_address_can_be_of_either_family() {
    check(
        "identities have { home: address }
         allow authenticated to read /four unless identity.home in ::/0
         allow authenticated to read /six unless identity.home in 0.0.0.0/0
         allow authenticated to read /neither unless identity.home in 0.0.0.0/0 or identity.home in ::/0",
        &[("anonymous GET /four", "401 [0]"), ("anonymous GET /six", "401 [1]"), ("anonymous GET /neither", "403 []")],
    );
}
