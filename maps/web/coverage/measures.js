// Kilometres along the border: a tick across the line and its measure, the finer the nearer.

import { map } from "wardline/page";
import { names } from "wardline/names";
import { colour, onTheme } from "wardline/palette";
import { _, decimal } from "wardline/text";

const L = window.L;
const FROM_ZOOM = 9.5;
const LEAST_PX = 46;
const TICK_PX = 6;
const RANK = 5;
const STEPS_M = [100, 200, 500, 1000, 2000, 5000, 10000, 20000];

/** The step at which ticks are not crowded at this zoom, in metres. */
function stepOf(zoom, lat) {
  const metresPerPixel = (40075016.7 * Math.cos((lat * Math.PI) / 180)) / (256 * 2 ** zoom);
  return STEPS_M.find((step) => step / metresPerPixel >= LEAST_PX) ?? STEPS_M.at(-1);
}

/** The places at multiples of a step along a feature's line, whose ends have measures. */
function along({ geometry, properties }, step) {
  const points = geometry.coordinates.map(([lon, lat]) => map.project([lat, lon], 18));
  const lengths = [0];
  for (let k = 1; k < points.length; k += 1) lengths.push(lengths[k - 1] + points[k].distanceTo(points[k - 1]));
  const whole = lengths.at(-1);
  const { from_m: from, to_m: to } = properties;
  const found = [];
  let k = 1;
  for (let at = Math.ceil(from / step) * step; whole > 0 && at < to; at += step) {
    const wanted = ((at - from) / (to - from)) * whole;
    while (k < lengths.length - 1 && lengths[k] < wanted) k += 1;
    const part = (wanted - lengths[k - 1]) / (lengths[k] - lengths[k - 1] || 1);
    const [a, b] = [points[k - 1], points[k]];
    const run = b.subtract(a);
    const size = Math.hypot(run.x, run.y) || 1;
    found.push({
      at,
      place: map.unproject(a.add(run.multiplyBy(part)), 18),
      across: L.point(-run.y / size, run.x / size),
    });
  }
  return found;
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
      const ends = [-1, 1].map((side) => map.layerPointToLatLng(middle.add(across.multiplyBy(side * TICK_PX))));
      L.polyline(ends, { renderer: pen, interactive: false, color: colour("label"), weight: 1.2 }).addTo(ticks);
    }
    labels.draw();
  };
  const labels = names(
    () =>
      placed.map(({ at, place, step }) => ({
        lon: place.lng,
        lat: place.lat,
        text: _("km {n}", { n: decimal(at / 1000, step < 1000 ? 1 : 0) }),
        size: 11,
        weight: 400,
        shift: 15,
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
