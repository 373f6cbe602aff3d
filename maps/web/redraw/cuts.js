// Tools that draw a line through a unit: split it by a drawn line, by a road or river, by households, or hand a part
// of its ground over to a neighbour.

import { dialog, field } from "wardline/admin-parts";
import { announce, make } from "wardline/dom";
import { desk, orRefusal, perform, refused } from "wardline/redraw/desk";
import { boxOf, distance, nearestOnLine } from "wardline/redraw/lattice";
import { near, register, say } from "wardline/redraw/tools";
import { pick, unitAt } from "wardline/redraw/units";
import { areaOf, drawLines, feature, layers, lineOf, pointOf, put } from "wardline/redraw/view";
import { _, count } from "wardline/text";

const SNAP_PX = 10;

const chosen = () => desk.mesh.units.get(desk.picked) ?? null;

/** A place drawn to the nodes and edges of the picked unit, then to roads and rivers. */
function snapped(place) {
  const node = desk.picked ? desk.mesh.nearestNode(desk.picked, place) : null;
  if (node && node.away <= near(SNAP_PX)) return node.at;
  const edge = desk.picked ? desk.mesh.nearestEdge(desk.picked, place) : null;
  if (edge && edge.away <= near(SNAP_PX)) return edge.at;
  return place;
}

// Drawn lines: for a split, and for the ground that is handed over.

const pen = { points: [], closed: false };

function forgetPen() {
  Object.assign(pen, { points: [], closed: false });
  put("sketch", []);
}

function showPen(at = null) {
  const places = at && !pen.closed ? [...pen.points, snapped(at)] : pen.points;
  const features = [];
  if (pen.closed) features.push(feature(areaOf([places]), { role: "region" }));
  else if (places.length > 1) features.push(feature(lineOf(places), { role: "cut" }));
  for (const place of pen.points) features.push(feature(pointOf(place), { role: "corner" }));
  put("sketch", features);
}

/** Take a place into the line; the same place twice ends it. */
function addPoint(at) {
  const place = snapped(at);
  const last = pen.points[pen.points.length - 1];
  if (last && distance(last, place) <= near(4)) return false;
  pen.points.push(place);
  showPen();
  announce(_("{n} places", { n: count(pen.points.length) }));
  return true;
}

const drawing = {
  stop: forgetPen,
  begun: () => pen.points.length > 0,
  cancel: () => {
    const begun = pen.points.length > 0;
    forgetPen();
    return begun;
  },
  remove: () => {
    pen.points.pop();
    pen.closed = false;
    showPen();
  },
  hover: (at) => {
    if (pen.points.length) showPen(at);
  },
};

/** Whether a click is the first of a line that another unit than the picked one is meant by. */
async function another(at) {
  if (pen.points.length || (chosen() && desk.mesh.at(at)?.id === desk.picked) || (chosen() && nearBorder(at))) return false;
  await pick(at);
  return true;
}

function nearBorder(at) {
  const edge = desk.mesh.nearestEdge(desk.picked, at);
  return edge && edge.away <= near(SNAP_PX * 4);
}

async function cut(line, said) {
  const done = await perform({ type: "split", unit: desk.picked, line }, said);
  if (done) forgetPen();
}

register({
  ...drawing,
  name: "split",
  key: "s",
  label: _("Split by a line"),
  icon: "M4 5l16-1v15l-15 1zM12 2l-2 20",
  hint: () => {
    if (!chosen()) return _("Click the unit to be split.");
    if (pen.points.length < 2) return _("Click from border to border of {code}: every click adds a place of the line.", { code: chosen().code });
    return _("Finish, or press F, to split here. Backspace takes the last place back.");
  },
  pending: () => pen.points.length > 1,
  click: async (at) => {
    if (await another(at)) return;
    addPoint(at);
  },
  enter: async (at) => {
    if (await another(at)) return;
    if (!addPoint(at) && pen.points.length > 1) await cut(pen.points, _("Unit split"));
  },
  finish: () => cut(pen.points, _("Unit split")),
});

// By a road or river.

const way = { all: [], index: -1 };

function forgetWay() {
  Object.assign(way, { all: [], index: -1 });
  put("sketch", []);
}

/** The part of a line that passes the picked unit. */
function passing(places) {
  const [west, south, east, north] = boxOf(chosen().rings.flat());
  const within = places.map(([x, y]) => x >= west && x <= east && y >= south && y <= north);
  const [first, last] = [within.indexOf(true), within.lastIndexOf(true)];
  return first < 0 ? places : places.slice(Math.max(0, first - 1), last + 2);
}

function crossesPicked(one) {
  const [west, south, east, north] = boxOf(chosen().rings.flat());
  const [w, s, e, n] = boxOf(one.get("places"));
  return w <= east && e >= west && s <= north && n >= south;
}

function showWay() {
  const one = way.all[way.index];
  put("sketch", one ? [feature(lineOf(passing(one.get("places"))), { role: "cut" })] : []);
}

async function byWay() {
  await cut(passing(way.all[way.index].get("places")), _("Unit split"));
  forgetWay();
}

function listWays() {
  way.all = chosen() ? layers.lines.getSource().getFeatures().filter(crossesPicked) : [];
}

register({
  name: "road",
  key: "r",
  label: _("Split by a road or river"),
  icon: "M4 5l16-1v15l-15 1z|M9 20c-1-5 5-6 3-16|M12 20c-1-5 5-6 3-16",
  start: () => drawLines().then(listWays).then(say).catch(refused),
  stop: forgetWay,
  hint: () => {
    if (!chosen()) return _("Click the unit to be split.");
    if (way.index < 0) return way.all.length ? _("Click the road or river to split {code} by, or go through those that pass it with N.", { code: chosen().code }) : _("No road or river passes {code}. Draw a line instead.", { code: chosen().code });
    const one = way.all[way.index];
    return _("{name}: finish to split here.", { name: one.get("name") || one.get("code") });
  },
  pending: () => way.index >= 0,
  begun: () => way.index >= 0,
  cancel: () => {
    const begun = way.index >= 0;
    forgetWay();
    return begun;
  },
  click: async (at) => {
    listWays();
    let best = null;
    way.all.forEach((one, index) => {
      const found = nearestOnLine(one.get("places"), at);
      if (found.away <= near() && (!best || found.away < best.away)) best = { away: found.away, index };
    });
    if (best) way.index = best.index;
    else {
      await pick(at);
      listWays();
      way.index = -1;
    }
    showWay();
  },
  enter: (at) => (way.index >= 0 ? byWay() : pick(at).then(listWays)),
  cycle: (by, leaves) => {
    listWays();
    if (!way.all.length || leaves) return false;
    way.index = (way.index + by + way.all.length) % way.all.length;
    showWay();
    return true;
  },
  finish: byWay,
});

// By a number of households.

async function askHouseholds() {
  const unit = chosen();
  if (!unit) return;
  const number = make("input", { name: "households", type: "number", min: 1, max: 100000, step: 1, required: true, value: unit.households ? Math.round(unit.households / 2) : "" });
  const text = unit.households ? _("{code} has {n} households. A part with about as many as you name is cut off, as compact as can be.", { code: unit.code, n: count(unit.households) }) : _("A part of {code} with about as many households as you name is cut off, as compact as can be.", { code: unit.code });
  await dialog(_("Split by households"), [make("p", {}, text), field(_("Households of the part"), number)], {
    action: _("Split"),
    act: () => orRefusal(perform({ type: "split_by_households", unit: unit.id, households: Number(number.value) }, _("Unit split"))),
  }).open();
}

register({
  name: "households",
  key: "h",
  label: _("Split by households"),
  icon: "M4 5l16-1v15l-15 1z|M8 14l3-3 3 3v3H8z|M16 8h1M16 11h1",
  start: () => {
    if (chosen()) askHouseholds();
  },
  hint: () => (chosen() ? _("Press Enter to say how many households are cut off from {code}, or click another unit.", { code: chosen().code }) : _("Click the unit to be split.")),
  click: async (at) => {
    if (await pick(at)) await askHouseholds();
  },
  enter: async (at) => {
    if (!chosen()) await pick(at);
    await askHouseholds();
  },
});

register({
  ...drawing,
  name: "transfer",
  key: "x",
  label: _("Hand ground over"),
  icon: "M4 6h9v12H4z|M13 12h8|M18 9l3 3-3 3",
  hint: () => {
    if (!chosen()) return _("Click the unit that gives ground.");
    if (pen.closed) return _("Now click the neighbour that takes it.");
    if (pen.points.length < 3) return _("Draw around the ground that {code} gives: every click adds a place.", { code: chosen().code });
    return _("Finish, or press F, to close the ring.");
  },
  pending: () => pen.points.length > 2 && !pen.closed,
  click: async (at) => {
    if (pen.closed) await handOver(at);
    else if (pen.points.length || !(await otherThanPicked(at))) addPoint(at);
  },
  enter: async (at) => {
    if (pen.closed) await handOver(at);
    else if (pen.points.length || !(await otherThanPicked(at))) {
      if (!addPoint(at) && pen.points.length > 2) close();
    }
  },
  finish: close,
});

function close() {
  pen.closed = true;
  showPen();
}

async function otherThanPicked(at) {
  if (chosen()) return false;
  await pick(at);
  return true;
}

async function handOver(at) {
  const taker = await unitAt(at);
  if (!taker || taker.id === desk.picked) return;
  const ring = [...pen.points, pen.points[0]];
  if (await perform({ type: "transfer", region: [ring], from: desk.picked, to: taker.id }, _("Ground handed over"))) forgetPen();
}
