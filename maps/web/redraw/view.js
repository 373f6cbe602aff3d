// The map of the workspace: ground, tiles of units in force, and above them what is edited.

import { address, every, read } from "wardline/api";
import { byId, make } from "wardline/dom";
import { page } from "wardline/page";
import { colour, onTheme } from "wardline/palette";
import { fill, line, name as nameStyle } from "wardline/redraw/ink";
import { toDegrees, toLattice } from "wardline/redraw/lattice";
import { polygonsOf } from "wardline/redraw/topology";
import { _ } from "wardline/text";

const ol = window.ol;
const { Style } = ol.style;
const PARENT_FROM_PX = 90;
const LEAF_NAMES_FROM_PX = 52;
const NEAR_ZOOM = 12.5;
const phone = window.matchMedia("screen and (max-width: 760px)");

export const levels = page.partition?.levels ?? [];
export const leaf = levels.length - 1;

/** The layers from below; `handles` are the nodes, `sketch` what a tool is about to do. */
const ORDER = ["ground", "tiles", "parents", "changed", "mesh", "lines", "before", "after", "others", "places", "picked", "chosen", "sketch", "handles", "problems", "names"];

export const layers = {};

function vector(order, options = {}) {
  return new ol.layer.Vector({ source: new ol.source.Vector(), zIndex: order, updateWhileInteracting: true, updateWhileAnimating: true, ...options });
}

const view = new ol.View({ center: [0, 0], zoom: 2, maxZoom: 21, enableRotation: false, constrainResolution: false });

export const map = new ol.Map({
  target: page.map,
  view,
  controls: [
    new ol.control.Zoom({ zoomInTipLabel: _("Zoom in"), zoomOutTipLabel: _("Zoom out") }),
    new ol.control.ScaleLine({ maxWidth: 140 }),
  ],
  interactions: ol.interaction.defaults.defaults({ doubleClickZoom: false, keyboard: false, altShiftDragRotate: false, pinchRotate: false, shiftDragZoom: false }),
});

/** A place of the lattice in the map's projection. */
export function shown(place) {
  return ol.proj.fromLonLat(toDegrees(place));
}

/** The place of the lattice under a coordinate of the map. */
export function under(coordinate) {
  return toLattice(ol.proj.toLonLat(coordinate));
}

/** How many steps of latitude a number of pixels is, in the middle of the map. */
export function reach(pixels) {
  const [x, y] = view.getCenter();
  return Math.abs(under([x, y + pixels * view.getResolution()])[1] - under([x, y])[1]);
}

export function lineOf(places) {
  return new ol.geom.LineString(places.map(shown));
}

export function pointOf(place) {
  return new ol.geom.Point(shown(place));
}

export function linesOf(paths) {
  return new ol.geom.MultiLineString(paths.map((path) => path.map(shown)));
}

/** Rings of the lattice as an area of the map. */
export function areaOf(rings) {
  return new ol.geom.MultiPolygon(polygonsOf(rings).map((polygon) => polygon.map((ring) => [...ring, ring[0]].map(shown))));
}

const geojson = new ol.format.GeoJSON();

/** A GeoJSON feature of degrees as one of the map. */
export function featureOf(feature) {
  return geojson.readFeature(feature, { dataProjection: "EPSG:4326", featureProjection: "EPSG:3857" });
}

export function feature(geometry, properties = {}) {
  return new ol.Feature({ geometry, ...properties });
}

/** Replace what a layer shows. */
export function put(layer, features) {
  const source = layers[layer].getSource();
  source.clear(true);
  source.addFeatures(features);
}

/** What of the map the panel and the tools cover, as padding for fitting. */
function padding() {
  const low = phone.matches ? Math.min(byId("panel").offsetHeight, map.getSize()[1] * 0.6) : 0;
  return [phone.matches ? 120 : 76, phone.matches ? 24 : 56, 24 + low, phone.matches ? 24 : 76];
}

/** Show an extent of the map, or a box [west, south, east, north] of the lattice with `lattice`. */
export function fit(extent, { lattice = false, most = 17 } = {}) {
  const [west, south, east, north] = extent;
  if (!Number.isFinite(west)) return;
  const box = lattice ? [...shown([west, south]), ...shown([east, north])] : extent;
  view.fit(box, { padding: padding(), maxZoom: most });
}

/** Show the extent of some features. */
export function fitFeatures(features, options) {
  const box = ol.extent.createEmpty();
  for (const one of features) ol.extent.extend(box, one.getGeometry().getExtent());
  if (!ol.extent.isEmpty(box) || Number.isFinite(box[0])) fit(box, options);
}

/** How wide one leaf is on the screen, about, in pixels. */
function widthOf(level) {
  const [west, south, east, north] = page.district.bounds;
  const [x0, y0] = ol.proj.fromLonLat([west, south]);
  const [x1, y1] = ol.proj.fromLonLat([east, north]);
  return Math.sqrt(((x1 - x0) * (y1 - y0)) / (page.partition.counts[level] || 1)) / view.getResolution();
}

function tilesAddress() {
  return `/tiles/${encodeURIComponent(page.partition.code)}`;
}

/** A layer of the vector tiles of a level on a day. */
export async function tileLayer(level, { asOf = "", filled = false, order = 0, style = null } = {}) {
  const described = await read(address(`${tilesAddress()}.json`, { level, as_of: asOf }));
  const rank = level === 0 ? ["top-line", 1.8] : level === leaf ? ["unit-line", 0.7] : ["parent-line", 1.2];
  const look = style ?? (() => new Style({ fill: filled ? fill(colour("unit")) : undefined, stroke: line(...rank) }));
  return new ol.layer.VectorTile({
    source: new ol.source.VectorTile({ format: new ol.format.MVT(), url: described.tiles[0].replace(/^https?:\/\/[^/]+/, ""), maxZoom: Math.min(described.maxzoom, 18) }),
    zIndex: order,
    style: (one, resolution) => look(one, resolution),
    renderMode: "hybrid",
    declutter: false,
  });
}

async function drawGround() {
  if (!page.basemap) return;
  const land = await read(page.basemap);
  layers.ground.getSource().addFeatures(geojson.readFeatures(land, { featureProjection: "EPSG:3857" }));
}

function groundStyle(one) {
  const kind = one.get("kind");
  const zoom = view.getZoom();
  if (kind === "frontier") return zoom > NEAR_ZOOM - 2 ? null : new Style({ stroke: line("frontier", 1.2, [8, 3, 1.5, 3]) });
  return new Style({ fill: fill(colour(kind === "abroad" && zoom > NEAR_ZOOM ? "home" : kind)) });
}

/** The names of units: of townships from afar, codes of leaves near by. */
async function drawNames() {
  for (let level = 0; level <= leaf; level += 1) {
    const { columns } = await read(address(`${tilesAddress()}/units.json`, { level }));
    const features = columns.code.map((code, index) =>
      feature(new ol.geom.Point(ol.proj.fromLonLat([columns.lon[index], columns.lat[index]])), { level, text: level === leaf && leaf > 0 ? code : columns.name[index] || code }),
    );
    layers.names.getSource().addFeatures(features);
  }
}

/** The codes of units as they were before the plan, and the names of those that it makes of them. */
const renamed = { gone: new Set(), made: [] };

/** Name what a plan makes of units, given as [code, geometry], where it is now, and not what they were. */
export function nameUnits(gone, made) {
  const source = layers.names.getSource();
  source.removeFeatures(renamed.made);
  renamed.gone = new Set(gone);
  renamed.made = made.map(([text, geometry]) => feature(geometry.getInteriorPoints().getPoint(0), { level: leaf, text, made: true }));
  source.addFeatures(renamed.made);
}

function namesStyle(one) {
  const level = one.get("level");
  if (level === leaf && !one.get("made") && renamed.gone.has(one.get("text"))) return null;
  const wide = widthOf(level);
  const near = level === leaf ? wide >= LEAF_NAMES_FROM_PX : wide >= PARENT_FROM_PX;
  const coarse = level < leaf && widthOf(leaf) >= LEAF_NAMES_FROM_PX;
  if (!near || coarse) return null;
  return nameStyle(one.get("text"), level === 0 ? 15 : level === leaf ? 11 : 13, { weight: level === 0 ? 650 : 500, tint: level === leaf ? "quiet" : "label" });
}

/** Show or hide the units in force, as the history does. */
export function showUnits(visible) {
  for (const name of ["tiles", "parents", "changed", "mesh", "names"]) layers[name].setVisible(visible);
}

/** Roads and rivers within the view, asked for as the map moves. */
export async function drawLines() {
  const [west, south] = under(map.getView().calculateExtent().slice(0, 2));
  const [east, north] = under(map.getView().calculateExtent().slice(2));
  const box = [toDegrees([west, south]), toDegrees([east, north])].flat().map((value) => value.toFixed(7)).join(",");
  const found = await every("lines", "/api/v1/layers/lines/items", { bbox: box }, 2000);
  const features = found.filter(({ geometry }) => geometry.type === "LineString").map((one) => {
    const made = featureOf(one);
    made.set("places", one.geometry.coordinates.map(toLattice));
    return made;
  });
  put("lines", features);
  return features.length;
}

function linesStyle(one) {
  const river = one.get("kind") === "river";
  return new Style({ stroke: line(river ? "river" : "road", river ? 2.2 : 1.6, one.get("kind") === "track" ? [5, 3] : undefined) });
}

/** Build the map; what it shows comes when it comes. */
export async function startView() {
  const styles = { ground: groundStyle, names: namesStyle, lines: linesStyle };
  ORDER.forEach((name, order) => {
    if (name === "tiles" || name === "parents") layers[name] = new ol.layer.Group({ zIndex: order });
    else layers[name] = vector(order, { style: styles[name] ?? (() => null), declutter: name === "names" });
    map.addLayer(layers[name]);
  });
  const target = byId(page.map);
  target.setAttribute("tabindex", "0");
  target.setAttribute("role", "application");
  target.setAttribute("aria-label", _("Map: arrow keys move the cross, Enter acts there, the question mark lists all keys"));
  for (const [end, text] of [["in", _("Zoom in")], ["out", _("Zoom out")]]) target.querySelector(`.ol-zoom-${end}`).setAttribute("aria-label", text);
  onTheme(() => {
    for (const layer of map.getAllLayers()) layer.changed();
  });
  if (page.district?.bounds) {
    const [west, south, east, north] = page.district.bounds;
    fit([...ol.proj.fromLonLat([west, south]), ...ol.proj.fromLonLat([east, north])]);
  }
  drawGround().catch((problem) => console.info(problem.message));
  if (!page.partition) return;
  await drawUnits();
  await drawNames();
}

/** The units in force as tiles: the leaves filled, the edges of those above them on top of what is edited. */
export async function drawUnits() {
  const made = await Promise.all(levels.map((name, level) => tileLayer(level, { filled: level === leaf, order: ORDER.indexOf(level === leaf ? "tiles" : "parents") })));
  layers.tiles.getLayers().clear();
  layers.parents.getLayers().clear();
  made.forEach((layer, level) => layers[level === leaf ? "tiles" : "parents"].getLayers().push(layer));
}

/** Draw again what depends on more than its features. */
export function repaint(...names) {
  for (const name of names) layers[name].changed();
}

export function overlay(element) {
  const found = new ol.Overlay({ element, positioning: "bottom-center", offset: [0, -12], stopEvent: true });
  map.addOverlay(found);
  return found;
}

/** A callout beside a place: what is wrong there. */
export function callout() {
  const box = make("div", { class: "callout", hidden: true });
  const at = overlay(box);
  return (place, ...content) => {
    box.hidden = !place;
    box.replaceChildren(...content);
    at.setPosition(place ? shown(place) : undefined);
  };
}
