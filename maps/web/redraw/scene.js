// What the map shows of the desk: changed and loaded units, nodes, other drafts, problems, conflicts.

import { make } from "wardline/dom";
import { legend } from "wardline/legend";
import { colour, groups } from "wardline/palette";
import { ends, hold } from "wardline/redraw/border";
import { desk, edits, on, unitOf } from "wardline/redraw/desk";
import { area, box, cased, dot, faded, fill, line, star } from "wardline/redraw/ink";
import { same } from "wardline/redraw/lattice";
import { Mesh } from "wardline/redraw/topology";
import { tool } from "wardline/redraw/tools";
import { areaOf, callout, feature, featureOf, fitFeatures, layers, linesOf, map, nameUnits, pointOf, put } from "wardline/redraw/view";
import { _, count } from "wardline/text";

const ol = window.ol;
const { Style } = ol.style;
/** How each side of a conflict is drawn: colour, hatch of areas, dashes of lines. */
export const ROLES = {
  mine: ["plan-mine", "ahead", undefined],
  theirs: ["plan-theirs", "back", [9, 5]],
  base: ["plan-base", "", [2, 6]],
};
const NODES_FROM_PX = 7;

let tip = null;

function isArea(one) {
  return one.getGeometry().getType().endsWith("Polygon");
}

function isPoint(one) {
  return one.getGeometry().getType().endsWith("Point");
}

function changedStyle(one) {
  if (one.get("seams")) return new Style({ stroke: line("parent-line", 1.8) });
  return [new Style({ fill: fill(colour("unit")), stroke: line("unit-line", 0.8) }), new Style({ fill: fill(faded("plan-changed", 0.16)), stroke: line("plan-changed", 1.2) })];
}

function meshStyle(one) {
  if (one.get("seams")) return new Style({ stroke: line("parent-line", 1.8) });
  const base = new Style({ fill: fill(colour("unit")), stroke: line("parent-line", 1) });
  const found = [base];
  if (one.get("changed")) found.push(new Style({ fill: fill(faded("plan-changed", 0.16)) }));
  if (tool()?.name === "paint" && one.get("kin")) found.push(new Style({ fill: fill(faded("plan-mine", 0.18)) }));
  return found;
}

function sketchStyle(one) {
  const role = one.get("role");
  if (role === "beside") return new Style({ fill: fill(faded("unit", 0.75)), stroke: line("parent-line", 1) });
  if (role === "mine") return new Style({ fill: fill(faded("selected", 0.14)), stroke: line("selected", 1.2) });
  if (role === "path" || role === "cut") return cased("selected", 2.5, role === "cut" ? [7, 5] : undefined);
  if (role === "region") return area("selected", { opacity: 0.12, pattern: "ahead", width: 2 });
  if (role === "corner") return dot("selected", 4.5, true);
  if (role === "open") return cased("plan-problem", 3.5, [4, 5]);
  return star("plan-problem", 13);
}

function problemStyle(one) {
  if (isPoint(one)) return star("plan-problem", 13);
  if (isArea(one)) return area("plan-problem", { opacity: 0.12, pattern: "ahead", width: 2 });
  return cased("plan-problem", 3.5, [4, 5]);
}

function chosenStyle(one) {
  if (one.get("role") === "paint") return area("plan-mine", { opacity: 0.2, pattern: "ahead", width: 1.5 });
  return area("selected", { opacity: one.get("first") ? 0.3 : 0.14, pattern: one.get("first") ? "" : "ahead", width: 2 });
}

function placesStyle(one) {
  const [key, pattern, dash] = ROLES[one.get("role")] ?? ["plan-problem", "ahead", [4, 5]];
  if (isArea(one)) return area(key, { opacity: 0.06, pattern, width: 2, dash });
  return isPoint(one) ? star("plan-problem", 11) : cased(key, one.get("role") === "base" ? 3 : 3.5, dash);
}

function othersStyle(one) {
  return [new Style({ stroke: line("casing", 4) }), new Style({ fill: fill(faded("plan-other", 0.05)), stroke: line("plan-other", 2, [3, 5]) })];
}

function nodeStyle(one, resolution) {
  const node = one.get("node");
  const active = hold.node && same(hold.node, node);
  const hot = hold.hot && same(hold.hot, node);
  if (!one.get("apart") && resolution > one.get("room") && !active && !hot) return null;
  if (active || ends().some((end) => same(end, node))) return dot("selected", 7, true);
  if (one.get("framed")) return box("quiet", 5.5);
  return dot("selected", hot ? 7 : one.get("degree") > 2 ? 5 : 3.5);
}

/** The borders of the units above, which lie where the plan has them and not where the tiles do. */
function seams(mesh) {
  const edges = mesh.seams();
  return edges.length ? [feature(linesOf(edges), { seams: true })] : [];
}

function drawMesh() {
  const parent = desk.mesh.units.get(desk.picked)?.parent;
  const units = [...desk.mesh.units.values()];
  const changed = new Set(desk.changes.map(({ properties }) => properties.id));
  put("mesh", [...units.map((unit) => feature(areaOf(unit.rings), { changed: changed.has(unit.id), kin: unit.parent === parent })), ...seams(desk.mesh)]);
  const unit = desk.mesh.units.get(desk.picked);
  put("picked", unit ? [feature(areaOf(unit.rings))] : []);
  put("handles", unit && edits() ? nodes(unit) : []);
}

/** The nodes of a unit; those of two edges are left out while their neighbours are too near on the screen. */
function nodes(unit) {
  return unit.rings.flatMap((ring) =>
    ring.map((node, index) => {
      const geometry = pointOf(node);
      const next = pointOf(ring[(index + 1) % ring.length]).getCoordinates();
      const [x, y] = geometry.getCoordinates();
      const degree = desk.mesh.degree(node);
      return feature(geometry, { node, degree, framed: desk.mesh.framed(node), apart: degree > 2, room: Math.hypot(next[0] - x, next[1] - y) / NODES_FROM_PX });
    }),
  );
}

function drawChanges() {
  const side = (role) => desk.changes.filter(({ properties }) => properties.role === role);
  const after = side("after").map(featureOf);
  const mesh = new Mesh();
  mesh.put(side("after").map(unitOf));
  put("changed", [...after, ...seams(mesh)]);
  nameUnits(side("before").map(({ properties }) => properties.code), after.map((one) => [one.get("code"), manyOf(one.getGeometry())]));
}

function manyOf(geometry) {
  return geometry.getType() === "Polygon" ? new ol.geom.MultiPolygon([geometry.getCoordinates()]) : geometry;
}

function drawOthers() {
  const features = desk.others
    .filter(({ plan }) => plan.id !== desk.plan?.id)
    .flatMap(({ plan, features: found }) => found.filter(({ properties }) => properties.role === "after").map((one) => Object.assign(featureOf(one), { plan })));
  put("others", features);
}

/** Show a problem on the map with its sentence beside it. */
export function showProblem(problem) {
  // The sides of a conflict are drawn as such, and told in the panel.
  const features = problem.features.filter(({ geometry, properties }) => geometry && !(properties.role in ROLES)).map(featureOf);
  put("problems", features);
  if (!features.length) {
    tip(null);
    return;
  }
  const [west, south, east, north] = features.reduce((sum, one) => ol.extent.extend(sum, one.getGeometry().getExtent()), ol.extent.createEmpty());
  const [width, height] = map.getSize();
  const [left, top] = map.getPixelFromCoordinate([west, north]) ?? [-1, -1];
  const [right, bottom] = map.getPixelFromCoordinate([east, south]) ?? [-1, -1];
  if (left < 0 || top < 0 || right > width || bottom > height) fitFeatures(features, { most: 18 });
  const at = ol.proj.toLonLat([(west + east) / 2, north]).map((value) => Math.round(value * 1e7));
  tip(at, make("strong", {}, problem.text), make("span", {}, problem.hint));
}

function drawProblems() {
  if (desk.problems.length) showProblem(desk.problems[0]);
  else {
    put("problems", []);
    tip(null);
  }
}

/** What the colours of plans mean, as far as they are on the map. */
function drawLegend() {
  const after = desk.changes.filter(({ properties }) => properties.role === "after");
  const others = layers.others.getSource().getFeatures();
  const amounts = { "plan-changed": desk.plan ? after.length : 0, "plan-other": others.length };
  const classes = groups.plan.filter(({ key }) => amounts[key]).map((step) => ({ step, amount: count(amounts[step.key]) }));
  legend(_("Units in plans"), "area", classes);
}

/** The features of conflicts on the map. */
function drawConflicts() {
  put("places", desk.conflicts.filter(({ geometry }) => geometry).map(featureOf));
}

/** Zoom to what a plan changes. */
export function fitChanges() {
  const features = layers.changed.getSource().getFeatures();
  if (features.length) fitFeatures(features, { most: 15 });
}

/** Let the map follow the desk. */
export function startScene() {
  tip = callout();
  const styles = {
    changed: changedStyle,
    mesh: meshStyle,
    sketch: sketchStyle,
    problems: problemStyle,
    chosen: chosenStyle,
    places: placesStyle,
    others: othersStyle,
    handles: nodeStyle,
    picked: () => cased("selected", 2),
    before: () => [],
    after: () => [],
  };
  for (const [layer, style] of Object.entries(styles)) layers[layer].setStyle(style);
  on("mesh picked plan changes", drawMesh);
  on("changes", drawChanges);
  on("others plan", drawOthers);
  on("changes others plan", drawLegend);
  on("problems", drawProblems);
  on("conflicts", drawConflicts);
  on("plan", () => {
    if (!desk.plan) drawChanges();
  });
}

/** The names of other drafts under the pointer. */
export function otherAt(pixel) {
  const found = map.forEachFeatureAtPixel(pixel, (one) => one.plan ?? null, { layerFilter: (layer) => layer === layers.others });
  return found ? _("{title}, by {author}", { title: found.title, author: found.author.name }) : "";
}

