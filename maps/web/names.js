// Names on the map: one canvas above the tiles, each name once, none over another, nor over a line that has measures.

import { map, page } from "wardline/page";
import { colour, onTheme, wipe } from "wardline/palette";

const L = window.L;
const FONT = 'system-ui, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const GAP_PX = 6;
const CELL_PX = 4;
const LINE_PX = 4;
const CLEAR_PX = 8;

function overlaps(taken, box) {
  return taken.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
}

/** Important names are placed first: every source has a rank, the lowest before the others. */
const sources = [];
let canvas = null;
let waiting = 0;
let kept = () => [];

/** Keep names that stand beside a line off some lines, [[lat, lon], …] each, as they are whenever names are drawn. */
export function keepOff(lines) {
  kept = lines;
}

/** What says whether a box touches the lines to keep off: cells of some pixels through which they run. */
function linesIn(size) {
  const across = Math.ceil(size.x / CELL_PX);
  const cells = new Uint8Array(across * Math.ceil(size.y / CELL_PX));
  const mark = (x, y) => {
    if (x >= 0 && y >= 0 && x < size.x && y < size.y) cells[Math.floor(y / CELL_PX) * across + Math.floor(x / CELL_PX)] = 1;
  };
  for (const line of kept()) {
    let before = null;
    for (const place of line) {
      const here = map.latLngToContainerPoint(place);
      // A long step far outside would take longer than all the rest.
      const steps = before ? Math.min(size.x, Math.ceil(here.distanceTo(before) / CELL_PX)) : 0;
      for (let k = 0; k <= steps; k += 1) {
        const part = steps ? k / steps : 1;
        mark((before ?? here).x + (here.x - (before ?? here).x) * part, (before ?? here).y + (here.y - (before ?? here).y) * part);
      }
      before = here;
    }
  }
  return ({ left, right, top, bottom }) => {
    for (let y = Math.max(0, Math.floor((top - LINE_PX) / CELL_PX)); y * CELL_PX <= Math.min(size.y - 1, bottom + LINE_PX); y += 1) {
      for (let x = Math.max(0, Math.floor((left - LINE_PX) / CELL_PX)); x * CELL_PX <= Math.min(size.x - 1, right + LINE_PX); x += 1) {
        if (cells[y * across + x]) return true;
      }
    }
    return false;
  };
}

/** Where a name beside a line may stand, in pixels from its place: the way meant, the other, along, then farther out. */
function beside({ x, y }, width, height, clear) {
  const out = (Math.abs(x) * width) / 2 + (Math.abs(y) * height) / 2 + clear;
  const along = (Math.abs(y) * width) / 2 + (Math.abs(x) * height) / 2 + clear;
  return [[x * out, y * out], [-x * out, -y * out], [y * along, -x * along], [-y * along, x * along], [x * out * 1.6, y * out * 1.6], [-x * out * 1.6, -y * out * 1.6]];
}

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
  // At once: paper does not wait for the next frame.
  onTheme(paint);
}

function paint() {
  const size = map.getSize();
  const ratio = window.devicePixelRatio || 1;
  L.DomUtil.setPosition(canvas, map.containerPointToLayerPoint([0, 0]));
  const [wide, high] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
  const pen = canvas.getContext("2d");
  if (canvas.width !== wide || canvas.height !== high) {
    canvas.width = wide;
    canvas.height = high;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
  } else wipe(pen);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const taken = [];
  const touches = linesIn(size);
  for (const source of sources) for (const name of source.list()) place(pen, name, size, taken, touches);
}

/** The box of a name about a point, with room for its halo. */
function boxOf(point, width, name) {
  return { left: point.x - width / 2 - GAP_PX, right: point.x + width / 2 + GAP_PX, top: point.y - name.size - (name.above || 0), bottom: point.y + name.size };
}

function place(pen, name, size, taken, touches) {
  const spot = map.latLngToContainerPoint([name.lat, name.lon]);
  if (spot.x < 0 || spot.y < 0 || spot.x > size.x || spot.y > size.y) return;
  pen.font = `${name.weight} ${name.size}px ${FONT}`;
  const { width } = pen.measureText(name.text);
  const spots = name.beside ? beside(name.beside, width, name.size, name.clear ?? CLEAR_PX) : [[0, name.shift || 0]];
  const free = (point) => {
    const box = boxOf(point, width, name);
    // What the reader would not see is no place for a name.
    if (name.beside && (box.left < 0 || box.right > size.x)) return false;
    const ink = { left: box.left + GAP_PX, right: box.right - GAP_PX, top: point.y - name.size / 2, bottom: point.y + name.size / 2 };
    return !overlaps(taken, box) && !(name.beside && touches(ink));
  };
  const point = spots.map((one) => spot.add(one)).find(free);
  if (!point) return;
  taken.push(boxOf(point, width, name));
  pen.strokeStyle = colour("halo");
  pen.globalAlpha = 0.85;
  pen.lineWidth = 3.5;
  pen.strokeText(name.text, point.x, point.y);
  pen.globalAlpha = 1;
  pen.fillStyle = colour(name.tint || "label");
  pen.fillText(name.text, point.x, point.y);
}

/**
 * Show names: `list()` answers [{lon, lat, text, size, weight, shift, tint}], the most important first; instead of a
 * shift one may have `beside`, the direction {x, y} on the screen in which it stands `clear` pixels off its place. The source's `draw()`
 * draws all names again, and its `list` may be replaced.
 */
export function names(list, rank = 0) {
  if (!canvas) start();
  const source = { list, rank, draw };
  sources.push(source);
  sources.sort((one, other) => one.rank - other.rank);
  draw();
  return source;
}

/** The direction on the screen from the middle of the district to a place: where a border has nothing of ours. */
export function outward(lat, lon) {
  const [west, south, east, north] = page.district.bounds;
  const way = map.project([lat, lon]).subtract(map.project([(south + north) / 2, (west + east) / 2]));
  const size = Math.hypot(way.x, way.y) || 1;
  return { x: way.x / size, y: way.y / size };
}
