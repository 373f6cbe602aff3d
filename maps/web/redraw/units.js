// The units that are loaded to be edited: the picked one and two rings around it; the rest of the district stays tiles.

import { address, read } from "wardline/api";
import { announce } from "wardline/dom";
import { page } from "wardline/page";
import { complain, desk, emit, of, on, refused, unitOf } from "wardline/redraw/desk";
import { boxOf, nodeKey, toDegrees } from "wardline/redraw/lattice";
import { Mesh } from "wardline/redraw/topology";
import { _, count } from "wardline/text";

const SPECK = 20;
const OPEN = ["draft", "submitted", "approved"];
const MOST_OTHERS = 12;

async function unitsIn(box) {
  const [west, south, east, north] = [...toDegrees(box.slice(0, 2)), ...toDegrees(box.slice(2))];
  const bbox = [west, south, east, north].map((value) => value.toFixed(7)).join(",");
  const units = [];
  let cursor = null;
  do {
    const answer = await read(of(desk.plan, "/units", { bbox, cursor }));
    units.push(...answer.features.map(unitOf));
    cursor = answer.cursor ?? null;
  } while (cursor);
  return units;
}

/** The units that meet some others at a node at least. */
function touching(units, ids) {
  const nodes = new Set(units.filter(({ id }) => ids.has(id)).flatMap(({ rings }) => rings.flat().map(nodeKey)));
  return new Set(units.filter(({ rings }) => rings.some((ring) => ring.some((place) => nodes.has(nodeKey(place))))).map(({ id }) => id));
}

function boxAround(units, ids) {
  return boxOf(units.filter(({ id }) => ids.has(id)).flatMap(({ rings }) => rings.flat()));
}

/** Load a unit and the two rings of units around it; what is farther away stays tiles. Answers the unit, or null. */
async function surround(id, box) {
  const near = await unitsIn(box);
  const first = touching(near, new Set([id]));
  const wide = first.size ? await unitsIn(boxAround(near, first)) : near;
  const second = touching(wide, first);
  desk.mesh.clear();
  desk.mesh.put(wide.filter((unit) => second.has(unit.id)));
  return desk.mesh.units.get(id) ?? null;
}

/** Pick the unit at a place of the lattice; answers it, or null where none is. */
export async function pick(place) {
  const known = desk.mesh.at(place);
  try {
    let unit = known;
    if (!unit) {
      const [x, y] = place;
      const found = await unitsIn([x - SPECK, y - SPECK, x + SPECK, y + SPECK]);
      const mesh = new Mesh();
      mesh.put(found);
      unit = mesh.at(place);
    }
    if (!unit) return null;
    await surround(unit.id, boxOf(unit.rings.flat()));
    desk.picked = unit.id;
    complain();
    emit("mesh", "picked");
    announce(_("Unit {code} picked, {n} units can be edited", { code: unit.code, n: count(desk.mesh.units.size) }));
    return desk.mesh.units.get(unit.id);
  } catch (problem) {
    refused(problem);
    return null;
  }
}

export function drop() {
  desk.picked = null;
  desk.mesh.clear();
  emit("mesh", "picked");
}

/** Load again what is loaded. */
async function refresh() {
  const { mesh, picked } = desk;
  if (!picked || !mesh.units.has(picked)) mesh.clear();
  else if (!(await surround(picked, mesh.box([picked])))) desk.picked = null;
  emit("mesh", "picked");
}

/** The unit at a place, loaded where it is not. */
export async function unitAt(place) {
  const known = desk.mesh.at(place);
  if (known) return known;
  const [x, y] = place;
  const found = await unitsIn([x - SPECK, y - SPECK, x + SPECK, y + SPECK]);
  desk.mesh.put(found.filter(({ id }) => !desk.mesh.units.has(id)));
  emit("mesh");
  return desk.mesh.at(place);
}

/** The drafts of other people, with what they would change. */
export async function loadOthers() {
  const open = desk.plans.filter((plan) => OPEN.includes(plan.status) && plan.id !== desk.plan?.id && (plan.ops ?? 0) > 0).slice(0, MOST_OTHERS);
  const known = new Map(desk.others.map((one) => [`${one.plan.id}|${one.plan.version}`, one]));
  desk.others = await Promise.all(
    open.map(async (plan) => known.get(`${plan.id}|${plan.version}`) ?? { plan, features: (await read(of(plan, "/changes"))).features }),
  );
  emit("others");
}

/** The units that leaves can be put below: {id, code, name}. */
export async function loadGroups() {
  if (desk.groups) return desk.groups;
  const level = page.partition.levels.length - 2;
  const found = [];
  let cursor = null;
  do {
    const answer = await read(address(`/api/v1/layers/${encodeURIComponent(page.partition.code)}/items`, { level, limit: 1000, cursor }));
    found.push(...answer.features.map(({ id, properties }) => ({ id: id ?? properties.id, code: properties.code, name: properties.name })));
    cursor = answer.cursor ?? null;
  } while (cursor);
  desk.groups = found.sort((one, other) => one.code.localeCompare(other.code));
  return desk.groups;
}

on("reloaded", () => refresh().catch(refused));
