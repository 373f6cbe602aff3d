// What a plan does to what lies on the ground: what changes hands, each unit before and after, the soft rules.

import { byId, make, message, replace } from "wardline/dom";
import { desk } from "wardline/redraw/desk";
import { _, count, decimal } from "wardline/text";

const MOST_UNITS = 60;
const MOST_HANDS = 40;

function sum(values) {
  return Object.values(values ?? {}).reduce((all, one) => all + one, 0);
}

/** The codes of what of a kind changes hands, as far as they are told. */
function named(kind) {
  return desk.impact.hands
    .filter((one) => one.kind === kind)
    .map((one) => one.code)
    .join(", ");
}

function moved() {
  const { incidents, households, dwellings, stations, markers, representatives } = desk.impact.moved;
  const kinds = Object.entries(incidents.open).map(([name, number]) => `${name} ${count(number)}`);
  const lines = [
    [_("Households"), households, dwellings ? _("dwellings: {n}", { n: count(dwellings) }) : ""],
    [_("Open incidents"), sum(incidents.open), kinds.join(", ")],
    [_("Closed incidents"), incidents.closed, _("they stay with who handled them")],
    [_("Stations"), stations, named("station")],
    [_("Markers"), markers, named("marker")],
    [_("Representatives"), representatives, named("representative")],
  ].filter(([, number]) => number);
  if (!lines.length) return message(_("Nothing changes hands"), _("No household, incident, station or marker lies on ground that goes to another unit."));
  return make("ul", { class: "moved" }, ...lines.map(([name, number, note]) => make("li", {}, make("strong", { class: "number" }, count(number)), make("span", {}, name), note ? make("span", { class: "faint" }, note) : null)));
}

function cell(before, after, digits) {
  const shown = (value) => (value === null || value === undefined ? "" : digits ? decimal(value, digits) : count(value));
  if (!shown(before)) return make("td", { class: "number" }, make("strong", {}, shown(after)));
  if (!shown(after)) return make("td", { class: "number was" }, shown(before));
  if (shown(before) === shown(after)) return make("td", { class: "number" }, shown(after));
  return make("td", { class: "number" }, make("span", { class: "was" }, shown(before)), make("span", { "aria-hidden": "true" }, " → "), make("strong", {}, shown(after)));
}

function unitRow({ code, before, after }) {
  const state = !before ? _("new") : !after ? _("ends") : "";
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, make("span", { class: "number" }, code), state ? make("span", { class: "badge" }, state) : null),
    cell(before?.households, after?.households, 0),
    cell(before?.area_km2, after?.area_km2, 3),
    cell(before?.incidents_open, after?.incidents_open, 0),
  );
}

function units() {
  const all = desk.impact.units ?? [];
  if (!all.length) return null;
  const head = make("tr", {}, ...[_("Unit"), _("Households"), _("Area, km²"), _("Open")].map((text) => make("th", { scope: "col" }, text)));
  const table = make("table", { class: "loads" }, make("caption", { class: "away" }, _("Units before and after")), make("thead", {}, head), make("tbody", {}, ...all.slice(0, MOST_UNITS).map(unitRow)));
  return make("div", { class: "loads-box", tabindex: "0", role: "group", "aria-label": _("Units before and after") }, table);
}

function rules() {
  const all = desk.impact.rules ?? [];
  if (!all.length) return null;
  return make("ul", { class: "soft-rules" }, ...all.map((one) => make("li", {}, one.text)));
}

function hands() {
  const all = desk.impact.hands;
  if (!all.length) return null;
  const kinds = { station: _("station"), marker: _("marker"), representative: _("representative") };
  const rows = all.slice(0, MOST_HANDS).map((one) => make("li", { class: "number" }, [kinds[one.kind] ?? one.kind, one.name || one.code, `${one.from ?? "–"} → ${one.to ?? "–"}`].join(" ")));
  return make("details", { class: "past" }, make("summary", {}, _("What goes where")), make("ul", {}, ...rows));
}

/** Show the impact of the plan on the desk. */
export function showImpact() {
  const place = byId("impact-section");
  place.hidden = !desk.plan || !desk.impact || !(desk.impact.units ?? []).length;
  if (place.hidden) return;
  byId("impact-count").textContent = _("{n} units differ", { n: count(desk.impact.units.length) });
  replace(byId("impact"), moved(), units(), rules(), hands());
}
