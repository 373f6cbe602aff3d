// Who owns which edge. Units have no borders of their own: an edge is shared by the unit left of it and the one
// right of it, so whatever moves an edge moves it for both, and the signed edges of all units keep their sum.

import { between, boxOf, cross, crossing, distance, edgeKey, inside, nearestOn, nearestOnLine, nodeKey, same, signedArea, toLattice } from "wardline/redraw/lattice";

/** The directed edges of a ring that is not closed by its first place. */
function edgesOf(ring) {
  return ring.map((place, index) => [place, ring[(index + 1) % ring.length]]);
}

function opened(ring) {
  const places = ring.map(toLattice);
  return same(places[0], places[places.length - 1]) ? places.slice(0, -1) : places;
}

/** The rings of a GeoJSON area on the lattice: ground on the left, so outer rings turn left and holes right. */
export function ringsOf(geometry) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flatMap((rings) =>
    rings.map((ring, index) => {
      const places = opened(ring);
      return signedArea(places) > 0 === (index === 0) ? places : places.reverse();
    }),
  );
}

/** Rings out of directed edges, each of which is followed by the one that leaves where it ends. */
export function assemble(edges) {
  const leaving = new Map();
  for (const edge of edges) {
    const key = nodeKey(edge[0]);
    if (leaving.has(key)) leaving.get(key).push(edge);
    else leaving.set(key, [edge]);
  }
  const rings = [];
  for (const first of edges) {
    const ring = [];
    let edge = leaving.get(nodeKey(first[0]))?.pop();
    while (edge) {
      ring.push(edge[0]);
      edge = same(edge[1], ring[0]) ? null : leaving.get(nodeKey(edge[1]))?.pop();
    }
    if (ring.length > 2) rings.push(ring);
  }
  return rings;
}

/** Rings as polygons: each outer ring with the holes that lie in it. */
export function polygonsOf(rings) {
  const outer = rings.filter((ring) => signedArea(ring) > 0).map((ring) => [ring]);
  for (const hole of rings.filter((ring) => signedArea(ring) <= 0)) {
    const home = outer.find(([shell]) => hole.every((place) => shell.some((one) => same(one, place)) || inside([shell], place)));
    (home ?? outer[0])?.push(hole);
  }
  return outer;
}

/** Edges of a path, one way or the other. */
function steps(path, back = false) {
  const edges = path.slice(1).map((head, index) => [path[index], head]);
  return back ? edges.map(([tail, head]) => [head, tail]).reverse() : edges;
}

/** Counts of signed edges: an edge and its reverse cancel. */
class Ledger {
  constructor() {
    this.entries = new Map();
  }

  add([tail, head], times) {
    const back = this.entries.get(edgeKey(head, tail));
    if (back) {
      back.times -= times;
      if (back.times === 0) this.entries.delete(edgeKey(head, tail));
      return;
    }
    const key = edgeKey(tail, head);
    const entry = this.entries.get(key) ?? { edge: [tail, head], times: 0 };
    entry.times += times;
    if (entry.times === 0) this.entries.delete(key);
    else this.entries.set(key, entry);
  }

  left() {
    return [...this.entries.values()].map(({ edge }) => edge);
  }
}

/** The units that are loaded to be edited, and who owns each of their edges. */
export class Mesh {
  constructor() {
    this.units = new Map();
    this.edges = new Map();
    this.stars = null;
  }

  /** Take in units {id, …, rings}; those of the same id are replaced, all at once. */
  put(units) {
    for (const { id } of units) this.drop(id);
    for (const unit of units) {
      this.units.set(unit.id, unit);
      for (const ring of unit.rings) for (const [tail, head] of edgesOf(ring)) this.edges.set(edgeKey(tail, head), { tail, head, owner: unit.id });
    }
    this.stars = null;
  }

  drop(id) {
    const unit = this.units.get(id);
    if (!unit) return;
    for (const ring of unit.rings) {
      for (const [tail, head] of edgesOf(ring)) {
        const key = edgeKey(tail, head);
        if (this.edges.get(key)?.owner === id) this.edges.delete(key);
      }
    }
    this.units.delete(id);
    this.stars = null;
  }

  clear() {
    this.units.clear();
    this.edges.clear();
    this.stars = null;
  }

  /** The units left and right of a directed edge; null outside of what is loaded. */
  owners(tail, head) {
    return [this.edges.get(edgeKey(tail, head))?.owner ?? null, this.edges.get(edgeKey(head, tail))?.owner ?? null];
  }

  /** The places that edges lead to from a node. */
  spokes(node) {
    if (!this.stars) {
      this.stars = new Map();
      for (const { tail, head } of this.edges.values()) {
        for (const [from, to] of [[tail, head], [head, tail]]) {
          const key = nodeKey(from);
          if (!this.stars.has(key)) this.stars.set(key, new Map());
          this.stars.get(key).set(nodeKey(to), to);
        }
      }
    }
    return [...(this.stars.get(nodeKey(node))?.values() ?? [])];
  }

  degree(node) {
    return this.spokes(node).length;
  }

  /** Whether an edge at the node has nothing on its other side: the locked frame, or what is not loaded. */
  framed(node) {
    return this.spokes(node).some((other) => this.owners(node, other).includes(null));
  }

  /** The edges between units that are below different ones, each once. */
  seams() {
    const found = [];
    for (const { tail, head, owner } of this.edges.values()) {
      const other = this.edges.get(edgeKey(head, tail))?.owner;
      if (other && owner < other && this.units.get(owner).parent !== this.units.get(other).parent) found.push([tail, head]);
    }
    return found;
  }

  at(place) {
    for (const unit of this.units.values()) if (inside(unit.rings, place)) return unit;
    return null;
  }

  /** The box of some units, all where none is named. */
  box(ids = [...this.units.keys()]) {
    return boxOf(ids.flatMap((id) => this.units.get(id)?.rings.flat() ?? []));
  }

  /** The units that share an edge with one of these. */
  around(ids) {
    const found = new Set();
    for (const id of ids) {
      for (const ring of this.units.get(id)?.rings ?? []) {
        for (const [tail, head] of edgesOf(ring)) {
          const other = this.owners(tail, head)[1];
          if (other && !ids.includes(other)) found.add(other);
        }
      }
    }
    return [...found];
  }

  /** The nodes of a unit in the order of its rings. */
  nodes(id) {
    return this.units.get(id)?.rings.flat() ?? [];
  }

  nearestNode(id, place) {
    let best = null;
    for (const at of this.nodes(id)) {
      const away = distance(at, place);
      if (!best || away < best.away) best = { at, away };
    }
    return best;
  }

  nearestEdge(id, place) {
    let best = null;
    for (const ring of this.units.get(id)?.rings ?? []) {
      for (const [tail, head] of edgesOf(ring)) {
        const found = nearestOn(tail, head, place);
        if (!best || found.away < best.away) best = { ...found, tail, head };
      }
    }
    return best;
  }

  // Operations: values of the lattice, as the service takes them in degrees.

  /** A node to another place: one path for each edge that ends there. */
  moveNode(node, to) {
    return { type: "move", paths: this.spokes(node).map((other) => ({ old: [other, node], new: [other, to] })) };
  }

  /** A new node on an edge, perhaps beside it. */
  insert(tail, head, node) {
    return { type: "move", paths: [{ old: [tail, head], new: [tail, node, head] }] };
  }

  /** A node of two edges taken out, null for any other. */
  remove(node) {
    const spokes = this.spokes(node);
    if (spokes.length !== 2) return null;
    return { type: "move", paths: [{ old: [spokes[0], node, spokes[1]], new: spokes }] };
  }

  /** The ways along a ring of a unit between two of its nodes that the same two units share, the shortest first. */
  stretches(id, from, to) {
    const found = [];
    for (const ring of this.units.get(id)?.rings ?? []) {
      const [first, last] = [from, to].map((node) => ring.findIndex((place) => same(place, node)));
      if (first < 0 || last < 0 || first === last) continue;
      const ahead = [];
      for (let index = first; index !== last; index = (index + 1) % ring.length) ahead.push(ring[index]);
      const back = [];
      for (let index = first; index !== last; index = (index + ring.length - 1) % ring.length) back.push(ring[index]);
      found.push([...ahead, to], [...back, to]);
    }
    const length = (path) => steps(path).reduce((sum, [tail, head]) => sum + distance(tail, head), 0);
    return found.filter((path) => path.slice(1, -1).every((node) => this.degree(node) === 2) && !this.owners(path[0], path[1]).includes(null)).sort((one, other) => length(one) - length(other));
  }

  /** A stretch that from now on runs along a line between the places of the line nearest to its ends. */
  trace(stretch, line) {
    const ends = [stretch[0], stretch[stretch.length - 1]];
    const [from, to] = ends.map((end) => nearestOnLine(line, end));
    const along = [ends[0], ...between(line, from, to), ends[1]];
    return { type: "move", paths: [{ old: stretch, new: along.filter((place, index) => index === 0 || !same(place, along[index - 1])) }] };
  }

  /** What a move takes from and gives to each unit: Map of id to {gone, come}, and old edges that nobody owns. */
  deltas(op) {
    const units = new Map();
    const lost = [];
    const of = (id) => {
      if (!units.has(id)) units.set(id, { gone: [], come: [] });
      return units.get(id);
    };
    for (const path of op.paths) {
      const owners = this.owners(path.old[0], path.old[1]);
      for (const edge of steps(path.old)) if (this.owners(...edge).every((owner) => owner === null)) lost.push(edge);
      owners.forEach((owner, side) => {
        if (!owner) return;
        of(owner).gone.push(...steps(path.old, side === 1));
        of(owner).come.push(...steps(path.new, side === 1));
      });
    }
    return { units, lost };
  }

  /** The rings of the touched units after a move: Map of id to rings. */
  preview(op) {
    const after = new Map();
    for (const [id, { gone, come }] of this.deltas(op).units) {
      const ledger = new Ledger();
      for (const ring of this.units.get(id).rings) for (const edge of edgesOf(ring)) ledger.add(edge, 1);
      for (const edge of gone) ledger.add(edge, -1);
      for (const edge of come) ledger.add(edge, 1);
      const edges = [...ledger.entries.values()].map(({ edge, times }) => (times > 0 ? edge : [edge[1], edge[0]]));
      after.set(id, assemble(edges));
    }
    return after;
  }

  /**
   * The chain test of a move: `open` are the edges that do not cancel, `crossings` where a new edge crosses another,
   * `swallowed` the units that would lose all their ground, `lost` the old edges that are not there.
   */
  test(op) {
    const { units, lost } = this.deltas(op);
    const sum = new Ledger();
    const gone = new Set();
    const come = [];
    for (const delta of units.values()) {
      for (const edge of delta.gone) {
        sum.add(edge, -1);
        gone.add(edgeKey(...edge));
      }
      for (const edge of delta.come) sum.add(edge, 1);
      come.push(...delta.come);
    }
    const swallowed = [...this.preview(op)].filter(([, rings]) => rings.reduce((area, ring) => area + signedArea(ring), 0) <= 0).map(([id]) => id);
    return { open: sum.left(), crossings: this.crossings(come, gone), swallowed, lost, units: [...units.keys()] };
  }

  /** Where new edges cross the edges that stay, or each other. */
  crossings(come, gone) {
    const found = new Map();
    const note = (a, b, c, d) => {
      if (!cross(a, b, c, d)) return;
      const place = crossing(a, b, c, d);
      found.set(nodeKey(place), place);
    };
    for (const [a, b] of come) {
      for (const [key, { tail, head }] of this.edges) if (!gone.has(key)) note(a, b, tail, head);
      for (const [c, d] of come) note(a, b, c, d);
    }
    return [...found.values()];
  }
}

/** Whether a chain test found nothing. */
export function passes(test) {
  return !test.open.length && !test.crossings.length && !test.swallowed.length && !test.lost.length;
}
