// The district's units: vector tiles by level, and their names, places and figures in columns.

import { address, read } from "wardline/api";
import { names } from "wardline/names";
import { map, page } from "wardline/page";
import { colour } from "wardline/palette";
import { VectorLayer } from "wardline/vector";

const LINES = [
  { key: "top-line", width: 1.8 },
  { key: "parent-line", width: 1.1 },
  { key: "unit-line", width: 0.6 },
];
const LEAST_WIDTH_PX = 5;
const CONTEXT_RANK = 9;

/** How wide one unit of a level is on the screen, about, in pixels. */
export function unitWidth(level) {
  const { bounds } = page.district;
  const [from, to] = [map.project([bounds[3], bounds[0]]), map.project([bounds[1], bounds[2]])];
  return Math.sqrt((Math.abs(to.x - from.x) * Math.abs(to.y - from.y)) / (page.partition.counts[level] || 1));
}

/** The finest level, down to a wanted one, whose units are not specks at this zoom. */
export function visibleLevel(wanted) {
  let level = wanted;
  while (level > 0 && unitWidth(level) < LEAST_WIDTH_PX) level -= 1;
  return level;
}

/** How the edges of a level are drawn: the top is the strongest. */
export function edge(level, levels) {
  const rank = level === 0 ? 0 : level === levels - 1 ? 2 : 1;
  return { stroke: colour(LINES[rank].key), width: LINES[rank].width };
}

function tilesAddress() {
  return `/tiles/${encodeURIComponent(page.partition.code)}`;
}

/** A tile address of this very service, whatever name it is reached by; braces stay as they are. */
function localAddress(template) {
  return template.replace(/^https?:\/\/[^/]+/, "");
}

/** A layer of the roads, rivers and tracks on the ground, painted by a rule. */
export async function linesLayer(paint, order) {
  const described = await read(address("/tiles/lines.json"));
  return new VectorLayer(localAddress(described.tiles[0]), { paint, maxNativeZoom: described.maxzoom, zIndex: order });
}

/** A layer of one level's tiles, painted by a rule. */
export async function levelLayer(level, asOf, paint, order) {
  const described = await read(address(`${tilesAddress()}.json`, { level, as_of: asOf }));
  return new VectorLayer(localAddress(described.tiles[0]), { paint, maxNativeZoom: described.maxzoom, zIndex: order });
}

/** The units of a level as objects: code, name, level, lon, lat, bounds, and value where a property is asked for. */
export async function unitsOf({ level, asOf = "", property = "" }, options = {}) {
  const { columns } = await read(address(`${tilesAddress()}/units.json`, { level, as_of: asOf, property }), options);
  return columns.code.map((code, index) => ({
    code,
    level,
    name: columns.name[index],
    lon: columns.lon[index],
    lat: columns.lat[index],
    bounds: columns.bounds[index],
    value: columns.value ? columns.value[index] : null,
  }));
}

const context = { layer: null, names: null, asked: 0 };

/**
 * Quiet outlines and names of the top level as context, as they are on a day (today where none is given); asking again
 * replaces them. An export carries the outlines in its ground.
 */
export async function outlines(asOf = "") {
  if (page.data || !page.partition) return;
  context.asked += 1;
  const mine = context.asked;
  const look = () => ({ fill: colour("unit"), stroke: colour("unit-line"), width: 1.1 });
  const [layer, units] = await Promise.all([levelLayer(0, asOf, look, 1), unitsOf({ level: 0, asOf })]);
  if (mine !== context.asked) return;
  context.layer?.remove();
  context.layer = layer.addTo(map);
  const placed = units.map(({ lon, lat, name, code }) => ({ lon, lat, text: name || code, size: 13, weight: 500, tint: "quiet" }));
  context.names ??= names(() => placed, CONTEXT_RANK);
  context.names.list = () => placed;
  context.names.draw();
}
