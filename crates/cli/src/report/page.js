"use strict";
// Shows what the engine has answered. Nothing is decided here: each choice only picks among answers in the data.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { texts, reasons: causes } = data.answers;
  const cause = (number) => causes[number];
  const answers = data.answers.answers.map((answer) => ({
    status: answer.s,
    http: answer.h,
    open: Boolean(answer.o),
    rules: (answer.r || []).map(cause),
    near: (answer.n || []).map(cause),
    witness: answer.w,
    challenges: answer.c || [],
    notes: answer.x || [],
  }));
  const meaning = {
    200: "allowed",
    401: "not yet: a stronger login would do",
    403: "forbidden: no login would help",
    mix: "members differ",
  };
  const dimensions = [
    ["action", "Action", data.choices.actions],
    ["origin", "From", data.choices.origins],
    ["strength", "Logged in with", data.choices.strengths],
    ["age", "Logged in", data.choices.ages],
    ["time", "At", data.choices.times],
    ["facts", "Attributes", data.choices.facts],
  ];
  const chosen = { action: 0, origin: 0, strength: 0, age: 0, time: 0, facts: 0 };
  let view = data.rows.some((row) => row.kind === "group" || row.kind === "claimed") ? "groups" : "people";
  let here = { row: 0, column: 0 };
  let open = false;

  const byId = (id) => document.getElementById(id);
  const text = (number) => texts[number];
  const plural = (count, one, many) => (count === 1 ? `1 ${one}` : `${count} ${many}`);

  /** An element with attributes and children; a child may be text, an element, a list or nothing. */
  function h(name, attributes, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value === true) element.setAttribute(key, "");
      else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, value);
    }
    element.append(...children.flat(Infinity).filter(there));
    return element;
  }

  const there = (child) => child !== null && child !== undefined && child !== false;

  /** Puts children in the place of what an element has. */
  const show = (element, children) => element.replaceChildren(...children.flat(Infinity).filter(there));

  function glyph(kind) {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "glyph");
    svg.setAttribute("aria-hidden", "true");
    const use = document.createElementNS(space, "use");
    use.setAttribute("href", `#g${kind}`);
    svg.append(use);
    return svg;
  }

  const badge = (status) => h("span", { class: `badge s${status}` }, glyph(status), String(status));

  // The answers

  /** The answer to a visitor in a room: the number is counted as the answers were written, the last choice fastest. */
  function answerTo(room, number) {
    const { varies } = room;
    const known = data.visitors[number].known;
    const counted = {
      action: true,
      origin: varies.origin,
      strength: varies.strength && known,
      age: varies.age && known,
      time: varies.time,
      facts: varies.facts,
    };
    let index = 0;
    for (const [key, , list] of dimensions) {
      if (counted[key]) index = index * list.length + chosen[key];
      // Where only ages matter, a time is known or unknown; the last one is unknown.
      else if (key === "time" && varies.age && list.length > 1) index = 2 * index + (chosen.time === list.length - 1 ? 1 : 0);
    }
    return answers[room.cells[number][index]];
  }

  const columns = () =>
    data.rows.filter((row) => row.kind === "nobody" || (view === "people") === (row.kind === "person"));

  /** What a cell says: one status, or how many get which. */
  function outcome(room, row) {
    const tally = new Map();
    let unsure = false;
    for (const { visitor, count } of row.members) {
      const answer = answerTo(room, visitor);
      unsure ||= answer.open;
      tally.set(answer.status, (tally.get(answer.status) || 0) + count);
    }
    const statuses = [...tally.keys()].sort();
    const status = statuses.length === 1 ? statuses[0] : "mix";
    const told = status === "mix" ? statuses.map((each) => `${tally.get(each)} get ${each}`).join(", ") : meaning[status];
    return { status, told, unsure, tally };
  }

  /** The request as a line for a `test` block. */
  function expectation(room, number, status) {
    const visitor = data.visitors[number];
    const pick = (key, list) => list[chosen[key]];
    const parts = ["expect", status, visitor.subject, pick("action", data.choices.actions).clause, room.path];
    parts.push(pick("origin", data.choices.origins).clause);
    const age = pick("age", data.choices.ages).clause;
    const strength = pick("strength", data.choices.strengths);
    const aged = data.choices.ages.length > 1;
    const ageless = visitor.known && aged && strength.clause === null;
    if (visitor.known && !ageless && (data.choices.strengths.length > 1 || age)) parts.push(strength.clause, age);
    parts.push(visitor.claims);
    const time = pick("time", data.choices.times);
    const timed = data.choices.times.length > 1;
    if (timed) parts.push(time.clause);
    if (room.stated && chosen.facts === 0) parts.push(room.stated);
    const unsaid = [];
    if (timed && time.clause === null) unsaid.push("An expectation always has a time; here none is known.");
    if (ageless) unsaid.push("An expectation tells an age behind a level, and the policy declares none.");
    return { line: parts.filter(Boolean).join(" "), unsaid };
  }

  // The matrix

  let cells = [];

  function drawMatrix() {
    const shown = columns();
    const tall = shown.length > 9 || shown.some((row) => row.name.length > 14);
    const kinds = { nobody: "Anybody", claimed: "Claimed", group: "Groups", person: "People" };
    const bands = [];
    for (const row of shown) {
      const last = bands[bands.length - 1];
      if (last && last.kind === row.kind) last.count += 1;
      else bands.push({ kind: row.kind, count: 1 });
    }
    const head = h(
      "thead",
      {},
      h(
        "tr",
        { class: "bands" },
        h("td", {}),
        bands.map((band) => h("th", { scope: "colgroup", colspan: band.count }, h("span", {}, kinds[band.kind]))),
      ),
      h(
        "tr",
        {},
        h("th", { scope: "col", class: "corner" }, "Room"),
        shown.map((row, column) =>
          h(
            "th",
            { scope: "col", class: `who ${row.kind}${starts(shown, column) ? " first" : ""}`, title: `${row.name}: ${row.hint}` },
            h("span", { class: "turn" }, h("span", { class: "name" }, row.name), h("span", { class: "hint" }, brief(row, tall))),
          ),
        ),
      ),
    );
    cells = [];
    const bodies = [true, false].map((declared) => {
      const rooms = data.rooms.map((room, index) => [room, index]).filter(([room]) => room.declared === declared);
      if (rooms.length === 0) return null;
      const title = declared ? "Rooms" : "Paths outside of rooms";
      return h(
        "tbody",
        {},
        h("tr", { class: "title" }, h("th", { scope: "rowgroup", colspan: shown.length + 1 }, h("span", {}, title))),
        rooms.map(([room, index]) => drawRoom(room, index, shown)),
      );
    });
    const table = h("table", { class: tall ? "tall" : "", "aria-describedby": "scope" }, head, bodies);
    const scroll = byId("scroll");
    scroll.replaceChildren(table);
    byId("stage").classList.toggle("crowded", scroll.scrollWidth > scroll.clientWidth);
    here = { row: Math.min(here.row, cells.length - 1), column: Math.min(here.column, shown.length - 1) };
    fill(false);
  }

  const starts = (shown, column) => column > 0 && shown[column - 1].kind !== shown[column].kind;

  /** What stands below a column's name: the band above says that groups are claimed, where there is little room. */
  function brief(row, tall) {
    if (row.kind === "claimed" && !tall) return "claimed";
    if (row.kind === "group") return row.hint;
    return "";
  }

  function drawRoom(room, index, shown) {
    const row = cells.length;
    const buttons = shown.map((_, column) => {
      const button = h("button", { type: "button", tabindex: "-1" });
      button.addEventListener("click", () => {
        go(row, column, false);
        explain();
      });
      button.addEventListener("focus", () => {
        if (here.row !== row || here.column !== column) go(row, column, false);
      });
      return button;
    });
    cells.push({ room, buttons, statuses: [] });
    const stated = room.stated ? h("span", { class: "stated", title: room.stated }, " +attributes") : null;
    return h(
      "tr",
      { id: `room-${index}` },
      h(
        "th",
        { scope: "row", class: room.patterns.includes(room.name) ? "bare" : "" },
        h("span", { class: "name" }, room.name),
        h("code", { class: "path", title: room.patterns.join(", ") || "held by no pattern" }, room.path, stated),
      ),
      buttons.map((button, column) => h("td", { class: starts(shown, column) ? "first" : "" }, button)),
    );
  }

  /** Writes the answers into the cells, and marks those that have changed. */
  function fill(marks) {
    const shown = columns();
    let changed = 0;
    for (const cell of cells) {
      cell.buttons.forEach((button, column) => {
        const row = shown[column];
        const { status, told, unsure, tally } = outcome(cell.room, row);
        const differs = marks && cell.statuses[column] !== status;
        changed += differs ? 1 : 0;
        cell.statuses[column] = status;
        button.className = `cell s${status}${unsure ? " unsure" : ""}${differs ? " changed" : ""}`;
        const total = [...tally.values()].reduce((sum, count) => sum + count, 0);
        const share = status === "mix" ? h("span", { class: "share-of" }, `${tally.get(200) || 0}/${total}`) : null;
        show(button, [glyph(status), String(status), share]);
        button.title = told + (unsure ? "; something that is not stated matters here" : "");
        button.setAttribute("aria-label", `${row.name}, ${cell.room.name}: ${status}, ${button.title}`);
      });
    }
    go(here.row, here.column, false);
    if (open) explain();
    return changed;
  }

  /** Makes a cell the one that the keyboard reaches. */
  function go(row, column, focus) {
    const old = cells[here.row] && cells[here.row].buttons[here.column];
    if (old) {
      old.tabIndex = -1;
      old.removeAttribute("aria-current");
    }
    here = { row, column };
    const button = cells[row].buttons[column];
    button.tabIndex = 0;
    if (open) button.setAttribute("aria-current", "true");
    if (focus) {
      button.focus({ preventScroll: true });
      reveal(button);
      if (open) explain();
    }
  }

  /** Scrolls a cell out from under the headers that stay in place. */
  function reveal(button) {
    const scroll = byId("scroll");
    const box = scroll.getBoundingClientRect();
    const cell = button.getBoundingClientRect();
    const corner = scroll.querySelector(".corner").getBoundingClientRect();
    const left = box.left + corner.width;
    const top = Math.max(box.top, corner.bottom);
    if (cell.left < left) scroll.scrollLeft -= left - cell.left + 8;
    else if (cell.right > box.right) scroll.scrollLeft += cell.right - box.right + 8;
    if (cell.top < top) scroll.scrollTop -= top - cell.top + 8;
    else if (cell.bottom > box.bottom) scroll.scrollTop += cell.bottom - box.bottom + 8;
    button.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function move(event) {
    if (!event.target.closest("td button") || event.altKey || event.metaKey) return;
    const last = { row: cells.length - 1, column: cells[0].buttons.length - 1 };
    const steps = {
      ArrowLeft: () => [here.row, here.column - 1],
      ArrowRight: () => [here.row, here.column + 1],
      ArrowUp: () => [here.row - 1, here.column],
      ArrowDown: () => [here.row + 1, here.column],
      Home: () => [event.ctrlKey ? 0 : here.row, 0],
      End: () => [event.ctrlKey ? last.row : here.row, last.column],
    };
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = step();
    go(Math.max(0, Math.min(last.row, row)), Math.max(0, Math.min(last.column, column)), true);
  }

  // The explanation

  function explain() {
    open = true;
    const { room } = cells[here.row];
    const row = columns()[here.column];
    const { status, told } = outcome(room, row);
    cells[here.row].buttons[here.column].setAttribute("aria-current", "true");
    const close = h("button", { type: "button", class: "close", "aria-label": "Close the explanation" }, "×");
    close.addEventListener("click", shut);
    const single = row.members.length === 1;
    const panel = byId("panel");
    document.body.classList.add("explaining");
    show(panel, [
      h("div", { class: "bar" }, badge(status), h("p", { class: "verdict" }, told), close),
      h("h3", {}, row.name, h("span", { class: "in" }, " in "), room.name),
      row.hint ? h("p", { class: "aside" }, ticks(row.hint), row.kind === "group" && single ? `, asked as ${data.visitors[row.members[0].visitor].subject}` : null) : null,
      row.members.map(({ visitor, count }) =>
        single
          ? reasons(room, visitor)
          : h(
              "details",
              { class: "share", open: row.members.length <= 3 },
              h(
                "summary",
                {},
                badge(answerTo(room, visitor).status),
                h("strong", {}, data.visitors[visitor].subject),
                count > 1 ? ` and ${count - 1} like them` : null,
              ),
              reasons(room, visitor),
            ),
      ),
    ]);
    // On a small screen the explanation covers half of what was visible.
    cells[here.row].buttons[here.column].scrollIntoView({ block: "nearest", inline: "nearest" });
    byId("spoken").textContent = `${row.name} in ${room.name}: ${status}, ${told}. ${spoken(room, row)}`;
  }

  /** The rules that decided, for the voice of a screen reader. */
  function spoken(room, row) {
    if (row.members.length > 1) return "The explanation tells of each kind of member.";
    const { rules } = answerTo(room, row.members[0].visitor);
    return rules.length ? `Decided by ${rules.map(([number]) => data.rules[number].name).join(", ")}.` : "Nothing allows it.";
  }

  /** What the panel says while nothing is explained. */
  function rest() {
    show(byId("panel"), [
      h("div", { class: "rest" }, h("p", {}, h("strong", {}, "Why?")), h("p", {}, "Choose a cell to read which rules decide it, which came near, and who would be let in.")),
    ]);
  }

  function shut() {
    if (!open) return;
    open = false;
    rest();
    document.body.classList.remove("explaining");
    byId("spoken").textContent = "";
    go(here.row, here.column, true);
  }

  /** Text in which what stands between backticks is code. */
  function ticks(line) {
    return line.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));
  }

  function reasons(room, number) {
    const answer = answerTo(room, number);
    const { line, unsaid } = expectation(room, number, answer.status);
    const role = (rule) => (rule.effect === "deny" ? "Denied by" : answer.status === 200 ? "Allowed by" : "Would be allowed by");
    const list = (numbers) => numbers.length > 0 && h("ul", { class: "why" }, numbers.map((each) => h("li", {}, ticks(text(each)))));
    const blocks = answer.rules.map(([rule, unknown]) =>
      h("div", { class: "block" }, h("h4", {}, role(data.rules[rule])), drawRule(rule), list(unknown)),
    );
    if (blocks.length === 0) blocks.push(h("p", { class: "block" }, "Nothing allows it."));
    if (answer.near.length > 0) {
      const shown = answer.rules.map(([rule]) => rule);
      blocks.push(
        h(
          "div",
          { class: "block" },
          h("h4", {}, "Came near"),
          answer.near.map(([rule, missed]) => [shown.includes(rule) ? h("p", { class: "again" }, data.rules[rule].name) : drawRule(rule), list(missed)]),
        ),
      );
    }
    const facts = [];
    if (answer.witness !== undefined) facts.push(["Who would get in", ticks(text(answer.witness).replace(/^let in, for example: /, ""))]);
    if (answer.challenges.length > 0) facts.push(["Challenge", answer.challenges.map((each) => h("code", { class: "long" }, text(each)))]);
    if (answer.http) facts.push(["Over HTTP", `told as ${answer.http}`]);
    if (answer.notes.length > 0) facts.push(["Not counted or not there", answer.notes.map((each) => h("div", {}, ticks(text(each))))]);
    facts.push(["As a test", [h("code", { class: "long line" }, line), unsaid.map((each) => h("div", { class: "aside" }, each))]]);
    return h("div", { class: "reasons" }, blocks, h("dl", {}, facts.map(([term, told]) => [h("dt", {}, term), h("dd", {}, told)])));
  }

  function drawRule(number) {
    const rule = data.rules[number];
    return h(
      "figure",
      { class: `rule ${rule.effect}` },
      h("figcaption", {}, h("a", { href: `#rule-${number}` }, rule.labelled ? `${rule.name}, ${rule.place}` : rule.place)),
      h("pre", {}, rule.text.includes("#") ? rule.text : rule.text.replace(/\s+/g, " ")),
    );
  }

  // Choices

  function drawChoices() {
    const form = byId("choices");
    const groups = data.rows.some((row) => row.kind === "group" || row.kind === "claimed");
    const people = data.rows.some((row) => row.kind === "person");
    if (groups && people) {
      const radio = (value, label) => {
        const input = h("input", { type: "radio", name: "view", value, checked: view === value });
        input.addEventListener("change", () => {
          view = value;
          here.column = 0;
          drawMatrix();
        });
        return h("label", {}, input, h("span", {}, label));
      };
      form.append(
        h("fieldset", { class: "field view" }, h("legend", {}, "Show"), h("span", { class: "radios" }, radio("groups", "groups"), radio("people", "people"))),
      );
    }
    for (const [key, label, list] of dimensions) {
      if (list.length < 2) continue;
      const select = h("select", { id: `choose-${key}` }, list.map((choice, index) => h("option", { value: index }, choice.label)));
      select.addEventListener("change", () => {
        chosen[key] = Number(select.value);
        const changed = fill(true);
        if (!open) byId("spoken").textContent = `${plural(changed, "answer has", "answers have")} changed.`;
        scope();
      });
      form.append(h("div", { class: `field ${key}` }, h("label", { for: select.id }, label), select));
    }
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  function scope() {
    const counts = { 200: 0, 401: 0, 403: 0, mix: 0 };
    for (const cell of cells) for (const status of cell.statuses) counts[status] += 1;
    byId("legend").replaceChildren(
      ...["200", "401", "403", "mix"]
        .filter((status) => status !== "mix" || view === "groups")
        .map((status) => h("li", {}, badge(status), h("span", {}, h("strong", {}, String(counts[status])), ` ${meaning[status]}`))),
      h("li", { class: "mark" }, h("span", { class: "dot" }, "?"), h("span", {}, "depends on something not stated")),
    );
  }

  // The rest of the page

  function claims() {
    const held = data.assertions.filter((assertion) => assertion.holds).length;
    const all = data.assertions.length;
    if (all === 0) return null;
    return held === all ? plural(all, "assertion holds", "assertions hold") : `${all - held} of ${plural(all, "assertion", "assertions")} not proved`;
  }

  function drawCounts() {
    const { counts, tally } = data;
    const items = [
      plural(counts.rules, "rule", "rules"),
      plural(counts.rooms, "room", "rooms"),
      plural(counts.groups, "group", "groups"),
      plural(counts.identities, "identity", "identities"),
      data.tests.length === 0 ? "no tests" : tally.failed > 0 ? `${tally.failed} of ${data.tests.length} tests fail` : `${plural(tally.passed, "test passes", "tests pass")}`,
      claims(),
      data.findings.length === 0 ? "no findings" : plural(data.findings.length, "finding", "findings"),
    ];
    const lost = data.assertions.some((assertion) => !assertion.holds);
    const marks = ["", "", "", "", tally.failed > 0 ? "bad" : "", lost ? "bad" : "", data.findings.length > 0 ? "warn" : ""];
    show(byId("counts"), items.map((item, index) => item && h("li", { class: marks[index] }, item)));
    const parts = [["matrix", "Matrix"], ["groups", "Groups"], ["paths", "Paths"], ["findings", "Findings"], ...(data.assertions.length > 0 ? [["assertions", "Assertions"]] : []), ["rules", "Rules"], ["tests", "Tests"], ["about", "About"]];
    byId("parts").replaceChildren(...parts.map(([id, label]) => h("a", { href: `#${id}` }, label)));
    show(byId("scope"), [
      `Every answer is the engine's, and none is decided by this page. Times are those of ${data.zone}.`,
      data.limits.length > 0 ? [" ", h("a", { href: "#about" }, "What is left out"), "."] : null,
    ]);
  }

  function drawGroups() {
    const section = byId("groups");
    if (data.groups.length === 0) {
      section.append(h("p", { class: "aside" }, "The policy declares no groups."));
      return;
    }
    const drawn = new Set();
    const node = (number, above) => {
      const group = data.groups[number];
      const again = drawn.has(number) || above.includes(number);
      drawn.add(number);
      const size = group.claimed ? "claimed by whoever comes" : plural(group.size, "member", "members");
      const people = group.people.map((name) => h("li", { class: "person" }, h("span", {}, name)));
      if (group.more > 0) people.push(h("li", { class: "person more" }, h("span", {}, `and ${group.more} more`)));
      const inner = again ? [] : [...group.groups.map((each) => node(each, [...above, number])), ...people];
      return h(
        "li",
        {},
        h("span", { class: `chip${group.claimed ? " claimed" : ""}` }, group.name),
        h("span", { class: "aside" }, again && group.groups.length + people.length > 0 ? ` ${size}, drawn above` : ` ${size}`),
        inner.length > 0 ? h("ul", {}, inner) : null,
      );
    };
    const roots = data.groups.map((group, number) => number).filter((number) => data.groups[number].root);
    section.append(h("ul", { class: "tree" }, roots.map((number) => node(number, []))));
  }

  function drawPaths() {
    // A path that nothing branches off from, and at which nothing ends, is drawn as one.
    const joined = (path, before) => {
      const [only, ...others] = path.children || [];
      const whole = `${before}${path.segment}`;
      return only && others.length === 0 && !path.rooms && path.rules === 0 ? joined(only, `${whole}/`) : { ...path, segment: whole };
    };
    const node = (path, top) =>
      h(
        "li",
        {},
        h("code", { class: "segment" }, top ? "/" : path.segment),
        (path.rooms || []).map((number) => {
          const room = data.rooms[number];
          return h("a", { class: `chip${room.declared ? "" : " plain"}`, href: `#room-${number}` }, room.declared ? room.name : "in rules");
        }),
        path.rules > 0 ? h("span", { class: "aside" }, ` ${plural(path.rules, "rule", "rules")}`) : null,
        path.children ? h("ul", {}, path.children.map((child) => node(joined(child, "/"), false))) : null,
      );
    byId("paths").append(h("ul", { class: "tree" }, node(data.paths, true)));
  }

  function drawFindings() {
    const section = byId("findings");
    if (data.too_complex) section.append(h("p", {}, `What is useless is ${data.too_complex}.`));
    else if (data.findings.length === 0) section.append(h("p", { class: "aside" }, "doorward check --deep finds nothing to say."));
    section.append(
      ...data.findings.map((finding) =>
        h(
          "div",
          { class: `finding ${finding.severity}` },
          h("p", {}, h("strong", {}, finding.severity), ": ", ticks(finding.message)),
          h("p", { class: "aside" }, h("code", {}, `${finding.file}:${finding.line}:${finding.column}`), finding.label ? [" ", ticks(finding.label)] : null),
          finding.help ? h("p", {}, "Help: ", ticks(finding.help)) : null,
        ),
      ),
    );
  }

  function drawAssertions() {
    const section = byId("assertions");
    if (data.assertions.length === 0) {
      section.remove();
      return;
    }
    section.append(
      h("p", { class: "aside" }, "Claims about all requests there are, proved or refuted when the page was written."),
      ...data.assertions.map((assertion) => {
        const { counterexample, because } = assertion;
        const state = assertion.holds ? "holds" : assertion.error ? "not found out" : "fails";
        const by = because ? `by ${because.join(", ")}` : assertion.vacuous ? "there is no request that it is about" : assertion.kind === "only" ? "no allow lets anybody else in" : "no allow reaches it";
        return h(
          "div",
          { class: `claim ${state.split(" ")[0]}` },
          h("p", {}, h("strong", { class: "state" }, state), " ", h("code", {}, assertion.assertion)),
          h("p", { class: "aside" }, h("code", {}, `${assertion.file}:${assertion.line}`), assertion.holds ? ` ${by}` : assertion.error ? ` ${assertion.error}` : null),
          counterexample
            ? h(
                "p",
                { class: "counter" },
                badge(counterexample.explanation.status),
                h("code", {}, counterexample.expect),
                counterexample.explanation.rules.length > 0 ? ` ${counterexample.explanation.rules.join(", ")}` : null,
              )
            : null,
        );
      }),
    );
  }

  /** The clauses of a rule that the tests have not seen both true and false. */
  function oneWay(number) {
    const clauses = data.coverage.by_rule[number].clauses.filter((clause) => clause.true === 0 || clause.false === 0);
    if (data.tests.length === 0 || clauses.length === 0) return null;
    const seen = (clause) => (clause.true > 0 ? "never false" : clause.false > 0 ? "never true" : "never seen");
    return h("ul", { class: "one-way" }, clauses.map((clause) => h("li", {}, h("code", {}, clause.text), ` ${seen(clause)} in tests`)));
  }

  function drawRules() {
    const { covered } = data.tally;
    const { clauses } = data.coverage;
    const total = data.rules.length;
    const share = total === 0 ? 0 : Math.floor((100 * covered) / total);
    byId("rules").append(...[
      h("p", {}, `${covered} of ${plural(total, "rule", "rules")} decide some test. `, h("progress", { max: total || 1, value: covered, "aria-label": "Rules that decide some test" }), ` ${share} %`),
      clauses.all > 0 ? h("p", {}, `${clauses.both_ways} of ${plural(clauses.all, "clause", "clauses")} were both true and false in tests. `, h("progress", { max: clauses.all, value: clauses.both_ways, "aria-label": "Clauses seen both ways" }), ` ${Math.floor((100 * clauses.both_ways) / clauses.all)} %`) : null,
      h(
        "ol",
        { class: "rules" },
        data.rules.map((rule, number) =>
          h(
            "li",
            { id: `rule-${number}`, class: rule.effect, tabindex: "-1" },
            h(
              "div",
              { class: "caption" },
              h("span", { class: `effect ${rule.effect}` }, rule.effect),
              rule.labelled ? h("strong", {}, rule.name) : null,
              h("code", {}, rule.place),
              rule.tests.length === 0 ? h("span", { class: "untested" }, "no test decided by it") : null,
            ),
            h("pre", {}, rule.text),
            rule.tests.length > 0
              ? h(
                  "details",
                  {},
                  h("summary", {}, `decides ${plural(rule.tests.length, "test", "tests")}`),
                  h("ul", { class: "lines" }, rule.tests.map((test) => h("li", {}, h("code", {}, data.tests[test].text)))),
                )
              : null,
            oneWay(number),
          ),
        ),
      ),
    ].filter(there));
  }

  function drawTests() {
    const section = byId("tests");
    if (data.tests.length === 0) {
      section.append(h("p", { class: "aside" }, "The policy has no tests."));
      return;
    }
    const blocks = new Map();
    for (const test of data.tests) blocks.set(test.block, [...(blocks.get(test.block) || []), test]);
    for (const [name, tests] of blocks) {
      const failed = tests.filter((test) => test.expected !== test.got).length;
      section.append(
        h(
          "details",
          { class: "tests", open: failed > 0 },
          h("summary", {}, h("strong", {}, name), h("span", { class: failed > 0 ? "bad" : "aside" }, failed > 0 ? ` ${failed} of ${tests.length} fail` : ` ${tests.length}`)),
          h(
            "ul",
            { class: "lines" },
            tests.map((test) =>
              h(
                "li",
                { class: test.expected === test.got ? "" : "failed" },
                badge(test.got),
                h("code", {}, test.text),
                test.expected === test.got ? null : h("strong", {}, ` expected ${test.expected}, got ${test.got} (${test.place})`),
              ),
            ),
          ),
        ),
      );
    }
  }

  function drawAbout() {
    const lines = [
      `The ${data.answers.decided.toLocaleString("en")} answers in the matrix were given by the engine when the page was written; each with its explanation.`,
      "A group's column asks one of each kind of its members that rules can tell apart, and says mix if they differ. A claimed group's column asks a visitor whom the policy does not name and who claims it.",
    ];
    if (data.attributes.length > 0) {
      lines.push(
        `Attributes cannot be chosen freely: ${data.attributes.join(", ")}. A room marked +attributes is asked about with what one of the policy's tests states of it; all else is left unstated, which never opens a door. What is recorded of an identity counts as ever.`,
      );
    }
    byId("about").append(...lines.map((line) => h("p", {}, line)));
    if (data.limits.length > 0) byId("about").append(h("h3", {}, "What is left out"), h("ul", {}, data.limits.map((line) => h("li", {}, line))));
  }

  rest();
  drawCounts();
  drawChoices();
  drawMatrix();
  scope();
  drawGroups();
  drawPaths();
  drawFindings();
  drawAssertions();
  drawRules();
  drawTests();
  drawAbout();
  byId("scroll").addEventListener("keydown", move);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) {
      event.preventDefault();
      shut();
    }
  });
})();
