// One plan in the panel: what it is, what can be done with it, what it changes, and where something does not fit.

import { confirm, dialog, field } from "wardline/admin-parts";
import { address } from "wardline/api";
import { byId, facts, make, message, replace } from "wardline/dom";
import { page } from "wardline/page";
import { close, desk, edits, may, on, orRefusal, patch, perform, step, undoOne } from "wardline/redraw/desk";
import { showImpact } from "wardline/redraw/impact";
import { badge, planFields } from "wardline/redraw/list";
import { fitChanges, showProblem } from "wardline/redraw/scene";
import { named, unitName } from "wardline/redraw/scope";
import { _, count, day, decimal } from "wardline/text";

function button(text, act, kind = "") {
  return make("button", { class: `button ${kind}`, type: "button", on: { click: act } }, text);
}

/** Ask for a step of the plan's life, with a note where one is useful. */
function asked(action, title, text, go, kind = "") {
  const note = make("textarea", { name: "note", rows: 3, maxlength: 10000 });
  return dialog(title, [make("p", {}, text), field(_("Note"), note)], { action: go, danger: kind === "danger", act: () => orRefusal(step(action, note.value.trim())) }).open();
}

function edit() {
  const { children, value } = planFields(desk.plan);
  return dialog(_("Title and day"), children, { action: _("Save"), act: () => orRefusal(patch(value())) }).open();
}

const actions = {
  submit: () => button(_("Submit for review"), () => asked("submit", _("Submit for review"), _("Another person looks at it and decides. Until then it cannot be edited."), _("Submit")), "button-strong"),
  approve: () => button(_("Approve"), () => asked("approve", _("Approve the plan"), _("Its planner can then publish it."), _("Approve")), "button-strong"),
  publish: () => button(_("Publish"), publish, "button-strong"),
  reject: () => button(_("Reject"), () => asked("reject", _("Reject the plan"), _("Say what is to be changed; the plan stays, with all its steps."), _("Reject"), "danger")),
  reopen: () => button(_("Back to a draft"), () => step("reopen")),
  withdraw: () => button(_("Withdraw"), () => confirm(_("Withdraw the plan?"), _("Nobody goes on with it. It stays in the records."), _("Withdraw"), () => orRefusal(step("withdraw")))),
};

function publish() {
  const { plan } = desk;
  const when = plan.effective_on ? _("It is in force from {day}.", { day: day(plan.effective_on) }) : _("It is in force from today.");
  const open = desk.impact?.moved.incidents.open ?? {};
  const number = Object.values(open).reduce((sum, one) => sum + one, 0);
  const text = number ? `${when} ${_("{n} open incidents go to other hands.", { n: count(number) })}` : when;
  return confirm(_("Publish the plan?"), text, _("Publish"), () => orRefusal(step("publish")));
}

function showHead() {
  const { plan } = desk;
  byId("plans-view").hidden = Boolean(plan);
  byId("plan-view").hidden = !plan;
  if (!plan) return;
  byId("plan-title").textContent = plan.title;
  replace(byId("plan-badge"), badge(plan));
  byId("plan-scope").hidden = !plan.scope.length;
  byId("plan-scope").textContent = plan.scope.length ? _("Only below {units}", { units: named(plan.scope) }) : "";
  const people = facts([
    [_("Plan"), `№ ${plan.number}`],
    [_("Planner"), plan.author.name],
    [_("Drawn on release"), count(plan.base.number)],
    [_("In force from"), plan.effective_on ? day(plan.effective_on) : _("the day it is published")],
    [_("Only below"), plan.scope.map(unitName).join(", ")],
    [plan.status === "rejected" ? _("Rejected by") : _("Reviewer"), plan.reviewer?.name],
    [_("Became release"), plan.release ? count(plan.release.number) : ""],
  ]);
  replace(byId("plan-facts"), plan.note ? make("p", { class: "soft" }, plan.note) : null, people, plan.decision_note ? message(_("Note of the reviewer"), plan.decision_note) : null);
  const wanted = Object.keys(actions).filter((name) => may(name) && (name !== "submit" || plan.ops));
  replace(byId("plan-actions"), ...wanted.map((name) => actions[name]()), edits() ? button(_("Title and day"), edit) : null);
  showStale(plan);
  showDocuments(plan);
}

function showStale(plan) {
  const place = byId("stale");
  place.hidden = !plan.stale;
  if (!plan.stale) return;
  const text = _("Release {head} was published since this plan was begun on release {base}.", { head: count(plan.head.number), base: count(plan.base.number) });
  replace(place, make("div", { class: "message" }, make("strong", {}, _("The units in force have changed")), text, may("rebase") ? make("div", { class: "message-actions" }, button(_("Bring it up to date"), () => step("rebase"), "button-strong")) : null));
}

function showDocuments(plan) {
  const links = [
    ["document.html", _("Plan as a page")],
    ["document.pdf", "PDF"],
    ["exchange.gpkg", _("GeoPackage to edit elsewhere")],
  ].filter(([path]) => page.documents.includes(path));
  byId("documents-section").hidden = !links.length;
  replace(byId("documents"), ...links.map(([path, text]) => make("a", { href: address(`/api/v1/plans/${plan.id}/${path}`), target: path.endsWith("html") ? "_blank" : null, rel: "noopener", download: path.endsWith("html") ? null : true }, text)));
}

// The picked unit.

function showUnit() {
  const unit = desk.mesh.units.get(desk.picked);
  const place = byId("unit-section");
  place.hidden = !unit;
  if (!unit) return;
  byId("unit-title").textContent = unit.name || unit.code;
  const above = desk.groups?.find(({ id }) => id === unit.parent);
  const pairs = facts([
    [_("Code"), make("span", { class: "number" }, unit.code)],
    [_("Below"), above ? above.name || above.code : ""],
    [_("Households"), unit.households === null ? _("not counted") : make("span", { class: "number" }, count(unit.households))],
    [_("Area"), unit.area === undefined ? "" : make("span", { class: "number" }, _("{n} km²", { n: decimal(unit.area, 3) }))],
    [_("Neighbours"), make("span", { class: "number" }, count(desk.mesh.around([unit.id]).length))],
    [_("Nodes"), make("span", { class: "number" }, count(desk.mesh.nodes(unit.id).length))],
  ]);
  const doings = make("div", { class: "plan-actions" }, button(_("Rename"), () => renamed(unit)), button(_("Change the code"), () => recoded(unit)));
  replace(byId("unit-body"), pairs, edits() ? doings : null);
}

function renamed(unit) {
  const name = make("input", { name: "name", required: true, maxlength: 200, value: unit.name, autocomplete: "off" });
  return dialog(_("Rename {code}", { code: unit.code }), [field(_("Name"), name)], { action: _("Rename"), act: () => orRefusal(perform({ type: "rename", unit: unit.id, name: name.value.trim() }, _("Renamed"))) }).open();
}

function recoded(unit) {
  const code = make("input", { name: "code", required: true, maxlength: 64, value: unit.code, autocomplete: "off", spellcheck: "false" });
  return dialog(_("Another code for {code}", { code: unit.code }), [field(_("Code"), code)], { action: _("Change the code"), act: () => orRefusal(perform({ type: "recode", unit: unit.id, code: code.value.trim() }, _("Code changed"))) }).open();
}

// Problems and steps.

function problemRow(problem) {
  const words = [make("span", { class: "row-title" }, problem.text), make("span", { class: "row-note" }, problem.hint)];
  return make("button", { class: "row problem-row", type: "button", on: { click: () => showProblem(problem) } }, ...words);
}

function showProblems() {
  const alone = desk.plan ? [] : desk.problems;
  byId("problem").hidden = !alone.length;
  const places = alone.filter(({ features }) => features.length).map(problemRow);
  const said = alone.filter(({ features }) => !features.length).map((problem) => message(problem.text, problem.hint, "message-warn"));
  replace(byId("problem"), ...said, places.length ? make("div", { class: "rows" }, ...places) : null);
  byId("problems-section").hidden = !desk.problems.length;
  replace(byId("problems"), ...desk.problems.map(problemRow));
}

/** What an operation did, in words. */
export function stepName(op) {
  const names = {
    move: _("Border moved"),
    split: _("Unit split"),
    split_by_households: _("Unit split"),
    merge: _("Units merged"),
    transfer: _("Ground handed over"),
    reassign: _("Put below another unit"),
    rename: _("Renamed"),
    recode: _("Code changed"),
  };
  return names[op.type] ?? op.type;
}

function aboutStep(op) {
  if (op.type === "rename") return op.name;
  if (op.type === "recode") return op.code;
  if (op.type === "split" && op.parts) return op.parts.map((part) => part.code).join(", ");
  if (op.type === "merge") return op.into?.code ?? "";
  if (op.type === "reassign") return _("{n} units", { n: count(op.units.length) });
  return "";
}

function undoButton(one, index) {
  const name = _("Undo step {n}: {what}", { n: count(index + 1), what: stepName(one.op) });
  return make("button", { class: "step-undo", type: "button", "aria-label": name, title: name, on: { click: () => undoOne(one.seq) } }, "↶");
}

function showSteps() {
  const all = desk.plan?.operations ?? [];
  byId("steps-section").hidden = !desk.plan;
  byId("proof").textContent = desk.proof ? _("Proven exact in {n} ms", { n: decimal(desk.proof.ms, 1) }) : "";
  const place = new Map(all.filter(({ undone }) => !undone).map(({ seq }, index) => [seq, index]));
  const rows = all.map((one) =>
    make("li", { class: one.undone ? "step undone" : "step" }, make("span", { class: "number faint" }, one.undone ? "–" : count(place.get(one.seq) + 1)), make("span", {}, stepName(one.op)), make("span", { class: "faint" }, one.undone ? _("undone") : aboutStep(one.op)), edits() && !one.undone ? undoButton(one, place.get(one.seq)) : null),
  );
  const how = edits() ? _("Take a tool at the edge of the map; every step is proven before it is kept.") : "";
  replace(byId("steps"), ...(rows.length ? rows : [make("li", {}, message(_("No step yet"), how))]));

}

/** Let the panel follow the desk. */
export function startPanel() {
  byId("back").addEventListener("click", () => {
    close();
    byId("plans-view").querySelector("h1").focus();
  });
  byId("zoom-changes").addEventListener("click", fitChanges);
  on("plan", () => {
    showHead();
    showSteps();
  });
  on("picked mesh plan", showUnit);
  on("problems", showProblems);
  on("impact plan", showImpact);
  on("busy", () => byId("plan-view").classList.toggle("loading", desk.busy));
  showHead();
}

