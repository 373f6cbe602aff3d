// The chain of responsibility: one path from the county down to a demonstration household, by search or by click.

import { address, read, show, turns } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { beginMaking, suggest } from "wardline/chain-making";
import { asked, page, remember } from "wardline/page";
import { sketch } from "wardline/sketch";
import { _, count, metres } from "wardline/text";

const HOME = "/api/v1/chain";
const UNITS = "/api/v1/units";
const COUNTY = 0;
const MOST = 200;
const search = byId("search");
const roles = { home: _("home grid"), extra: _("further duty") };
const levels = { county: _("County"), township: _("Township"), village: _("Village"), grid: _("Grid"), household: _("Demonstration household") };
const turn = turns();
let layer = null;

/** What a search means: a point where it reads as two numbers, else a code. */
function meant(text) {
  const numbers = text.trim().split(/[\s,，;]+/).map(Number);
  if (numbers.length === 2 && numbers.every(Number.isFinite)) return [{ lon: numbers[0], lat: numbers[1] }];
  return [{ household: text.trim() }, { unit: text.trim() }];
}

function named(one) {
  return one.name && one.name !== one.code ? `${one.name} · ${one.code}` : one.code;
}

function people(level) {
  const told = level.people.map((one) => [one.name, one.code, one.title || roles[one.role]].filter(Boolean).join(" · "));
  if (told.length) return told;
  return level.through ? [_("reached through {code}", { code: level.through })] : [];
}

function step(level, place, last) {
  const name = levels[level.level] || level.level;
  if (!level.code) return make("li", { "data-empty": true, "data-level": level.level }, make("span", { class: "faint" }, name));
  const go = () => ask(place === COUNTY ? null : level.level === "household" ? { household: level.code } : { unit: level.code });
  const button = make("button", { class: "button", type: "button", "aria-current": last ? "step" : null, on: { click: go } }, named(level));
  return make("li", { "data-level": level.level }, make("div", { class: "faint" }, name), button, ...people(level).map((text) => make("p", { class: "soft" }, text)));
}

function buttons(items, kind) {
  const made = items.map((one) => make("li", {}, make("button", { class: "button", type: "button", "data-code": one.code, on: { click: () => ask({ [kind]: one.code }) } }, named(one))));
  replace(byId("below"), ...made);
  byId("nothing").hidden = made.length > 0;
}

/** The features of some units of a level, asked for by the box of what lies above them. */
async function shapes(depth, codes, asOf) {
  const answer = await read(address(`/api/v1/layers/${encodeURIComponent(layer.code)}/items`, { level: depth, limit: 1000, as_of: asOf, bbox: codes.box || null }));
  return answer.features.filter((one) => !codes.of || codes.of.has(one.properties.code));
}

function boxOf(feature) {
  const flat = feature.geometry.coordinates.flat(feature.geometry.type === "MultiPolygon" ? 2 : 1);
  const lons = flat.map(([lon]) => lon);
  const lats = flat.map(([, lat]) => lat);
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  return [least(lons), least(lats), most(lons), most(lats)].join(",");
}

/** Show a path: the part of an answer that is there at once. */
function walk(found) {
  const reached = found.path.filter((one) => one.code);
  const last = reached[reached.length - 1];
  replace(byId("path"), ...found.path.map((one, place) => step(one, place, one === last)));
  byId("more").textContent = [
    found.households > 1 && _("{n} demonstration households in this grid", { n: count(found.households) }),
    found.distance_m !== null && _("{n} from the place", { n: metres(found.distance_m) }),
  ].filter(Boolean).join(" · ");
  return { last, units: reached.filter((one) => one.level !== "county" && one.level !== "household") };
}

/** What lies below the last unit of a path: the areas to draw, and units or households to list. */
async function belowOf(units, asOf) {
  const unit = units[units.length - 1];
  if (!unit) {
    const areas = await shapes(0, {}, asOf);
    return { unit, areas, items: areas.map(({ properties }) => properties), kind: "unit" };
  }
  const depth = units.length;
  const [own] = await shapes(depth - 1, { of: new Set([unit.code]), box: null }, asOf);
  if (depth === layer.levels.length) {
    const { items } = await read(address(`${HOME}/households`, { unit: unit.code, as_of: asOf, limit: MOST }));
    return { unit, areas: [own].filter(Boolean), items, kind: "household" };
  }
  const { children } = await read(address(`${UNITS}/${encodeURIComponent(unit.code)}`, { as_of: asOf, layer: layer.code }));
  const areas = await shapes(depth, { of: new Set(children.map((one) => one.code)), box: own ? boxOf(own) : null }, asOf);
  return { unit, areas, items: children, kind: "unit" };
}

/** Show a path and what lies below it, but for what a newer question has overtaken. */
async function tell(found, asOf, newest) {
  const { last, units } = walk(found);
  if (page.keeps) suggest(units[units.length - 1]?.code, units.length, layer.levels.length);
  const { unit, areas, items, kind } = await belowOf(units, asOf);
  if (!newest()) return;
  const houses = kind === "household";
  buttons(houses ? items.map(({ code, label }) => ({ code, name: label })) : items, kind);
  drawn(areas, houses ? items : [], found, unit);
  announce(_("Path to {name}", { name: named(last) }));
}

function drawn(areas, households, found, unit) {
  byId("map-title").textContent = unit ? named(unit) : _("The county");
  const places = households.map((one) => ({ lon: one.lon, lat: one.lat, name: one.label }));
  if (!places.length && found.lon !== null) places.push({ lon: found.lon, lat: found.lat });
  const pick = households.length || (unit && areas.length === 1 && areas[0].properties.code === unit.code) ? null : (code) => ask({ unit: code });
  sketch(byId("map"), areas, { height: 520, name: ({ properties }) => named(properties), pick, marks: places });
}

/** The first of several meanings of a search that is there; the refusal of the last where none is. */
async function first(meanings, asOf) {
  let refused = null;
  for (const one of meanings) {
    try {
      return [await read(address(HOME, { ...one, as_of: asOf })), one];
    } catch (problem) {
      refused = problem;
    }
  }
  throw refused;
}

async function ask(what, text = "") {
  const newest = turn();
  const asOf = search.elements.as_of.value || null;
  show(null);
  try {
    if (what === null) {
      remember({ household: null, unit: null, lon: null, lat: null, as_of: asOf });
      const county = { level: "county", code: page.district.code, name: page.county, people: await leading(asOf), through: null };
      const empty = [...layer.levels, "household"].map((level) => ({ level, code: null, people: [] }));
      if (!newest()) return;
      await tell({ path: [county, ...empty], households: 0, distance_m: null, lon: null }, asOf, newest);
      return;
    }
    const [found, meaning] = await first(text ? meant(text) : [what], asOf);
    if (!newest()) return;
    remember({ household: null, unit: null, lon: null, lat: null, ...meaning, as_of: asOf });
    // The focus goes when the path does: until what is below has come, the reader may have moved it on.
    const told = tell(found, asOf, newest);
    byId("path-title").focus({ preventScroll: true });
    await told;
  } catch (problem) {
    if (newest()) show(problem);
  }
}

/** Show anew what is shown, after something was stored. */
async function again() {
  const names = ["household", "unit", "lon"];
  const name = names.find((one) => asked(one));
  if (!name) await ask(null);
  else if (name === "lon") await ask({ lon: asked("lon"), lat: asked("lat") });
  else await ask({ [name]: asked(name) });
}

async function leading(asOf) {
  const { items } = await read(address(`${HOME}/leaders`, { as_of: asOf }));
  return items.filter((one) => !one.unit).map((one) => ({ ...one, code: null, role: "leader" }));
}

search.addEventListener("submit", (event) => {
  event.preventDefault();
  ask({}, search.elements.q.value);
});

if (page.district) {
  try {
    const { items } = await read(address("/api/v1/layers"));
    layer = items.find((one) => one.kind === "partition");
  } catch (problem) {
    show(problem);
  }
  if (asked("as_of")) search.elements.as_of.value = asked("as_of");
  if (layer) {
    try {
      await beginMaking(again);
    } catch (problem) {
      show(problem);
    }
    await again();
  }
}
document.body.dataset.ready = "1";
