// A GeoPackage that was edited elsewhere comes back: a draft of just what it shows, or refused in its places.

import { dialog, field } from "wardline/admin-parts";
import { Problem, address, read } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { complain, desk, edits, on, open, trouble } from "wardline/redraw/desk";
import { fitChanges, showProblem } from "wardline/redraw/scene";
import { _, count, decimal } from "wardline/text";

const state = { plan: null, version: 0, taken: null };

/** One problem for each place that a refusal names, the refusal itself where it names none. */
function troubles(problem) {
  const places = problem.features.filter(({ geometry }) => geometry);
  if (!places.length) return [trouble(problem)];
  return places.map((one) => ({ text: one.properties.text, hint: "", features: [one], code: problem.code }));
}

function repairChoice() {
  const tick = make("input", { type: "checkbox", name: "repair" });
  const hint = _("Edges move by 2 m at the most, 10,000 m² at one place, 10 % of a unit. Every change is listed.");
  const box = make("div", { class: "field" }, make("label", { class: "tick" }, tick, make("span", {}, _("Repair small gaps and overlaps"))), make("span", { class: "faint" }, hint));
  return { box, wanted: () => tick.checked };
}

/** Ask for the file, and for a title where it becomes a draft of its own. */
function ask(plan) {
  const file = make("input", { type: "file", name: "file", accept: ".gpkg", required: true });
  const title = make("input", { name: "title", maxlength: 200, autocomplete: "off" });
  const repair = repairChoice();
  const text = plan ? _("The plan becomes just what the file shows. The steps are derived from the difference and proven.") : _("It becomes a draft of just what the file shows. The steps are derived from the difference and proven.");
  const children = [make("p", {}, text), field(_("GeoPackage"), file), plan ? null : field(_("Title"), title, make("span", { class: "faint" }, _("Left empty: that of the plan it was exported from."))), repair.box];
  const box = dialog(_("Bring back a GeoPackage"), children.filter(Boolean), {
    action: _("Bring back"),
    act: async () => {
      const where = { title: title.value.trim(), plan: plan?.id, repair: repair.wanted() ? "true" : "" };
      let taken;
      try {
        taken = await send(file.files[0], where, plan);
      } catch (problem) {
        // Places are looked at on the map, which the dialog would cover; the file stays where it is.
        if (!(problem instanceof Problem) || !problem.features.length) throw problem;
        complain({ text: problem.title, hint: problem.detail, features: [] }, ...troubles(problem));
        showProblem(desk.problems[1] ?? desk.problems[0]);
        return;
      }
      await took(taken);
    },
  });
  return box.open();
}

function send(file, parameters, plan) {
  const headers = plan ? { "If-Match": `"${plan.version}"` } : {};
  return read(address("/api/v1/plans/exchange", parameters), { method: "POST", headers, file });
}

async function took(taken) {
  complain();
  await open(taken.plan.id);
  Object.assign(state, { plan: desk.plan.id, version: desk.plan.version, taken });
  show();
  fitChanges();
  announce(_("Steps derived from the file: {n}. Proven exact.", { n: count(taken.ops.length) }));
}

function repaired(one) {
  const { text } = one.properties;
  const problem = { text, hint: "", features: [one] };
  return make("button", { class: "row", type: "button", on: { click: () => showProblem(problem) } }, make("span", { class: "row-title" }, text));
}

/** What came of the file, while the plan is still as it was made from it. */
function show() {
  const { taken } = state;
  const current = taken && state.plan === desk.plan?.id && state.version === desk.plan.version;
  byId("taken-section").hidden = !current;
  if (!current) return;
  const { found, repair } = taken;
  const lines = [
    _("Steps derived from the file: {n}.", { n: count(taken.ops.length) }),
    _("Units read: {n}, unchanged: {same}.", { n: count(found.rows), same: count(found.unchanged) }),
    found.snapped ? _("Vertices put back by one step: {n}.", { n: count(found.snapped) }) : "",
    found.joined ? _("Vertices put into the edge of a neighbour: {n}.", { n: count(found.joined) }) : "",
    repair ? _("Places repaired: {n}; edges moved by {m} m at the most.", { n: count(repair.changes.count), m: decimal(repair.changes.shift_m, 2) }) : "",
  ];
  const places = repair ? repair.features.features.map(repaired) : [];
  replace(byId("taken"), ...lines.filter(Boolean).map((text) => make("p", {}, text)), make("div", { class: "rows" }, ...places));
}

function showButton() {
  byId("take-back").hidden = !edits();
}

/** Let planners bring files back: as a draft of their own from the list, or into the draft on the desk. */
export function startExchange() {
  const wanted = page.documents.includes("exchange.gpkg") && page.may.includes("plan");
  byId("bring-back").hidden = !wanted;
  if (!wanted) return;
  byId("bring-back").addEventListener("click", () => ask(null));
  byId("take-back").addEventListener("click", () => ask(desk.plan));
  on("plan", () => {
    showButton();
    show();
  });
}
