// The integer lattice: every ordinate is a whole count of 1e-7 degrees. All that is edited is on it, so that
// the edges of neighbours are equal or not, and never nearly so. Numbers stay far below 2^53.

export const PER_DEGREE = 1e7;

/** A place [lon, lat] in degrees as [x, y] on the lattice. */
export function toLattice([lon, lat]) {
  return [Math.round(lon * PER_DEGREE), Math.round(lat * PER_DEGREE)];
}

/** A place of the lattice as [lon, lat] in degrees: exactly the number that the service keeps. */
export function toDegrees([x, y]) {
  return [x / PER_DEGREE, y / PER_DEGREE];
}

export function same(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}

export function nodeKey([x, y]) {
  return `${x},${y}`;
}

/** The key of a directed edge. */
export function edgeKey(tail, head) {
  return `${tail[0]},${tail[1]},${head[0]},${head[1]}`;
}

/** Twice the signed area of the triangle: above zero where c is left of the line from a to b. Exact within six degrees. */
export function turn(a, b, c) {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** Whether two edges cross at a place inside both; edges that only touch do not. */
export function cross(a, b, c, d) {
  if (Math.max(a[0], b[0]) < Math.min(c[0], d[0]) || Math.max(c[0], d[0]) < Math.min(a[0], b[0])) return false;
  if (Math.max(a[1], b[1]) < Math.min(c[1], d[1]) || Math.max(c[1], d[1]) < Math.min(a[1], b[1])) return false;
  return Math.sign(turn(a, b, c)) * Math.sign(turn(a, b, d)) < 0 && Math.sign(turn(c, d, a)) * Math.sign(turn(c, d, b)) < 0;
}

/** Where two edges that cross do so, to the next place of the lattice. */
export function crossing(a, b, c, d) {
  const [from, to] = [turn(c, d, a), turn(c, d, b)];
  const share = from / (from - to);
  return [Math.round(a[0] + share * (b[0] - a[0])), Math.round(a[1] + share * (b[1] - a[1]))];
}

/** Twice the signed area of a ring (not closed by its first place), above zero where it turns left. */
export function signedArea(ring) {
  const [x0, y0] = ring[0];
  let sum = 0;
  for (let index = 0; index < ring.length; index += 1) {
    const [a, b] = [ring[index], ring[(index + 1) % ring.length]];
    sum += (a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0);
  }
  return sum;
}

/** Whether a place is inside rings, by the even-odd rule. */
export function inside(rings, [x, y]) {
  let within = false;
  for (const ring of rings) {
    for (let index = 0, before = ring.length - 1; index < ring.length; before = index, index += 1) {
      const [a, b] = [ring[index], ring[before]];
      if (a[1] > y !== b[1] > y && turn(a, b, [x, y]) > 0 === b[1] > a[1]) within = !within;
    }
  }
  return within;
}

/** How much shorter a step to the east is than one to the north. */
export function squeeze(y) {
  return Math.cos((y / PER_DEGREE / 180) * Math.PI);
}

/** The distance between two places, in steps of latitude. */
export function distance(one, other) {
  return Math.hypot((one[0] - other[0]) * squeeze(one[1]), one[1] - other[1]);
}

/** The place of an edge nearest to another place, and how far it is: {at, away, share}. */
export function nearestOn(a, b, place) {
  const k = squeeze(place[1]);
  const [dx, dy] = [(b[0] - a[0]) * k, b[1] - a[1]];
  const length = dx * dx + dy * dy;
  const along = length ? ((place[0] - a[0]) * k * dx + (place[1] - a[1]) * dy) / length : 0;
  const share = Math.min(1, Math.max(0, along));
  const at = [Math.round(a[0] + share * (b[0] - a[0])), Math.round(a[1] + share * (b[1] - a[1]))];
  return { at, share, away: distance(place, at) };
}

/** The place of a line nearest to another: {at, away, index, share}. */
export function nearestOnLine(line, place) {
  let best = null;
  for (let index = 0; index + 1 < line.length; index += 1) {
    const found = nearestOn(line[index], line[index + 1], place);
    if (!best || found.away < best.away) best = { ...found, index };
  }
  return best;
}

/** The part of a line between two of its places, as found by nearestOnLine; in the direction from one to the other. */
export function between(line, one, other) {
  const forward = one.index < other.index || (one.index === other.index && one.share <= other.share);
  const [first, last] = forward ? [one, other] : [other, one];
  const part = [first.at, ...line.slice(first.index + 1, last.index + 1), last.at];
  const clean = part.filter((place, index) => index === 0 || !same(place, part[index - 1]));
  return forward ? clean : clean.reverse();
}

/** The box [west, south, east, north] of places. */
export function boxOf(places) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of places) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return box;
}
