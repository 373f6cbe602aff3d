// The base map: land and frontiers in greys, the frame of the view, and the map's own controls in the reader's language.

import { read } from "wardline/api";
import { page, map } from "wardline/page";
import { colour, onTheme, wipe } from "wardline/palette";
import { padding, startSheet } from "wardline/sheet";
import { _ } from "wardline/text";

const L = window.L;
const ATLAS_MAX_ZOOM = 10.5;
const FLAT_FROM_ZOOM = 12.5;
const MOST_HIGH_ON_PAPER = 0.75;
const AROUND_PX = 24;

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

/** What the legend covers of the map, in pixels of it; null where it lies elsewhere, as on phones. */
function covered() {
  const legend = document.getElementById("legend");
  if (!legend || legend.hidden || window.getComputedStyle(legend).position !== "fixed") return null;
  const [mine, its] = [map.getContainer(), legend].map((one) => one.getBoundingClientRect());
  return L.bounds([its.left - mine.left, its.top - mine.top], [its.right - mine.left, its.bottom - mine.top]);
}

/** Go to a box [west, south, east, north], clear of the panel, and with `lines` ([[lat, lon], …] each) of the legend. */
export function fit(bounds, options = {}, lines = []) {
  if (!bounds) return;
  const [west, south, east, north] = bounds;
  const go = (more) => map.fitBounds([[south, west], [north, east]], { ...padding(), maxZoom: 16, animate: false, ...options, ...more });
  go({});
  const corner = covered();
  const under = corner && lines.some((line) => line.some((place) => corner.contains(map.latLngToContainerPoint(place))));
  if (!under) return;
  const { x: wide, y: high } = map.getSize();
  const beside = wide - corner.min.x > high - corner.min.y ? [0, high - corner.min.y] : [wide - corner.min.x, 0];
  go({ paddingBottomRight: [beside[0] + AROUND_PX, beside[1] + AROUND_PX] });
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

/** Draw all vectors at once: paper does not wait for the frame in which they would be. */
function drawNow() {
  map.eachLayer((layer) => {
    if (!(layer instanceof L.Canvas) || !layer._ctx) return;
    layer._clear = () => wipe(layer._ctx);
    layer._redrawBounds = null;
    layer._redraw();
    delete layer._clear;
  });
}

/** On paper the map is what the screen shows, made to fit: another size would need tiles that come too late. */
function onPaper(begins) {
  const box = map.getContainer();
  const { x: wide, y: high } = map.getSize();
  const place = box.parentElement;
  if (!wide || !high) return;
  const scale = begins ? Math.min(place.clientWidth / wide, (place.clientWidth * MOST_HIGH_ON_PAPER) / high) : 1;
  box.style.width = begins ? `${wide}px` : "";
  box.style.height = begins ? `${high}px` : "";
  box.style.transform = begins ? `scale(${scale})` : "";
  place.style.width = begins ? `${wide * scale}px` : "";
  place.style.height = begins ? `${high * scale}px` : "";
  drawNow();
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
