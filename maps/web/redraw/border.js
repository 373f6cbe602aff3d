// Tools for the edges between units: move a node for all units that meet there, insert and delete nodes, trace
// along a road or river. What is dragged is tested at once: edges that do not cancel show while the button is down.

import { desk, perform } from "wardline/redraw/desk";
import { distance, nearestOnLine, same } from "wardline/redraw/lattice";
import { passes } from "wardline/redraw/topology";
import { degrees, near, putCross, register, reveal } from "wardline/redraw/tools";
import { pick } from "wardline/redraw/units";
import { areaOf, drawLines, feature, layers, lineOf, pointOf, put, repaint } from "wardline/redraw/view";
import { announce } from "wardline/dom";
import { _, count, decimal } from "wardline/text";

const ol = window.ol;
const SNAP_PX = 9;
const KM2 = 1e6;

/** What is in the hand: the chosen node, the edge to be divided, where it goes, and the operation that does it. */
export const hold = { node: null, edge: null, to: null, op: null, hot: null };

function forget() {
  Object.assign(hold, { node: null, edge: null, to: null, op: null, hot: null });
  put("sketch", []);
  repaint("handles");
}

function ground(geometry) {
  return ol.sphere.getArea(geometry) / KM2;
}

/** Draw what an operation would do, and what of it does not cancel. Answers whether it passes the chain test. */
function sketch(op) {
  const test = desk.mesh.test(op);
  const features = [];
  const changes = [];
  for (const [id, rings] of desk.mesh.preview(op)) {
    const unit = desk.mesh.units.get(id);
    const geometry = areaOf(rings);
    features.push(feature(geometry, { role: id === desk.picked ? "mine" : "beside" }));
    changes.push([unit.code, ground(geometry) - ground(areaOf(unit.rings))]);
  }
  for (const path of op.paths) features.push(feature(lineOf(path.new), { role: "path" }));
  for (const edge of [...test.open, ...test.lost]) features.push(feature(lineOf(edge), { role: "open" }));
  for (const place of test.crossings) features.push(feature(pointOf(place), { role: "crossing" }));
  put("sketch", features);
  hold.op = op;
  hold.changes = changes;
  hold.passes = passes(test);
  return hold.passes;
}

/** A place drawn to a road or river that is near. */
function snapped(place) {
  let best = null;
  for (const one of layers.lines.getSource().getFeatures()) {
    const found = nearestOnLine(one.get("places"), place);
    if (found && found.away <= near(SNAP_PX) && (!best || found.away < best.away)) best = found;
  }
  return best ? best.at : place;
}

/** How much ground each unit would win or lose, in words. */
function gains() {
  if (!hold.changes?.length) return "";
  const parts = hold.changes.filter(([, by]) => Math.abs(by) >= 5e-5).map(([code, by]) => `${code} ${by > 0 ? "+" : "−"}${decimal(Math.abs(by), 4)} km²`);
  return parts.slice(0, 3).join(" · ");
}

function state(text) {
  if (!hold.op) return text;
  return hold.passes ? [_("Nothing gapes or overlaps."), gains()].filter(Boolean).join(" ") : _("Does not fit: see what is marked on the map.");
}

async function commit(said) {
  const { op } = hold;
  const node = hold.to;
  if (!op) return;
  const done = await perform(op, said);
  forget();
  if (done && node && desk.picked && desk.mesh.nodes(desk.picked).some((one) => same(one, node))) hold.node = node;
  repaint("handles");
}

function nodeNear(at) {
  const found = desk.picked ? desk.mesh.nearestNode(desk.picked, at) : null;
  return found && found.away <= near() ? found.at : null;
}

function edgeNear(at) {
  const found = desk.picked ? desk.mesh.nearestEdge(desk.picked, at) : null;
  return found && found.away <= near() ? found : null;
}

function announceNode(index, nodes) {
  const node = nodes[index];
  const locked = desk.mesh.framed(node) ? _("on the locked frame") : "";
  announce([_("Node {n} of {all}", { n: count(index + 1), all: count(nodes.length) }), _("{n} edges meet", { n: count(desk.mesh.degree(node)) }), locked, degrees(node)].filter(Boolean).join(", "));
}

/** The next node of the picked unit; with Tab the focus goes on after the last one. */
function cycleNodes(by, leaves) {
  const nodes = desk.picked ? desk.mesh.nodes(desk.picked) : [];
  if (!nodes.length) return false;
  const now = hold.node ? nodes.findIndex((one) => same(one, hold.node)) : -1;
  let next = now < 0 ? (by > 0 ? 0 : nodes.length - 1) : now + by;
  if (next < 0 || next >= nodes.length) {
    if (leaves) return false;
    next = (next + nodes.length) % nodes.length;
  }
  forget();
  hold.node = nodes[next];
  putCross(hold.node);
  repaint("handles");
  announceNode(next, nodes);
  return true;
}

function hover(at) {
  const hot = nodeNear(at);
  if (hot === hold.hot || (hot && hold.hot && same(hot, hold.hot))) return;
  hold.hot = hot;
  repaint("handles");
}

async function pickInstead(at) {
  forget();
  await pick(at);
}

function escape() {
  const begun = Boolean(hold.op || hold.node || hold.edge);
  forget();
  return begun;
}

const common = { stop: forget, hover, cancel: escape, begun: () => Boolean(hold.node || hold.edge), pending: () => Boolean(hold.op) };

register({
  ...common,
  name: "move",
  key: "m",
  label: _("Move a node"),
  icon: "M12 3v18M3 12h18|M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  hint: () => {
    if (!desk.picked) return _("Click a unit whose border you want to move, or put the cross on it and press Enter.");
    return state(hold.node ? _("Drag it, or move it with the arrow keys and press Enter.") : _("Drag a node of the border; all units that meet there move with it. N and P go from node to node."));
  },
  press: (at) => {
    const node = nodeNear(at);
    if (node) Object.assign(hold, { node, to: null, op: null });
    return Boolean(node);
  },
  drag: (at) => {
    hold.to = snapped(at);
    sketch(desk.mesh.moveNode(hold.node, hold.to));
  },
  drop: (at) => {
    hold.to = snapped(at);
    sketch(desk.mesh.moveNode(hold.node, hold.to));
    return commit(_("Node moved"));
  },
  click: (at) => {
    const node = nodeNear(at);
    if (!node) return pickInstead(at);
    hold.node = node;
    repaint("handles");
    return null;
  },
  enter: (at) => {
    if (hold.op) return commit(_("Node moved"));
    const node = nodeNear(at);
    if (!node) return pickInstead(at);
    hold.node = node;
    repaint("handles");
    return null;
  },
  step: (move) => {
    if (!hold.node) return false;
    hold.to = move(hold.to ?? hold.node);
    reveal(hold.to);
    sketch(desk.mesh.moveNode(hold.node, hold.to));
    return true;
  },
  cycle: cycleNodes,
  finish: () => commit(_("Node moved")),
  remove: () => removeNode(hold.node),
});

function divide(edge, at) {
  hold.edge = edge;
  hold.to = at;
  sketch(desk.mesh.insert(edge.tail, edge.head, at));
}

function middle({ tail, head }) {
  return [Math.round((tail[0] + head[0]) / 2), Math.round((tail[1] + head[1]) / 2)];
}

function edgesOfPicked() {
  return (desk.mesh.units.get(desk.picked)?.rings ?? []).flatMap((ring) => ring.map((tail, index) => ({ tail, head: ring[(index + 1) % ring.length] })));
}

register({
  ...common,
  name: "insert",
  key: "i",
  label: _("Insert a node"),
  icon: "M3 17L10 9l4 4 7-8|M12 16v6M9 19h6",
  hint: () => (desk.picked ? state(_("Click an edge of the border, or drag it to where the new node goes. N and P go from edge to edge.")) : _("Click a unit first.")),
  press: (at) => {
    const edge = edgeNear(at);
    if (!edge || nodeNear(at)) return false;
    Object.assign(hold, { edge, to: edge.at, op: null });
    return true;
  },
  drag: (at) => divide(hold.edge, snapped(at)),
  drop: (at) => {
    divide(hold.edge, snapped(at));
    return commit(_("Node inserted"));
  },
  click: (at) => {
    const edge = edgeNear(at);
    if (!edge) return pickInstead(at);
    if (same(edge.at, edge.tail) || same(edge.at, edge.head)) return null;
    divide(edge, edge.at);
    return commit(_("Node inserted"));
  },
  enter: (at) => {
    if (hold.op) return commit(_("Node inserted"));
    const edge = edgeNear(at);
    if (!edge) return pickInstead(at);
    divide(edge, edge.at);
    return null;
  },
  step: (move) => {
    if (!hold.edge) return false;
    divide(hold.edge, move(hold.to));
    reveal(hold.to);
    return true;
  },
  cycle: (by, leaves) => {
    const edges = edgesOfPicked();
    if (!edges.length) return false;
    const now = hold.edge ? edges.findIndex(({ tail, head }) => same(tail, hold.edge.tail) && same(head, hold.edge.head)) : -1;
    let next = now < 0 ? (by > 0 ? 0 : edges.length - 1) : now + by;
    if (next < 0 || next >= edges.length) {
      if (leaves) return false;
      next = (next + edges.length) % edges.length;
    }
    divide(edges[next], middle(edges[next]));
    putCross(hold.to);
    announce(_("Edge {n} of {all}", { n: count(next + 1), all: count(edges.length) }));
    return true;
  },
  finish: () => commit(_("Node inserted")),
});

async function removeNode(node) {
  if (!node) return;
  const op = desk.mesh.remove(node);
  if (!op) {
    announce(_("More than two edges meet here: this node holds units together."));
    return;
  }
  await perform(op, _("Node deleted"));
  forget();
}

register({
  ...common,
  name: "delete",
  key: "d",
  label: _("Delete a node"),
  icon: "M3 17L10 9l4 4 7-8|M9 19h6",
  hint: () => {
    if (!desk.picked) return _("Click a unit first.");
    if (hold.node && desk.mesh.degree(hold.node) !== 2) return _("More than two edges meet here: this node holds units together.");
    return _("Click a node to take it out of the border, or go to it with N and P and press Enter.");
  },
  click: (at) => {
    const node = nodeNear(at);
    return node ? removeNode(node) : pickInstead(at);
  },
  enter: (at) => {
    const node = nodeNear(at);
    return node ? removeNode(node) : pickInstead(at);
  },
  cycle: cycleNodes,
  remove: () => removeNode(hold.node),
});

// Tracing: from one node to another, then along a line.

const trail = { from: null, to: null, lines: [], index: 0 };

function forgetTrail() {
  Object.assign(trail, { from: null, to: null, lines: [], index: 0 });
  forget();
}

/** The stretches of border between the two nodes with each line that leads along them, the nearest first. */
function candidates() {
  const found = [];
  for (const stretch of desk.mesh.stretches(desk.picked, trail.from, trail.to).slice(0, 1)) {
    for (const one of layers.lines.getSource().getFeatures()) {
      const places = one.get("places");
      const ends = [trail.from, trail.to].map((end) => nearestOnLine(places, end));
      const away = ends[0].away + ends[1].away;
      if (away < distance(trail.from, trail.to) * 1.5 && !same(ends[0].at, ends[1].at)) found.push({ away, op: desk.mesh.trace(stretch, places), name: one.get("name") || one.get("code") });
    }
  }
  return found.sort((one, other) => one.away - other.away);
}

function showTrail() {
  const one = trail.lines[trail.index];
  if (one) sketch(one.op);
  repaint("handles");
}

async function mark(at) {
  const node = nodeNear(at);
  if (!node) {
    if (!trail.from) await pickInstead(at);
    return;
  }
  if (!trail.from) trail.from = node;
  else if (!same(trail.from, node)) {
    trail.to = node;
    await drawLines();
    trail.lines = candidates();
    trail.index = 0;
    showTrail();
  }
  hold.node = node;
  repaint("handles");
}

register({
  ...common,
  name: "trace",
  key: "t",
  label: _("Trace a road or river"),
  icon: "M4 20c3-1 4-4 4-7s2-6 5-6 4-2 6-4|M8 20c3-1 4-4 4-7s2-5 5-6",
  start: () => drawLines().catch((problem) => console.info(problem.message)),
  stop: forgetTrail,
  hint: () => {
    if (!desk.picked) return _("Click a unit first.");
    if (!trail.from) return _("Click the node where the border begins to follow the road or river.");
    if (!trail.to) return _("Now the node where it leaves it again.");
    if (!trail.lines.length) return _("No stretch between these nodes that two units share has a road or river beside it. Choose nodes nearer to each other.");
    return state(_("Finish to take it.")) + (trail.lines.length > 1 ? ` ${_("Line {n} of {all}: N shows the next.", { n: count(trail.index + 1), all: count(trail.lines.length) })}` : "");
  },
  begun: () => Boolean(trail.from),
  cancel: () => {
    const begun = Boolean(trail.from || hold.node);
    forgetTrail();
    return begun;
  },
  click: mark,
  enter: async (at) => {
    if (hold.op) await commitTrail();
    else await mark(at);
  },
  cycle: (by, leaves) => {
    if (!trail.to) return cycleNodes(by, leaves);
    if (trail.lines.length < 2 || leaves) return false;
    trail.index = (trail.index + by + trail.lines.length) % trail.lines.length;
    showTrail();
    return true;
  },
  finish: () => commitTrail(),
});

async function commitTrail() {
  await commit(_("Border traced"));
  forgetTrail();
}

/** The ends of a trace, to be marked. */
export function ends() {
  return [trail.from, trail.to].filter(Boolean);
}
