// The nearest station that is open and has what is needed; with or without the device's position.

import { address, ask, show } from "wardline/api";
import { announce, byId, make, message, replace } from "wardline/dom";
import { fit, onAsk, startMap } from "wardline/ground";
import { startHelp } from "wardline/help";
import { names } from "wardline/names";
import { asked, map, page, remember } from "wardline/page";
import { colour } from "wardline/palette";
import { sheet } from "wardline/sheet";
import { _, metres, soon } from "wardline/text";
import { outlines } from "wardline/units";

const L = window.L;
const SHOWN = 12;
const state = { place: null, open: true, facilities: new Set(), way: "straight", chosen: null };
const pins = L.layerGroup();
const routes = L.layerGroup();
const [under, over] = ["casing", "data"].map((pane) => L.svg({ pane }));
let here = null;
let shown = [];
let labels = null;
let running = null;

/** Known facilities in the reader's language; others stay as they are stored. */
function facilityName(key) {
  const known = {
    charging: _("charging"),
    rest: _("rest"),
    water: _("drinking water"),
    "hot-water": _("hot water"),
    medicine: _("medicine"),
    toilet: _("toilet"),
    "first-aid": _("first aid"),
    counselling: _("counselling"),
    repair: _("repair help"),
    reading: _("reading"),
    wifi: _("Wi-Fi"),
    mediation: _("mediation"),
    meals: _("meals"),
    shelter: _("shelter"),
  };
  return known[key] || key;
}

/** Open or closed now and until when; the stored hours where that says more. */
function openState(station) {
  if (station.open === null) return [make("span", { class: "state-closed" }, _("hours not known"))];
  const name = station.open ? make("span", { class: "state-open" }, _("open now")) : make("span", { class: "state-closed" }, _("closed now"));
  if (!station.changes_at) return [name];
  const until = { when: soon(station.changes_at) };
  return [name, " · ", station.open ? _("until {when}", until) : _("opens {when}", until)];
}

function stationRow(station, index) {
  const row = make(
    "button",
    { class: `row station ${station.open ? "station-open" : ""}`, type: "button", "data-station": station.code, "aria-pressed": "false", on: { click: () => choose(station, true) } },
    make("span", { class: "station-rank", "aria-hidden": "true" }, index + 1),
    make("span", { class: "row-title" }, station.name),
    make("span", { class: "row-value number" }, state.place ? metres(station.distance_m) : ""),
    make("span", { class: "row-note" }, ...openState(station)),
    make("span", { class: "row-note" }, station.facilities.map(facilityName).join(" · ")),
  );
  const links = [
    station.opening_hours ? make("span", { class: "faint" }, station.opening_hours) : null,
    station.phone ? make("a", { href: `tel:${station.phone.replace(/[^\d+]/g, "")}` }, station.phone) : null,
    make("a", { href: `geo:${station.lat},${station.lon}?q=${station.lat},${station.lon}` }, _("Directions")),
  ];
  return make("li", {}, row, make("div", { class: "row station station-more", hidden: true }, make("div", { class: "station-links" }, ...links)));
}

function showPins(stations) {
  pins.clearLayers();
  shown = stations;
  labels.draw();
  stations.forEach((station, index) => {
    const sign = make("div", { class: `map-pin ${station.open ? "map-pin-open" : ""}`, "data-pin": station.code }, index + 1);
    L.marker([station.lat, station.lon], { icon: L.divIcon({ html: sign, className: "", iconSize: [28, 28] }), title: station.name, alt: station.name, keyboard: true })
      .on("click", () => choose(station, false))
      .addTo(pins);
  });
}

/** Draw the way to a station along roads, where roads answered and a place was asked about. */
function drawRoute(station) {
  routes.clearLayers();
  if (!state.place || !station?.route) return;
  const line = station.route.map(([lon, lat]) => [lat, lon]);
  L.polyline(line, { pane: "casing", renderer: under, color: colour("casing"), weight: 8, interactive: false }).addTo(routes);
  L.polyline(line, { pane: "data", renderer: over, color: colour("selected"), weight: 4, interactive: false, className: "map-route" }).addTo(routes);
}

function choose(station, move) {
  state.chosen = station.code;
  drawRoute(station);
  for (const row of document.querySelectorAll("[data-station]")) {
    const same = row.dataset.station === station.code;
    row.setAttribute("aria-pressed", String(same));
    row.nextElementSibling.hidden = !same;
    if (same && !move) row.scrollIntoView({ block: "nearest" });
  }
  for (const sign of document.querySelectorAll("[data-pin]")) {
    sign.classList.toggle("map-pin-chosen", sign.dataset.pin === station.code);
  }
  if (move) map.panTo([station.lat, station.lon], { animate: false });
}

function none() {
  return message(_("No stations yet"), make("span", {}, _("Import them from a file:"), make("p", {}, make("code", {}, "./wardline import stations FILE --apply"))));
}

function nothing(reason) {
  if (!state.open && !state.facilities.size) return none();
  return message(_("No station fits"), [reason, _("Take away a wish above, or show closed stations too.")].filter(Boolean).join(" "));
}

function frame(stations) {
  const bounds = L.latLngBounds(stations.slice(0, 4).map(({ lat, lon }) => [lat, lon]));
  if (state.place) bounds.extend([state.place.lat, state.place.lon]);
  for (const [lon, lat] of (state.place && stations[0]?.route) || []) bounds.extend([lat, lon]);
  if (bounds.isValid()) fit([bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()], { maxZoom: 14 });
}

/** The parameters of a way of being near. */
function wayAsked() {
  if (state.way === "foot" || state.way === "car") return { mode: "network", by: state.way, routes: true };
  return { mode: state.way };
}

/** Which way answered, and why it is another than the one asked for. */
function tellHow(answer) {
  const modes = {
    straight: _("Distances in a straight line."),
    network: answer.by === "car" ? _("Distances by road, by car.") : _("Distances by road, on foot."),
    designated: _("These stations are in charge of the place."),
  };
  byId("how").textContent = [answer.why, modes[answer.mode]].filter(Boolean).join(" ");
  byId("how").dataset.mode = answer.mode;
}

async function load() {
  running?.abort();
  running = new AbortController();
  const center = state.place || middle();
  if (!center) {
    replace(byId("stations"), nothing());
    return;
  }
  try {
    const answer = await ask(
      "stations",
      "/api/v1/stations/nearest",
      { lon: center.lon, lat: center.lat, k: SHOWN, facility: [...state.facilities], open_at: state.open ? "now" : "", ...wayAsked() },
      { signal: running.signal },
    );
    show(null);
    const stations = answer.stations;
    offerFacilities(stations);
    tellHow(answer);
    replace(byId("stations"), stations.length ? make("ol", { class: "station-list" }, ...stations.map(stationRow)) : nothing(answer.reason));
    showPins(stations);
    drawRoute(stations[0]);
    if (stations.length) frame(stations);
    if (state.place && stations.length) {
      announce(_("Nearest: {name}, {distance}", { name: stations[0].name, distance: metres(stations[0].distance_m) }));
    }
  } catch (problem) {
    if (problem.name !== "AbortError") show(problem);
  }
}

function middle() {
  const bounds = page.district?.bounds;
  return bounds ? { lon: (bounds[0] + bounds[2]) / 2, lat: (bounds[1] + bounds[3]) / 2 } : null;
}

/** A chip for every facility seen so far; none disappears while it is chosen. */
function offerFacilities(stations) {
  const place = byId("facilities");
  const offered = new Set([...place.querySelectorAll("[name=facility]")].map((box) => box.value));
  const seen = new Set([...(page.facilities || []), ...state.facilities, ...stations.flatMap((station) => station.facilities)]);
  for (const key of seen) {
    if (offered.has(key)) continue;
    const box = make("input", { type: "checkbox", name: "facility", value: key, checked: state.facilities.has(key) });
    place.append(make("label", { class: "choice" }, box, make("span", {}, facilityName(key))));
  }
}

function goTo(lon, lat, text) {
  state.place = { lon, lat };
  here = here || L.marker([lat, lon], { icon: L.divIcon({ html: make("div", { class: "map-here" }), className: "", iconSize: [18, 18] }), keyboard: false, interactive: false, zIndexOffset: 1000 });
  here.setLatLng([lat, lon]).addTo(map);
  byId("where").textContent = text;
  remember({ lon: lon.toFixed(5), lat: lat.toFixed(5) });
  load();
  sheet("middle");
}

function nearMe() {
  const cannot = () => {
    byId("where").textContent = _("Your position is not available here. Tap the map, or type a position below.");
  };
  if (!navigator.geolocation || !window.isSecureContext) {
    cannot();
    return;
  }
  byId("where").textContent = _("Looking for your position …");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => goTo(coords.longitude, coords.latitude, _("From your position, to about {n}", { n: metres(coords.accuracy) })),
    cannot,
    { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
  );
}

function typed(event) {
  event.preventDefault();
  const { lon, lat } = event.target.elements;
  const numbers = [lon, lat].map(({ value }) => Number(value.trim().replace(",", ".")));
  const limits = [180, 90];
  const wrong = [lon, lat].find((field, index) => !field.value.trim() || !(Math.abs(numbers[index]) <= limits[index]));
  for (const field of [lon, lat]) field.setAttribute("aria-invalid", String(field === wrong));
  if (wrong) {
    byId("where").textContent = _("Longitude is −180 to 180 and latitude −90 to 90 degrees, such as 116.40 and 39.90.");
    wrong.focus();
    return;
  }
  goTo(numbers[0], numbers[1], _("From the typed position"));
}

function listen() {
  byId("near-me").addEventListener("click", nearMe);
  byId("typed").addEventListener("submit", typed);
  byId("needs").addEventListener("submit", (event) => event.preventDefault());
  byId("needs").addEventListener("change", () => {
    state.open = document.querySelector("[name=open]").checked;
    state.facilities = new Set([...document.querySelectorAll("[name=facility]:checked")].map((box) => box.value));
    remember({ facility: [...state.facilities].join(",") });
    load();
  });
  byId("ways").addEventListener("change", ({ target }) => {
    state.way = target.value;
    remember({ way: state.way === "straight" ? null : state.way });
    load();
  });
  startHelp(() => state.place);
  byId("rota").hidden = !page.may?.includes("rota");
  byId("rota").href = address("/stations/rota");
  onAsk(({ lng, lat }) => goTo(lng, lat, _("From the place on the map")));
}

async function start() {
  const context = page.may?.includes("outlines") ?? true ? outlines().catch(show) : null;
  labels = names(() => shown.map(({ lon, lat, name }) => ({ lon, lat, text: name, size: 12, weight: 550, shift: 25, above: 28 })));
  routes.addTo(map);
  pins.addTo(map);
  state.facilities = new Set((asked("facility") || "").split(",").filter(Boolean));
  const way = document.querySelector(`[name=way][value="${CSS.escape(asked("way") || "straight")}"]`);
  if (way) {
    way.checked = true;
    state.way = way.value;
  }
  offerFacilities([]);
  listen();
  const [lon, lat] = [Number(asked("lon") ?? NaN), Number(asked("lat") ?? NaN)];
  if (Number.isFinite(lon) && Number.isFinite(lat)) goTo(lon, lat, _("From the position in the address"));
  else await load();
  await context;
}

startMap();
if (page.district) await start();
else replace(byId("stations"), none());
document.body.dataset.ready = "1";
