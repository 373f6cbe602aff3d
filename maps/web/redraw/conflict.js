// Conflicts: where a plan and what was published since its base cannot both hold; mine, theirs and before both.

import { byId, draw, make, message, replace } from "wardline/dom";
import { desk, may, on, step, undo } from "wardline/redraw/desk";
import { ROLES } from "wardline/redraw/scene";
import { featureOf, fitFeatures, put } from "wardline/redraw/view";
import { _, count } from "wardline/text";

function kindName(kind, attribute) {
  if (kind === "attribute") {
    const names = { code: _("Both gave another code"), name: _("Both gave another name"), parent: _("Both put it below another unit") };
    return names[attribute] ?? attribute;
  }
  const names = {
    edges: _("Both moved the same border"),
    ended: _("One redrew a unit that the other ended"),
    refused: _("Together they would be no partition"),
  };
  return names[kind] ?? _("Both changed the same place");
}

/** The features of each place. */
function places() {
  const found = new Map();
  for (const one of desk.conflicts) {
    const key = one.properties.place ?? 0;
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return [...found.values()];
}

function values(features) {
  const names = { base: _("before both"), theirs: _("theirs"), mine: _("mine") };
  return features
    .filter(({ properties }) => properties.value !== null && properties.value !== undefined)
    .map(({ properties }) => `${names[properties.role] ?? properties.role}: ${properties.value}`)
    .join(" · ");
}

function look(features) {
  const drawn = features.filter(({ geometry }) => geometry).map(featureOf);
  if (!drawn.length) return;
  put("places", desk.conflicts.filter(({ geometry }) => geometry).map(featureOf));
  fitFeatures(drawn, { most: 15 });
}

function row(features, index) {
  const [{ properties }] = features;
  const codes = (properties.units ?? []).map((id) => desk.changes.find((one) => one.properties.id === id)?.properties.code).filter(Boolean);
  return make(
    "button",
    { class: "row", type: "button", "data-place": index, on: { click: () => look(features) } },
    make("span", { class: "row-title" }, kindName(properties.kind, properties.attribute)),
    make("span", { class: "row-value faint" }, _("Show")),
    make("span", { class: "row-note" }, [codes.join(", "), values(features)].filter(Boolean).join(" · ")),
  );
}

/** A line as the map draws that side. */
function sample(role) {
  const [tint, , dash] = ROLES[role];
  const line = draw("path", { d: "M1 6H33", fill: "none", "stroke-width": 3.5, "stroke-dasharray": dash ? dash.join(" ") : null });
  line.style.stroke = `var(--map-${tint})`;
  return draw("svg", { class: "sample", viewBox: "0 0 34 12", "aria-hidden": "true" }, line);
}

function key() {
  const labels = { mine: _("mine"), theirs: _("theirs"), base: _("before both") };
  return make("ul", { class: "conflict-key" }, ...Object.entries(labels).map(([role, label]) => make("li", {}, sample(role), label)));
}

function wayOut() {
  if (may("rebase")) return _("Take back your own step there (Undo), then bring the plan up to date and draw it again on what is in force.");
  if (may("reopen")) return _("Take the plan back to a draft; then undo your own step there.");
  return _("The plan's planner decides what is to hold.");
}

function show() {
  const place = byId("conflict-section");
  const all = places();
  place.hidden = !all.length;
  if (!all.length) return;
  const doings = make("div", { class: "plan-actions" });
  if (may("edit") && desk.plan.ops) doings.append(make("button", { class: "button", type: "button", on: { click: () => undo() } }, _("Undo my last step")));
  if (may("rebase")) doings.append(make("button", { class: "button", type: "button", on: { click: () => step("rebase") } }, _("Bring it up to date")));
  byId("conflict-count").textContent = count(all.length);
  replace(byId("conflicts"), message(_("This plan and a published one cannot both hold"), wayOut(), "message-warn"), key(), make("div", { class: "rows" }, ...all.map(row)), doings);
}

/** Let the list of conflicts follow the desk, and go to the first one when it comes. */
export function startConflicts() {
  let shown = "";
  on("conflicts changes plan", show);
  on("conflicts", () => {
    const now = desk.conflicts.length ? `${desk.plan?.id}|${desk.plan?.head?.id}` : "";
    if (now && now !== shown) look(desk.conflicts);
    shown = now;
  });
}
