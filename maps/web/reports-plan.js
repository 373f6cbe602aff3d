// The plan of a period: its numbers, its map, its list, its monitoring points, its letters.

import { address, read, show, turns } from "wardline/api";
import { announce, byId, draw, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { offerMaking, undoing } from "wardline/reports-making";
import { number, openRows } from "wardline/reports-rows";
import { _, count, day } from "wardline/text";

const PERIODS = "/api/v1/periods";
const WIDTH = 1000;
const MARGIN = 12;
const NARROWEST = 0.3;
const HIGHEST = 0.62;
const LETTERS = 200;
/** Usual kinds of tasks in the reader's language; others as they are stored. */
const KINDS = {
  "fire-safety": _("fire safety"),
  flood: _("flooding"),
  markers: _("boundary markers"),
  households: _("households"),
  visits: _("home visits"),
};
const turn = turns();
let plan = null;

async function every(path) {
  const found = [];
  let cursor = null;
  do {
    const answer = await read(address(path, { limit: 1000, cursor }));
    found.push(...answer.items);
    cursor = answer.cursor ?? null;
  } while (cursor);
  return found;
}

function rings(geometry) {
  if (geometry.type === "Polygon") return geometry.coordinates;
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

/** How degrees become places of the drawing: true to shape about the middle, north up. */
function frame(features) {
  const all = features.flatMap((one) => (one.geometry.type === "Point" ? [one.geometry.coordinates] : rings(one.geometry).flat()));
  const lons = all.map((at) => at[0]);
  const lats = all.map((at) => at[1]);
  const reduce = (values, pick) => values.reduce((a, b) => pick(a, b));
  const [west, east] = [reduce(lons, Math.min), reduce(lons, Math.max)];
  const [south, north] = [reduce(lats, Math.min), reduce(lats, Math.max)];
  const squeeze = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const wide = Math.max((east - west) * squeeze, 1e-6);
  const high = Math.max(north - south, 1e-6);
  const height = Math.min(HIGHEST, Math.max(NARROWEST, high / wide)) * WIDTH;
  const scale = Math.min((WIDTH - 2 * MARGIN) / wide, (height - 2 * MARGIN) / high);
  const left = (WIDTH - wide * scale) / 2;
  const top = (height - high * scale) / 2;
  return { height, place: ([lon, lat]) => [left + (lon - west) * squeeze * scale, top + (north - lat) * scale] };
}

function pathOf(geometry, place) {
  return rings(geometry)
    .map((ring) => `M${ring.map((at) => place(at).map((value) => value.toFixed(1)).join(" ")).join("L")}Z`)
    .join("");
}

function worded(known) {
  if (known.what !== "unit") return known.supervisor ? _("{name}, watched by {supervisor}", known) : known.name;
  const parts = Object.keys(page.words.states).filter((state) => known[state] > 0);
  return `${known.name === known.code ? known.code : `${known.code} ${known.name}`}: ${parts.map((state) => `${page.words.states[state]} ${count(known[state])}`).join(", ")}`;
}

function unitShape(one, place) {
  const known = one.properties;
  const rowsOf = () => openRows(worded(known), `${PERIODS}/${plan.id}/items?unit=${encodeURIComponent(known.code)}`, page.district.code);
  return draw(
    "g",
    { class: "reports-unit", on: { click: rowsOf } },
    draw("path", { class: `item-ground item-${known.state}`, d: pathOf(one.geometry, place) }),
    known.state === "late" ? draw("path", { d: pathOf(one.geometry, place), fill: "url(#late)" }) : null,
    draw("title", {}, worded(known)),
  );
}

function mark(one, place) {
  const [x, y] = place(one.geometry.coordinates);
  const shape = one.properties.what === "point" ? { d: `M${x} ${y - 9}l9 9l-9 9l-9 -9Z` } : { d: `M${x - 5} ${y - 5}h10v10h-10Z` };
  return draw("path", { class: "reports-mark", ...shape }, draw("title", {}, worded(one.properties)));
}

function hatch() {
  return draw(
    "defs",
    {},
    draw("pattern", { id: "late", width: 8, height: 8, patternUnits: "userSpaceOnUse" }, draw("path", { class: "reports-hatch", d: "M-2 10L10 -2M-2 2L2 -2M6 10L10 6" })),
  );
}

function paintMap(features) {
  const place = byId("plan-map");
  if (!features.length) {
    replace(place);
    return;
  }
  const shown = frame(features);
  const units = features.filter((one) => one.properties.what === "unit");
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${shown.height}`, role: "img", "aria-label": _("Map of the plan: {units} units. The list below tells the same.", { units: count(units.length) }) });
  svg.append(hatch(), ...units.map((one) => unitShape(one, shown.place)));
  svg.append(...features.filter((one) => one.properties.what !== "unit").map((one) => mark(one, shown.place)));
  replace(place, svg);
}

function paintLegend(features) {
  const units = features.filter((one) => one.properties.what === "unit");
  const sample = (state) => draw("svg", { viewBox: "0 0 16 12", width: 16, height: 12, "aria-hidden": "true" }, draw("rect", { class: `item-ground item-${state}`, width: 16, height: 12 }), state === "late" ? draw("rect", { width: 16, height: 12, fill: "url(#late)" }) : null);
  const entries = Object.entries(page.words.states).map(([state, label]) => make("li", {}, sample(state), ` ${label}: ${count(units.filter((one) => one.properties.state === state).length)}`));
  const points = features.filter((one) => one.properties.what === "point").length;
  if (points) entries.push(make("li", {}, draw("svg", { viewBox: "0 0 18 18", width: 14, height: 14, "aria-hidden": "true" }, draw("path", { class: "reports-mark", d: "M9 0l9 9l-9 9l-9 -9Z" })), ` ${_("monitoring point")}: ${count(points)}`));
  replace(byId("plan-legend"), ...entries);
}

function paintCounts() {
  const names = {
    submitted: _("Tasks submitted"),
    tasks: _("Tasks after merging"),
    units: _("Units covered"),
    items: _("Asked of units"),
    late: _("Late"),
    open: _("Open now"),
    done: _("Done in time"),
    "done-late": _("Done late"),
  };
  replace(
    byId("plan-counts"),
    ...Object.entries(names).map(([key, label]) => make("li", { "data-count": key }, number(plan.counts[key].count, label, plan.counts[key].rows, page.district.code), ` ${label}`)),
  );
}

function taskRow(task) {
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, task.title, " ", make("span", { class: "reports-kind" }, KINDS[task.kind] ?? task.kind)),
    make("td", {}, task.offices.join(", "), undoing(task)),
    make("td", {}, page.words.evidence[task.evidence]),
    make("td", { class: "n" }, count(task.units.length)),
    make("td", { class: "n" }, day(task.due_on)),
  );
}

function letterRow(letter) {
  const paper = (kind) => address(`${PERIODS}/${plan.id}/letters/${letter.id}/document.${kind}`, { lang: page.lang });
  const lists = letter.lists ? _(", {lists} supplementary lists", { lists: count(letter.lists) }) : "";
  const named = letter.unit.name === letter.unit.code ? letter.unit.code : `${letter.unit.code} ${letter.unit.name}`;
  return make(
    "li",
    { "data-letter": letter.number },
    make("span", {}, _("No. {number} to {unit}, items: {items}", { number: letter.number, unit: named, items: count(letter.items.length) }), lists),
    make("span", { class: "reports-acts no-print" }, make("a", { href: paper("html"), target: "_blank", rel: "noopener", "aria-label": _("Letter {number} to print", { number: letter.number }) }, _("To print")), make("a", { href: paper("pdf"), "aria-label": _("Letter {number} as PDF", { number: letter.number }) }, "PDF")),
  );
}

async function paintLetters() {
  const mine = plan;
  const letters = (await every(`${PERIODS}/${plan.id}/letters`)).sort((a, b) => a.number - b.number);
  if (plan !== mine) return;
  replace(byId("letters"), ...letters.slice(0, LETTERS).map(letterRow));
  if (letters.length > LETTERS) byId("letters").append(make("li", {}, _("{n} more are told by the API.", { n: count(letters.length - LETTERS) })));
  if (!letters.length) byId("letters").append(make("li", { class: "soft" }, _("No letter was written.")));
  byId("letters-acts").hidden = !(page.keeps && plan.state === "published");
}

/** Show a plan by its id, or that there is none. */
export async function showPlan(id) {
  const newest = turn();
  byId("plan-section").hidden = !id;
  byId("no-plan").hidden = Boolean(id);
  if (!id) return;
  const here = `${PERIODS}/${id}`;
  const [found, tasks, map, points] = await Promise.all([
    read(address(here)),
    every(`${here}/tasks`),
    read(address(`${here}/map.geojson`)),
    read(address(`${here}/points`)),
  ]);
  if (!newest()) return;
  plan = found;
  byId("plan-title").textContent = plan.title;
  const days = { first: day(plan.first_day), last: day(plan.last_day) };
  byId("plan-state").textContent = plan.state === "published" ? _("{first} to {last}, published", days) : _("{first} to {last}, not published yet", days);
  offerMaking(plan, tasks);
  paintCounts();
  paintMap(map.features);
  paintLegend(map.features);
  replace(document.querySelector("#tasks tbody"), ...tasks.map(taskRow));
  replace(byId("points"), ...points.items.filter((one) => !one.ended_at).map((one) => make("li", {}, _("{name}, watched by {supervisor}", { name: one.name, supervisor: one.supervisor.name }), ` · ${one.unit.code}`)));
  byId("points-title").hidden = byId("points").children.length === 0;
  await paintLetters();
}

byId("issue").addEventListener("click", async () => {
  try {
    show(null);
    const done = await read(address(`${PERIODS}/${plan.id}/letters`), { method: "POST", body: {} });
    const said = { letters: count(done.issued.length), lists: count(done.supplemented.length) };
    await paintLetters();
    announce(_("{letters} letters and {lists} supplementary lists were written.", said));
  } catch (problem) {
    show(problem);
  }
});
