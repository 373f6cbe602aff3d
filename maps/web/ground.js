// The base map: land and frontiers in greys, the frame of the view, and the map's own controls in the reader's language.

import { read } from "wardline/api";
import { page, map } from "wardline/page";
import { colour, onTheme } from "wardline/palette";
import { padding, startSheet } from "wardline/sheet";
import { _ } from "wardline/text";

const L = window.L;
const ATLAS_MAX_ZOOM = 10.5;
const FLAT_FROM_ZOOM = 12.5;

export const panes = { ground: 150, casing: 420, data: 430, points: 460, names: 470 };

function makePanes() {
  for (const [name, order] of Object.entries(panes)) {
    map.createPane(name).style.zIndex = String(order);
  }
  // A canvas takes every pointer event over it: only the one that is pointed at may have them.
  for (const name of ["ground", "casing", "points", "names"]) map.getPane(name).style.pointerEvents = "none";
}

function look(kind) {
  if (kind === "outline") return { fillColor: colour("unit"), fillOpacity: 1, color: colour("unit-line"), weight: 1.1 };
  if (kind === "frontier") {
    // The atlas is coarse: near by, the district's own border speaks for itself.
    const near = map.getZoom() > ATLAS_MAX_ZOOM;
    return { fill: false, color: colour("frontier"), weight: 1.2, dashArray: "8 3 1.5 3", opacity: near ? 0 : 1 };
  }
  const flat = kind === "abroad" && map.getZoom() > FLAT_FROM_ZOOM;
  return { stroke: false, fillColor: colour(flat ? "home" : kind), fillOpacity: 1 };
}

/** Go to a box [west, south, east, north], clear of the panel. */
export function fit(bounds, options = {}) {
  if (!bounds) return;
  const [west, south, east, north] = bounds;
  map.fitBounds([[south, west], [north, east]], { ...padding(), maxZoom: 16, animate: false, ...options });
}

function nameControls() {
  const box = map.getContainer();
  box.setAttribute("tabindex", "0");
  box.setAttribute("role", "application");
  box.setAttribute("aria-label", _("Map: arrow keys move it, plus and minus zoom"));
  for (const [end, text] of [["in", _("Zoom in")], ["out", _("Zoom out")]]) {
    const button = box.querySelector(`.leaflet-control-zoom-${end}`);
    button.title = text;
    button.setAttribute("aria-label", text);
  }
}

/** The cross in the middle shows while the map is moved by keys, since Enter asks about the place under it. */
function showCross() {
  const box = map.getContainer();
  box.addEventListener("keydown", () => box.classList.add("by-keys"));
  for (const event of ["pointerdown", "blur"]) box.addEventListener(event, () => box.classList.remove("by-keys"));
}

/** Call `act` with the place asked about: a click or tap, or the middle of the map on Enter. */
export function onAsk(act) {
  const box = map.getContainer();
  map.on("click", ({ latlng }) => act(latlng.wrap()));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === box) act(map.getCenter().wrap());
  });
}

let beforePaper = null;

/** Show the same ground on paper, whose map has another shape, and come back to the same view afterwards. */
function onPaper(begins) {
  if (begins) {
    const bounds = map.getBounds();
    beforePaper = { center: map.getCenter(), zoom: map.getZoom() };
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, { animate: false });
  } else if (beforePaper) {
    map.invalidateSize({ animate: false });
    map.setView(beforePaper.center, beforePaper.zoom, { animate: false });
  }
}

async function drawLand() {
  const land = page.data?.ground ?? (page.basemap ? await read(page.basemap) : null);
  if (!land) return;
  const layer = L.geoJSON(land, {
    pane: "ground",
    interactive: false,
    renderer: L.canvas({ pane: "ground", padding: 0.5 }),
    style: (feature) => look(feature.properties.kind),
  }).addTo(map);
  const repaint = () => layer.setStyle((feature) => look(feature.properties.kind));
  onTheme(repaint);
  map.on("zoomend", repaint);
}

/** Prepare the map: panes, controls, first view; the base map comes when it comes. */
export function startMap() {
  makePanes();
  nameControls();
  showCross();
  startSheet();
  map.setMaxZoom(19);
  window.matchMedia("print").addEventListener("change", ({ matches }) => onPaper(matches));
  fit(page.district?.bounds);
  drawLand().catch((problem) => console.info(problem.message));
}
