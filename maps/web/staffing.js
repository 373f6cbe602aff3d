// Staffing: proposals of who has which home grid, made by rules, told person by person, decided by somebody else.

import { Problem, address, every, read, show, turns } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { asked, page, remember } from "wardline/page";
import { sketch } from "wardline/sketch";
import { beginPapers } from "wardline/staffing-papers";
import { _, count, day, decimal, instant } from "wardline/text";

const HOME = "/api/v1/staffing/proposals";
const DUTIES = "/api/v1/staffing/duties";
const TICK_MS = 250;
// How many extra grids the service lets a person have.
const EXTRAS = 3;
const rules = byId("rules");
const states = { proposed: _("proposed"), approved: _("approved"), rejected: _("rejected") };
const turn = turns();
let areas = null;
let shown = null;
let running = null;

function sheet(path) {
  return `${address(path)}&${new URLSearchParams({ lang: page.lang })}`;
}

function named(grid) {
  if (!grid) return "–";
  return grid.name && grid.name !== grid.code ? `${grid.name} · ${grid.code}` : grid.code;
}

function said(value) {
  return value === null ? "–" : count(Math.round(value));
}

function item(one) {
  const pick = () => open(one.id).catch(show);
  const told = [
    make("strong", {}, states[one.state]),
    ` · ${day(one.from_day)} · `,
    _("{n} move", { n: count(one.summary.moved) }),
    make("br"),
    make("span", { class: "soft" }, `${one.author}, ${instant(one.created_at)}`),
  ];
  const button = make("button", { class: "button", type: "button", "aria-pressed": String(one.id === shown?.id), on: { click: pick } }, ...told);
  return make("li", { "data-proposal": one.id, "data-state": one.state }, button);
}

async function list() {
  const found = [];
  let cursor = null;
  do {
    const answer = await read(address(HOME, { limit: 100, cursor }));
    found.push(...answer.items);
    cursor = answer.cursor;
  } while (cursor);
  replace(byId("items"), ...found.reverse().map(item));
  byId("none").hidden = found.length > 0;
  return found;
}

function numbers(proposal) {
  const told = proposal.summary;
  const decided = proposal.decided_by && `${proposal.decided_by}, ${instant(proposal.decided_at)}${proposal.note ? `: ${proposal.note}` : ""}`;
  const pairs = [
    [_("Representatives"), count(told.people)],
    [_("Grids"), count(told.grids)],
    [_("Move to another home"), count(told.moved)],
    [_("Grids with nobody before"), count(told.empty_before)],
    [_("Highest load of a person, in mean loads"), decimal(told.worst_load, 2)],
    [_("Extra grids"), told.extras ? count(told.extras) : null],
    [_("Mean distance, m"), count(Math.round(told.distance_m / Math.max(told.people, 1)))],
    [_("Proposed by"), proposal.author],
    [_("Decided by"), decided],
  ];
  replace(byId("summary"), ...pairs.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

function extras(one) {
  return one.extras.length ? [make("div", { class: "soft" }, _("also {grids}", { grids: one.extras.map(named).join(", ") }))] : [];
}

function row(one) {
  const link = sheet(`${DUTIES}/${encodeURIComponent(one.person)}/sheet.html`);
  return make(
    "tr",
    { "data-person": one.person, "data-moved": one.moved },
    make("th", { scope: "row" }, `${one.name} · ${one.person}`),
    make("td", {}, named(one.before)),
    make("td", {}, named(one.home), ...extras(one)),
    make("td", {}, one.text),
    make("td", { class: "n" }, said(one.before_m)),
    make("td", { class: "n" }, said(one.distance_m)),
    make("td", {}, make("a", { href: link, target: "_blank", rel: "noopener", "aria-label": _("Duty sheet of {person}", { person: one.person }) }, _("Duty sheet"))),
  );
}

async function maps(proposal) {
  if (!areas) {
    const { items } = await read(address("/api/v1/layers"));
    const levels = items.find((one) => one.code === proposal.layer)?.levels?.length || 1;
    areas = await every("areas", `/api/v1/layers/${encodeURIComponent(proposal.layer)}/items`, { level: Math.max(levels - 2, 0) });
  }
  if (proposal !== shown) return;
  const grids = new Map(proposal.grids.map((one) => [one.code, one]));
  for (const side of ["before", "after"]) {
    const kind = (code) => {
      const one = grids.get(code);
      if (!one) return "";
      const changed = side === "after" && one.before !== one.after ? " changed" : "";
      return `count-${Math.min(one[side], 3)}${changed}`;
    };
    const name = ({ properties }) => `${named(properties)}: ${count(grids.get(properties.code)?.[side] ?? 0)}`;
    sketch(byId(`map-${side}`), areas, { kind, name });
  }
}

function table(proposal) {
  const told = (one) => one.moved || !one.before || one.extras.length > 0;
  const moved = proposal.people.filter(told);
  const others = proposal.people.filter((one) => !told(one));
  replace(byId("people"), ...moved.map(row));
  const stay = byId("stay");
  stay.hidden = others.length === 0;
  stay.textContent = _("Show the {n} who stay", { n: count(others.length) });
  stay.onclick = () => {
    byId("people").append(...others.map(row));
    stay.hidden = true;
  };
}

function tell(proposal) {
  turn();
  shown = proposal;
  remember({ proposal: proposal.id });
  byId("proposal").hidden = false;
  byId("proposal-title").textContent = `${states[proposal.state]} · ${_("from {day}", { day: day(proposal.from_day) })}`;
  const waits = proposal.state === "proposed" && page.decides;
  byId("decision").hidden = !waits || proposal.mine;
  byId("own").hidden = !waits || !proposal.mine;
  numbers(proposal);
  table(proposal);
  for (const one of document.querySelectorAll("[data-proposal]")) {
    one.firstChild.setAttribute("aria-pressed", String(one.dataset.proposal === proposal.id));
  }
}

async function open(id, { focus = true } = {}) {
  const newest = turn();
  show(null);
  const proposal = await read(address(`${HOME}/${encodeURIComponent(id)}`));
  if (!newest()) return;
  tell(proposal);
  if (focus) byId("proposal").focus();
  await maps(proposal);
}

/** Pairs of a text area: a line each, two codes apart by a space or comma. */
function pairs(name) {
  const found = [];
  for (const line of rules.elements[name].value.split("\n")) {
    const [person, grid, ...more] = line.trim().split(/[\s,，;；]+/);
    if (!person) continue;
    if (!grid || more.length) throw new Problem(_("A line names one representative and one grid."), line.trim());
    found.push({ person, grid });
  }
  return found;
}

function asRules() {
  const number = (name) => Number(rules.elements[name].value);
  return {
    from_day: rules.elements.from_day.value || null,
    cap: number("cap"),
    move_m: number("move_m"),
    load_m: rules.elements.load_m.value === "" ? null : number("load_m"),
    extras: number("extras"),
    balance: rules.elements.balance.value === "" ? null : number("balance"),
    weights: { small_grids: number("small_grids"), households: number("households"), incidents: number("incidents") },
    pins: pairs("pins"),
    forbids: pairs("forbids"),
  };
}

function giveUp(one) {
  if (one.kind === "cap" || one.kind === "extras") {
    const field = rules.elements[one.kind];
    field.value = String(Number(field.value) + 1);
    return;
  }
  if (one.kind === "balance") {
    rules.elements.balance.value = "";
    return;
  }
  const area = rules.elements[one.kind === "pin" ? "pins" : "forbids"];
  const same = (line) => line.trim().split(/[\s,，;；]+/).join(" ") === `${one.person} ${one.grid}`;
  area.value = area.value.split("\n").filter((line) => !same(line)).join("\n");
}

/** Say which rules cannot be kept together, and how each could be given up. */
function blame(problem) {
  const most = rules.elements.balance.value === "" ? EXTRAS : 1;
  const more = Number(rules.elements.extras.value) < most ? _("Allow one more") : null;
  const mends = { cap: _("Allow one more"), extras: more, balance: _("Give it up"), pin: _("Give it up"), forbid: _("Give it up") };
  const lines = problem.body.conflict.map((one) => {
    const act = () => {
      giveUp(one);
      replace(byId("conflict"));
      rules.requestSubmit();
    };
    const mend = mends[one.kind]
      ? make("button", { class: "button", type: "button", on: { click: act } }, mends[one.kind])
      : make("span", { class: "faint" }, one.kind === "extras" ? _("No more than that is possible.") : _("More representatives, or fewer grids, would be needed."));
    return make("li", { "data-rule": one.kind }, one.text, mend);
  });
  const told = message(problem.title, problem.detail, "message-warn");
  told.append(make("ul", {}, ...lines));
  replace(byId("conflict"), told);
}

function waiting(begun) {
  const tick = () => {
    byId("seconds").textContent = _("Solving, {n} s", { n: count(Math.floor((performance.now() - begun) / 1000)) });
  };
  byId("progress").hidden = byId("cancel").hidden = false;
  tick();
  const timer = setInterval(tick, TICK_MS);
  return () => {
    clearInterval(timer);
    byId("progress").hidden = byId("cancel").hidden = true;
  };
}

async function propose(event) {
  event.preventDefault();
  if (running) return;
  show(null);
  replace(byId("conflict"));
  running = new AbortController();
  const submit = rules.querySelector("[type=submit]");
  submit.disabled = true;
  const done = waiting(performance.now());
  try {
    const made = await read(address(HOME), { method: "POST", body: asRules(), signal: running.signal });
    byId("make").open = false;
    tell(made);
    await list();
    announce(_("Proposed: {n} move.", { n: count(made.summary.moved) }));
    byId("proposal").focus();
    await maps(made);
  } catch (problem) {
    if (problem.body?.conflict) blame(problem);
    else if (problem instanceof Problem) replace(byId("conflict"), message(problem.title, problem.detail, "message-warn"));
    else if (problem.name !== "AbortError") throw problem;
  } finally {
    done();
    submit.disabled = false;
    running = null;
  }
}

async function decide(event) {
  event.preventDefault();
  const how = event.submitter?.value || "approve";
  const buttons = byId("decision").querySelectorAll("button");
  for (const one of buttons) one.disabled = true;
  try {
    show(null);
    const note = byId("decision").elements.note.value;
    const done = await read(address(`${HOME}/${shown.id}/${how}`), { method: "POST", body: { note } });
    tell(done);
    await list();
    announce(states[done.state]);
    byId("proposal").focus();
  } catch (problem) {
    show(problem);
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

rules.addEventListener("submit", propose);
byId("cancel").addEventListener("click", () => running?.abort());
byId("decision").addEventListener("submit", decide);
byId("make").hidden = !page.proposes;
if (page.district) {
  byId("sheets").href = sheet(`${DUTIES}.html`);
  try {
    await beginPapers();
    const found = await list();
    const wanted = asked("proposal") || found[0]?.id;
    if (wanted) await open(wanted, { focus: false });
    else byId("make").open = true;
  } catch (problem) {
    show(problem);
  }
} else {
  byId("none").hidden = false;
}
document.body.dataset.ready = "1";
