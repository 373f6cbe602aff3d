// Meetings, visits and stops on the map: meetings as signs, the many visits as dots, each with its name.

import { kindName } from "wardline/meetings/rows";
import { map } from "wardline/page";
import { _ } from "wardline/text";

const L = window.L;
const DOT_PX = 6;
const SIGN_PX = 24;
const dots = L.svg({ padding: 0.4 });
const heard = L.layerGroup();
const stops = L.layerGroup();
let drawn = new Map();

function sign(letter, kind) {
  const box = document.createElement("div");
  box.className = `meeting-pin meeting-pin-${kind}`;
  box.textContent = letter;
  return L.divIcon({ html: box, className: "", iconSize: [SIGN_PX, SIGN_PX] });
}

function pin(one, open) {
  const place = [one.lat, one.lon];
  const title = `${kindName(one.kind)}: ${one.topic || one.place}`;
  if (one.kind === "visit") {
    return L.circleMarker(place, { renderer: dots, radius: DOT_PX, className: "meeting-dot", bubblingMouseEvents: false }).on("click", () => open(one.id));
  }
  const letter = one.kind === "council" ? _("C") : _("B");
  return L.marker(place, { icon: sign(letter, one.kind), title, alt: title }).on("click", () => open(one.id));
}

export function startPins() {
  heard.addTo(map);
  stops.addTo(map);
}

export function showPins(items, open) {
  heard.clearLayers();
  drawn = new Map(items.map((one) => [one.id, pin(one, open).addTo(heard)]));
}

/** Mark one on the map, or none. */
export function choosePin(id) {
  for (const [each, layer] of drawn) {
    const node = layer.getElement();
    const mark = node?.classList.contains("meeting-dot") ? node : node?.firstElementChild;
    mark?.classList.toggle(mark === node ? "is-chosen" : "meeting-pin-chosen", each === id);
  }
}

export function showStops(items) {
  stops.clearLayers();
  for (const one of items) {
    const title = `${one.name}: ${one.place}`;
    L.marker([one.lat, one.lon], { icon: sign(_("S"), "stop"), title, alt: title }).addTo(stops);
  }
}
