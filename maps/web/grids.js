// Who owns a point: units coloured by a property, a click asks, a search finds by code or name.

import { Problem, address, ask, read, show, turns } from "wardline/api";
import { byId, facts, make, message, replace } from "wardline/dom";
import { fit, onAsk, startMap } from "wardline/ground";
import { legend } from "wardline/legend";
import { levelName, levelNames } from "wardline/levels";
import { lineClasses, turnLines } from "wardline/lines";
import { names } from "wardline/names";
import { asked, map, page, remember } from "wardline/page";
import { colour, groups, onTheme } from "wardline/palette";
import { today } from "wardline/period";
import { sheet } from "wardline/sheet";
import { _, chainage, count, metres } from "wardline/text";
import { edge, levelLayer, unitWidth, unitsOf, visibleLevel } from "wardline/units";

const L = window.L;
const NAME_SIZES = [15, 13, 11];
const ROOM_PX = [60, 58, 54];
const MOST_FOUND = 30;
const PROPERTIES = ["households", "representatives", "incidents"];

const state = { level: 0, property: "", asOf: "", shown: 0, breaks: [], values: new Map(), unit: null };
const levels = page.partition?.levels || [];
const known = new Map();
const [choosing, tiling, searching] = [turns(), turns(), turns()];
let drawn = [];
let labels = null;
let pin = null;
let running = null;

function classOfValue(value) {
  if (value === undefined || value === null) return groups.no_value[0];
  let step = 0;
  while (step < state.breaks.length && value >= state.breaks[step]) step += 1;
  return groups.sequence[step];
}

function paint(name, { properties }) {
  const style = edge(properties.level, levels.length);
  const chosen = state.unit && properties.code === state.unit.code && properties.level === state.unit.level;
  if (properties.level === state.shown) {
    const step = state.property && state.shown === state.level ? classOfValue(state.values.get(properties.code)) : null;
    style.fill = colour(step ? step.key : "unit");
    style.hatch = step?.pattern === "hatch" ? "unit-line" : null;
  }
  return chosen ? { ...style, stroke: colour("selected"), width: 3, above: 2 } : style;
}

function repaint() {
  for (const layer of drawn) layer.repaint();
}

/** Breaks between classes that hold about as many units each. */
function quantiles(values) {
  const sorted = values.filter((value) => value !== null).sort((one, other) => one - other);
  const found = [];
  for (let step = 1; step < groups.sequence.length; step += 1) {
    const at = sorted[Math.floor((sorted.length * step) / groups.sequence.length)];
    if (at !== undefined && at > sorted[0] && !found.includes(at)) found.push(at);
  }
  return found;
}

function showLegend() {
  const values = [...state.values.values()].filter((value) => value !== null);
  if (!state.property || !values.length) {
    legend(_("On the ground"), "area", lineClasses());
    return;
  }
  const amounts = new Map();
  for (const value of state.values.values()) {
    const step = classOfValue(value);
    amounts.set(step, (amounts.get(step) || 0) + 1);
  }
  const bounds = [values.reduce((one, other) => Math.min(one, other)), ...state.breaks, values.reduce((one, other) => Math.max(one, other)) + 1];
  const classes = groups.sequence.slice(0, state.breaks.length + 1).map((step, index) => {
    const [low, high] = [bounds[index], bounds[index + 1] - 1];
    const label = low >= high ? count(low) : _("{low} to {high}", { low: count(low), high: count(high) });
    return { step, label, amount: count(amounts.get(step) || 0) };
  });
  const missing = amounts.get(groups.no_value[0]);
  if (missing) classes.push({ step: groups.no_value[0], amount: count(missing) });
  legend(byId("property").selectedOptions[0].textContent, "area", [...classes, ...lineClasses()]);
}

/** The units of a level on the chosen day, asked for once. */
async function unitsAt(level, property = "") {
  const key = `${level}|${state.asOf}|${property}`;
  if (!known.has(key)) known.set(key, unitsOf({ level, asOf: state.asOf, property }));
  try {
    return await known.get(key);
  } catch (problem) {
    known.delete(key);
    throw problem;
  }
}

async function loadValues(newest) {
  const units = await unitsAt(state.level, state.property);
  if (!newest()) return;
  state.values = new Map(units.map(({ code, value }) => [code, value]));
  state.breaks = quantiles([...state.values.values()]);
  showLegend();
}

/** Draw the level that can be seen at this zoom, and the edges of those above it. */
async function loadTiles() {
  const newest = tiling();
  state.shown = visibleLevel(state.level);
  byId("coarser").hidden = state.shown === state.level;
  const wanted = [];
  for (let level = state.shown; level >= 0; level -= 1) wanted.push(levelLayer(level, state.asOf, paint, levels.length - level));
  const layers = await Promise.all(wanted);
  if (!newest()) return;
  const old = drawn;
  drawn = layers;
  for (const layer of layers) layer.addTo(map);
  for (const layer of old) layer.remove();
}

async function loadNames(newest) {
  const placed = [];
  for (let level = 0; level <= state.level; level += 1) {
    const units = await unitsAt(level, level === state.level ? state.property : "");
    placed.push(
      units.map(({ lon, lat, code, name }) => ({
        lon,
        lat,
        text: level === levels.length - 1 && level > 0 ? code : name || code,
        size: NAME_SIZES[Math.min(level, NAME_SIZES.length - 1)],
        weight: level === 0 ? 650 : 500,
      })),
    );
  }
  if (!newest()) return;
  labels.list = () => placed.filter((units, level) => unitWidth(level) >= ROOM_PX[Math.min(level, ROOM_PX.length - 1)]).flat();
  labels.draw();
}

/** Owners from the top down to the unit itself. */
function chain(answer) {
  return make(
    "ol",
    { class: "chain" },
    ...[...answer.chain].reverse().map((unit) =>
      make(
        "li",
        {},
        make("span", { class: "row-title" }, unit.name || unit.code),
        make("span", { class: "faint" }, [levelName(unit.level), unit.name && unit.name !== unit.code ? unit.code : ""].filter(Boolean).join(" · ")),
      ),
    ),
  );
}

/** The unit a representative is responsible for: the grid itself or one above it. */
function through(answer, person) {
  const unit = answer.chain.find(({ code }) => code === person.through);
  return unit ? unit.name || unit.code : person.through;
}

function representative(answer) {
  const people = answer.responsible;
  if (!people.length) return message(_("No representative"), _("No one is assigned to this grid or to the units above it."));
  return facts(
    people.map((person) => [
      _("Representative"),
      make("span", {}, person.name, make("span", { class: "faint holder" }, through(answer, person))),
    ]),
  );
}

function segment(answer) {
  if (!answer.segment) return null;
  return facts([
    [_("Border stretch"), answer.segment.name || answer.segment.code],
    [_("Measure"), _("km {n}", { n: chainage(answer.segment.measure_m) })],
    [_("Away from the line"), metres(Math.abs(answer.segment.offset_m))],
  ]);
}

function doubt(answer) {
  const notes = [];
  if (answer.rule === "snapped") notes.push(_("Just outside; given to the nearest grid, {n} away.", { n: metres(answer.snapped_m) }));
  const others = answer.candidates.map(({ code }) => code).filter((code) => code !== answer.unit.code);
  if (answer.near_boundary && others.length) notes.push(_("Near a boundary; it may also be {others}.", { others: others.join(", ") }));
  return notes.length ? make("p", { class: "faint" }, notes.join(" ")) : null;
}

function showPlace(...children) {
  byId("place-empty").hidden = true;
  byId("found").hidden = true;
  replace(byId("place-answer"), ...children);
  sheet("middle");
  byId("panel-body").scrollTop = Math.max(0, byId("place").offsetTop - byId("panel-body").offsetTop - 8);
}

/** A button by which the reader is told when a unit is redrawn; it says whether that is so. */
function watchButton(unit) {
  const made = make("button", { class: "button", type: "button", "aria-pressed": String(unit.watched) });
  const tell = () => {
    made.textContent = unit.watched ? _("You watch {unit}.", { unit: unit.name || unit.code }) : _("Watch");
    made.setAttribute("aria-pressed", String(unit.watched));
  };
  made.addEventListener("click", async () => {
    try {
      await read(address(`/api/v1/watches/${unit.id}`), { method: unit.watched ? "DELETE" : "PUT" });
      unit.watched = !unit.watched;
      tell();
    } catch (problem) {
      show(problem);
    }
  });
  tell();
  return made;
}

/** The unit that is picked, and whether the reader watches it; nothing where nobody is signed in. */
async function pickedUnit(code, layer, options) {
  if (!page.me) return null;
  const found = await read(address(`/api/v1/units/${encodeURIComponent(code)}`, { layer, as_of: state.asOf }), options);
  const { items } = await read(address("/api/v1/watches"), options);
  return { ...found, watched: items.some(({ unit }) => unit.id === found.id) };
}

function showAnswer(answer, where) {
  showPlace(
    make("h2", { id: "place-title" }, _("Owner of this point")),
    chain(answer),
    answer.picked ? watchButton(answer.picked) : null,
    doubt(answer),
    make("div", { class: "place-more" }, representative(answer), segment(answer)),
    answer.overlays?.length ? facts([[_("Also inside"), answer.overlays.map((unit) => unit.name || unit.code).join(", ")]]) : null,
    where,
  );
}

async function locate(latlng) {
  const place = { lon: Number(latlng.lng.toFixed(7)), lat: Number(latlng.lat.toFixed(7)) };
  const where = make("p", { class: "faint number" }, `${place.lon.toFixed(5)}, ${place.lat.toFixed(5)}`);
  pin = pin || L.circleMarker(latlng, { pane: "points", radius: 6, weight: 2.5, color: colour("casing"), fillColor: colour("selected"), fillOpacity: 1, interactive: false });
  pin.setLatLng(latlng).addTo(map);
  running?.abort();
  running = new AbortController();
  try {
    const answer = await ask("locate", "/api/v1/locate", { ...place, as_of: state.asOf }, { signal: running.signal });
    const { layer, code } = answer.chain[0];
    const { responsible } = await ask("unit", `/api/v1/units/${encodeURIComponent(code)}`, { layer, as_of: state.asOf }, { signal: running.signal });
    const shown = answer.chain.find((unit) => unit.level === levels[state.shown]) || answer.chain[0];
    state.unit = { code: shown.code, level: levels.indexOf(shown.level) };
    show(null);
    showAnswer({ ...answer, responsible, picked: await pickedUnit(shown.code, shown.layer || layer, { signal: running.signal }) }, where);
  } catch (problem) {
    if (problem.name === "AbortError") return;
    state.unit = null;
    if (problem instanceof Problem && problem.code === "outside") showPlace(message(_("Outside every grid"), problem.detail), where);
    else show(problem);
  }
  repaint();
}

function foundRow(unit) {
  return make(
    "button",
    { class: "row", type: "button", "data-unit": unit.code, on: { click: () => pick(unit) } },
    make("span", { class: "row-title" }, unit.name || unit.code),
    make("span", { class: "row-value faint" }, levelName(levels[unit.level])),
    unit.name && unit.name !== unit.code ? make("span", { class: "row-note" }, unit.code) : null,
  );
}

async function pick(unit) {
  if (unit.level !== state.level) await choose({ level: unit.level });
  fit(unit.bounds);
  await locate(L.latLng(unit.lat, unit.lon));
}

/** How well a unit fits what is looked for: the code itself, its beginning, the name, a part of it; less is better. */
function fitness(unit, text) {
  const [code, name] = [unit.code.toLowerCase(), (unit.name || "").toLowerCase()];
  return [code === text, name === text, code.startsWith(text), name.startsWith(text), name.includes(text)].indexOf(true);
}

async function search(text) {
  const newest = searching();
  byId("found").hidden = !text;
  if (!text) return;
  try {
    const lists = await Promise.all(levels.map((name, level) => unitsAt(level)));
    if (!newest()) return;
    show(null);
    const found = lists
      .flat()
      .map((unit) => ({ unit, rank: fitness(unit, text.toLowerCase()) }))
      .filter(({ rank }) => rank >= 0)
      .sort((one, other) => one.rank - other.rank || one.unit.level - other.unit.level)
      .slice(0, MOST_FOUND)
      .map(({ unit }) => unit);
    if (found.length === 1) await pick(found[0]);
    else {
      replace(byId("found-rows"), ...(found.length ? found.map(foundRow) : [make("p", { class: "row soft" }, _("Nothing has this code or name. Try its beginning."))]));
    }
  } catch (problem) {
    if (newest()) show(problem);
  }
}

async function choose(change) {
  const newest = choosing();
  Object.assign(state, change);
  for (const radio of document.querySelectorAll("[name=level]")) radio.checked = Number(radio.value) === state.level;
  remember({ level: state.level, property: state.property, as_of: state.asOf });
  try {
    show(null);
    await loadValues(newest);
    await loadTiles();
    await loadNames(newest);
  } catch (problem) {
    if (newest()) show(problem);
  }
}

function option(value) {
  const labels = { "": _("Plain"), households: _("Households"), representatives: _("Representatives"), incidents: _("Open incidents") };
  return make("option", { value }, labels[value]);
}

function controls() {
  replace(
    byId("levels"),
    ...levels.map((name, level) =>
      make("label", { class: "choice" }, make("input", { type: "radio", name: "level", value: level }), make("span", {}, levelNames(name))),
    ),
  );
  replace(byId("property"), ...["", ...PROPERTIES].map(option));
  byId("property").value = state.property;
  byId("as-of").value = state.asOf || today();
  byId("paint").addEventListener("change", ({ target }) => {
    if (target.name === "level") choose({ level: Number(target.value), unit: null });
    if (target.name === "property") choose({ property: target.value });
    if (target.name === "as_of") choose({ asOf: target.value === today() ? "" : target.value });
    if (target.name === "lines") turnLines(target.checked, showLegend).catch(show);
  });
  byId("paint").addEventListener("submit", (event) => event.preventDefault());
  byId("search").addEventListener("submit", (event) => {
    event.preventDefault();
    search(event.target.elements.q.value.trim());
  });
}

function listen() {
  onAsk(locate);
  map.on("zoomend", () => {
    if (visibleLevel(state.level) !== state.shown) loadTiles().catch(show);
  });
  onTheme(() => pin?.setStyle({ color: colour("casing"), fillColor: colour("selected") }));
}

function empty() {
  byId("place-empty").hidden = true;
  const how = make("span", {}, _("Import them from a file; the first run only reports:"), make("p", {}, make("code", {}, "./wardline import grids FILE")));
  replace(byId("place-answer"), message(_("No grids yet"), how));
  for (const id of ["paint", "search"]) byId(id).hidden = true;
}

startMap();
if (page.partition) {
  const wanted = Number(asked("level") ?? levels.length - 1);
  state.property = PROPERTIES.includes(asked("property")) ? asked("property") : "";
  state.asOf = /^\d{4}-\d{2}-\d{2}$/.test(asked("as_of") || "") ? asked("as_of") : "";
  labels = names(() => []);
  controls();
  listen();
  await choose({ level: wanted >= 0 && wanted < levels.length ? wanted : levels.length - 1 });
  if (asked("lines")) await turnLines(true, showLegend).catch(show);
} else empty();
document.body.dataset.ready = "1";
