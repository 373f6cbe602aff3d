// Vector tiles drawn on canvases: fills by a rule, hatches, lines by level, hit tests by the pixel.

import { VectorTile } from "@mapbox/vector-tile";
import Pbf from "pbf";

import { map } from "wardline/page";
import { hatch, onTheme, wipe } from "wardline/palette";

const L = window.L;
const POLYGON = 3;
const POINT = 1;
const OVERLAP_PX = 1;

/** One decoded feature: properties and a path in tile pixels. */
function decode(feature, side) {
  const scale = side / feature.extent;
  if (feature.type === POINT) {
    const [[point]] = feature.loadGeometry();
    return { properties: feature.properties, type: feature.type, at: { x: point.x * scale, y: point.y * scale } };
  }
  const path = new Path2D();
  for (const ring of feature.loadGeometry()) {
    ring.forEach((point, index) => {
      if (index === 0) path.moveTo(point.x * scale, point.y * scale);
      else path.lineTo(point.x * scale, point.y * scale);
    });
    if (feature.type === POLYGON) path.closePath();
  }
  return { properties: feature.properties, type: feature.type, path };
}

function decodeTile(bytes, side) {
  const layers = {};
  if (bytes.byteLength === 0) return layers;
  for (const [name, layer] of Object.entries(new VectorTile(new Pbf(new Uint8Array(bytes))).layers)) {
    layers[name] = Array.from({ length: layer.length }, (none, index) => decode(layer.feature(index), side));
  }
  return layers;
}

/**
 * A Leaflet layer of vector tiles.
 *
 * `paint(name, feature)` answers {fill, hatch, stroke, width, dash} for a feature of the tile's layer `name`, or null to leave
 * it out; `order(names)` the layers to draw, first below.
 */
export const VectorLayer = L.GridLayer.extend({
  options: { updateWhenZooming: false, keepBuffer: 2, paint: () => null, order: (names) => names },

  initialize(template, options) {
    L.setOptions(this, options);
    this._template = template;
    this._data = new Map();
    this.on("tileunload", ({ coords }) => {
      this._data.get(this._tileCoordsToKey(coords))?.abort.abort();
      this._data.delete(this._tileCoordsToKey(coords));
    });
    onTheme(() => this.repaint());
  },

  createTile(coords, done) {
    const canvas = document.createElement("canvas");
    const side = this.getTileSize().x;
    const ratio = Math.max(window.devicePixelRatio || 1, 1.5);
    canvas.width = (side + OVERLAP_PX) * ratio;
    canvas.height = (side + OVERLAP_PX) * ratio;
    const entry = { canvas, ratio, side, layers: {}, coords, abort: new AbortController() };
    this._data.set(this._tileCoordsToKey(coords), entry);
    this._load(entry).then(
      () => done(null, canvas),
      (error) => {
        if (error.name !== "AbortError") done(error, canvas);
      },
    );
    return canvas;
  },

  // Tiles lap over their neighbours by a pixel, so that no seam shows between zoom levels.
  _initTile(tile) {
    L.GridLayer.prototype._initTile.call(this, tile);
    tile.style.width = `${this.getTileSize().x + OVERLAP_PX}px`;
    tile.style.height = `${this.getTileSize().y + OVERLAP_PX}px`;
  },

  async _load(entry) {
    const { z, x, y } = entry.coords;
    const url = L.Util.template(this._template, { z, x, y });
    const response = await fetch(url, { signal: entry.abort.signal });
    if (!response.ok && response.status !== 204) throw new Error(`${response.status} ${url}`);
    entry.layers = decodeTile(await response.arrayBuffer(), entry.side);
    this._paint(entry);
    this.fire("tiledrawn");
  },

  /** Draw again with the same tiles: after another colouring, choice or theme. */
  repaint() {
    for (const entry of this._data.values()) this._paint(entry);
    this.fire("tiledrawn");
  },

  _paint({ canvas, ratio, layers }) {
    const pen = canvas.getContext("2d");
    wipe(pen);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.lineJoin = "round";
    const names = this.options.order(Object.keys(layers));
    for (const name of names) {
      const styled = [];
      for (const feature of layers[name]) {
        const style = feature.path && this.options.paint(name, feature);
        if (style) styled.push([feature, style]);
      }
      for (const [feature, style] of styled) {
        if (!style.fill) continue;
        pen.fillStyle = style.hatch ? hatch(pen, style.hatch, style.fill, 1) : style.fill;
        pen.fill(feature.path, "evenodd");
      }
      styled.sort((one, other) => (one[1].above || 0) - (other[1].above || 0));
      for (const [feature, style] of styled) {
        if (!style.width) continue;
        pen.setLineDash(style.dash || []);
        pen.strokeStyle = style.stroke;
        pen.lineWidth = style.width;
        pen.stroke(feature.path);
      }
    }
  },

  /** The feature of a tile layer under a place on the map, or null. */
  at(latlng, name) {
    const zoom = this._tileZoom;
    if (zoom === undefined) return null;
    const point = map.project(latlng, zoom);
    const side = this.getTileSize().x;
    const key = `${Math.floor(point.x / side)}:${Math.floor(point.y / side)}:${zoom}`;
    const entry = this._data.get(key);
    const pen = entry?.canvas.getContext("2d");
    if (!pen || !entry.layers[name]) return null;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    const [x, y] = [point.x % side, point.y % side];
    return entry.layers[name].find((feature) => feature.path && pen.isPointInPath(feature.path, x, y, "evenodd")) || null;
  },

  /** Every feature that is loaded now, with its tile, as [feature, tile coordinates]. */
  *loaded(name) {
    for (const entry of this._data.values()) {
      if (entry.coords.z !== this._tileZoom) continue;
      for (const feature of entry.layers[name] || []) yield [feature, entry];
    }
  },
});
