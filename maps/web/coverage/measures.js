// Kilometres along the border: a tick across the line and its measure, the finer the nearer.

import { map } from "wardline/page";
import { names, outward } from "wardline/names";
import { colour, onTheme } from "wardline/palette";
import { _, decimal } from "wardline/text";

const L = window.L;
const FROM_ZOOM = 9.5;
const LEAST_PX = 46;
const TICK_PX = 6;
const RANK = 5;
const FINE_ZOOM = 18;
const REACH_PX = 9;
const STEPS_M = [100, 200, 500, 1000, 2000, 5000, 10000, 20000];

/** The step at which ticks are not crowded at this zoom, in metres. */
function stepOf(zoom, lat) {
  const metresPerPixel = (40075016.7 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom);
  return STEPS_M.find((step) => step / metresPerPixel >= LEAST_PX) ?? STEPS_M.at(-1);
}

/** The place at a length of a path in pixels, whose lengths up to each point are known. */
function placeAt(points, lengths, wanted) {
  let [low, high] = [1, lengths.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lengths[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  const part = (wanted - lengths[low - 1]) / (lengths[low] - lengths[low - 1] || 1);
  return points[low - 1].add(points[low].subtract(points[low - 1]).multiplyBy(Math.max(0, Math.min(1, part))));
}

/** The places at multiples of a step along a feature's line, whose ends have measures, and the ways across it there. */
function along({ geometry, properties }, step) {
  const points = geometry.coordinates.map(([lon, lat]) => map.project([lat, lon], FINE_ZOOM));
  const lengths = [0];
  for (let k = 1; k < points.length; k += 1) lengths.push(lengths[k - 1] + points[k].distanceTo(points[k - 1]));
  const whole = lengths.at(-1);
  // Across what the eye sees of the line at this zoom, not across one of its many short pieces.
  const reach = REACH_PX * 2 ** (FINE_ZOOM - map.getZoom());
  const { from_m: from, to_m: to } = properties;
  const found = [];
  for (let at = Math.ceil(from / step) * step; whole > 0 && at < to; at += step) {
    const wanted = ((at - from) / (to - from)) * whole;
    const run = placeAt(points, lengths, Math.min(whole, wanted + reach)).subtract(placeAt(points, lengths, Math.max(0, wanted - reach)));
    const size = Math.hypot(run.x, run.y) || 1;
    found.push({ at, place: map.unproject(placeAt(points, lengths, wanted), FINE_ZOOM), across: { x: -run.y / size, y: run.x / size } });
  }
  return found;
}

/** Of the two ways across the line the one home, as markers are named on the other side. */
function homeward({ lat, lng }, { x, y }) {
  const out = outward(lat, lng);
  return out.x * x + out.y * y > 0 ? { x: -x, y: -y } : { x, y };
}

/** Ticks and measures; `set(features)` takes the stretches of the border, which have their measures. */
export function measures() {
  const pen = L.canvas({ pane: "points", padding: 0.3 });
  const ticks = L.layerGroup().addTo(map);
  let shown = [];
  let placed = [];

  const find = () => {
    placed = [];
    if (!shown.length || map.getZoom() < FROM_ZOOM) return;
    const view = map.getBounds().pad(0.2);
    const step = stepOf(map.getZoom(), map.getCenter().lat);
    for (const feature of shown) {
      for (const one of along(feature, step)) if (view.contains(one.place)) placed.push({ ...one, step });
    }
  };
  const paint = () => {
    find();
    ticks.clearLayers();
    for (const { place, across } of placed) {
      const middle = map.latLngToLayerPoint(place);
      const ends = [-1, 1].map((side) => map.layerPointToLatLng(middle.add([across.x * side * TICK_PX, across.y * side * TICK_PX])));
      L.polyline(ends, { renderer: pen, interactive: false, color: colour("label"), weight: 1.2 }).addTo(ticks);
    }
    labels.draw();
  };
  const labels = names(
    () =>
      placed.map(({ at, place, across, step }) => ({
        lon: place.lng,
        lat: place.lat,
        text: _("km {n}", { n: decimal(at / 1000, step < 1000 ? 1 : 0) }),
        size: 11,
        weight: 400,
        beside: homeward(place, across),
        tint: "quiet",
      })),
    RANK,
  );
  map.on("moveend zoomend", paint);
  onTheme(paint);
  return {
    set(features) {
      shown = features;
      paint();
    },
  };
}
