// Names on the map: one canvas above the tiles, each name once, none over another.

import { map } from "wardline/page";
import { colour, onTheme } from "wardline/palette";

const L = window.L;
const FONT = 'system-ui, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const GAP_PX = 6;

function overlaps(taken, box) {
  return taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
}

/** Important names are placed first: every source has a rank, the lowest before the others. */
const sources = [];
let canvas = null;
let waiting = 0;

/** Draw when the browser is next ready; many calls make one drawing. */
function draw() {
  if (waiting) return;
  waiting = window.requestAnimationFrame(() => {
    waiting = 0;
    paint();
  });
}

function start() {
  canvas = L.DomUtil.create("canvas", "map-labels leaflet-zoom-hide", map.getPane("names"));
  canvas.setAttribute("aria-hidden", "true");
  map.on("moveend zoomend resize", draw);
  onTheme(draw);
}

function paint() {
  const size = map.getSize();
  const ratio = window.devicePixelRatio || 1;
  L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
  canvas.width = size.x * ratio;
  canvas.height = size.y * ratio;
  canvas.style.width = `${size.x}px`;
  canvas.style.height = `${size.y}px`;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const taken = [];
  for (const source of sources) for (const name of source.list()) place(pen, name, size, taken);
}

function place(pen, name, size, taken) {
  const point = map.latLngToContainerPoint([name.lat, name.lon]).add([0, name.shift || 0]);
  if (point.x < 0 || point.y < 0 || point.x > size.x || point.y > size.y) return;
  pen.font = `${name.weight} ${name.size}px ${FONT}`;
  const half = pen.measureText(name.text).width / 2 + GAP_PX;
  const box = { left: point.x - half, right: point.x + half, top: point.y - name.size - (name.above || 0), bottom: point.y + name.size };
  if (overlaps(taken, box)) return;
  taken.push(box);
  pen.strokeStyle = colour("halo");
  pen.globalAlpha = 0.85;
  pen.lineWidth = 3.5;
  pen.strokeText(name.text, point.x, point.y);
  pen.globalAlpha = 1;
  pen.fillStyle = colour(name.tint || "label");
  pen.fillText(name.text, point.x, point.y);
}

/**
 * Show names: `list()` answers [{lon, lat, text, size, weight, shift, tint}], the most important first. The source's
 * `draw()` draws all names again, and its `list` may be replaced.
 */
export function names(list, rank = 0) {
  if (!canvas) start();
  const source = { list, rank, draw };
  sources.push(source);
  sources.sort((one, other) => one.rank - other.rank);
  draw();
  return source;
}
