// The hand on the map: one tool at a time, led by the pointer or by keys. A tool acts on places of the lattice and
// does not know which of the two it was.

import { announce, byId, draw, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { desk, edits, on, redo, undo } from "wardline/redraw/desk";
import { toDegrees } from "wardline/redraw/lattice";
import { drop } from "wardline/redraw/units";
import { map, put, reach, shown, under } from "wardline/redraw/view";
import { sheet } from "wardline/sheet";
import { _ } from "wardline/text";

const ol = window.ol;
const STEP_PX = 24;
const FINE_PX = 2;
const COARSE_PX = 96;
const MARGIN_PX = 48;
const CLICK_PX = 5;
const FINGER = 1.6;
const finger = window.matchMedia("(pointer: coarse)");
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const SHELF = ["pick", "move", "insert", "delete", "trace", "split", "road", "households", "transfer", "merge", "paint"];

const tools = new Map();
const byKey = new Map();
let current = null;
let cursor = null;
let onHelp = () => {};

export function tool() {
  return current;
}

/** Take a tool into the box: {name, key, label, icon, hint, reading, …}; `reading` tools need no right to edit. */
export function register(one) {
  tools.set(one.name, one);
  byKey.set(one.key, one);
}

export function allTools() {
  return SHELF.map((name) => tools.get(name));
}

/** How near a place must be to be meant, in steps of the lattice; a finger covers more than a mouse. */
export function near(pixels = 14) {
  return reach(finger.matches ? pixels * FINGER : pixels);
}

/** Where the pointer or the cross is; the middle of the map before either moved. */
export function here() {
  return cursor ?? under(map.getView().getCenter());
}

/** Draw again what is said about the tool: what to do next, and what ends it. */
export function say() {
  const place = byId("hint");
  place.hidden = !current;
  if (!current) return;
  const pending = current.pending?.() ?? false;
  byId("hint-text").textContent = current.hint();
  byId("hint-finish").hidden = !pending;
  byId("hint-cancel").hidden = !(pending || current.begun?.());
  replace(byId("hint-more"), ...(current.controls?.() ?? []));
}

function showChosen() {
  for (const button of byId("tools").querySelectorAll("[data-tool]")) {
    const one = tools.get(button.dataset.tool);
    button.setAttribute("aria-pressed", String(one === current));
    button.disabled = !one.reading && !edits();
  }
  byId("tools").hidden = !desk.plan;
  byId("undo").disabled = !edits() || !desk.plan.ops || desk.busy;
  byId("redo").disabled = !edits() || !desk.plan.undone || desk.busy;
}

/** Take another tool in hand; what the last one had begun is dropped. */
export function choose(name, { quiet = false } = {}) {
  const next = tools.get(name);
  if (!next || (!next.reading && !edits())) return;
  current?.stop?.();
  put("sketch", []);
  put("chosen", []);
  current = next;
  current.start?.();
  showChosen();
  say();
  byId(page.map).dataset.tool = name;
  if (quiet) return;
  sheet("low");
  announce(current.hint());
}

function letGo() {
  current?.stop?.();
  current = null;
  put("sketch", []);
  put("chosen", []);
  say();
}

export async function finish() {
  if (!current?.pending?.()) return;
  await current.finish();
  say();
}

/** One step back: what the tool has begun, then the tool, then the picked unit. */
export function cancel() {
  if (current?.cancel?.()) {
    say();
    return;
  }
  if (current && current.name !== "pick") choose("pick");
  else drop();
}

// The cross that keys move.

function placeCross() {
  const cross = document.querySelector(".map .cross");
  const pixel = cursor && map.getPixelFromCoordinate(shown(cursor));
  if (!pixel) return;
  cross.style.left = `${pixel[0]}px`;
  cross.style.top = `${pixel[1]}px`;
}

function byKeys(yes) {
  byId(page.map).classList.toggle("by-keys", yes);
}

/** Bring a place into the view, clear of its edges. */
export function reveal(place) {
  const pixel = map.getPixelFromCoordinate(shown(place));
  const [width, height] = map.getSize();
  if (pixel && pixel[0] > MARGIN_PX && pixel[1] > MARGIN_PX && pixel[0] < width - MARGIN_PX && pixel[1] < height - MARGIN_PX) return;
  map.getView().setCenter(shown(place));
}

/** Put the cross somewhere. */
export function putCross(place) {
  cursor = place;
  reveal(place);
  map.renderSync();
  placeCross();
}

function size(event) {
  if (event.shiftKey) return FINE_PX;
  return event.altKey ? COARSE_PX : STEP_PX;
}

/** A step on the screen, as a step of the lattice. */
function stepFrom(place, [dx, dy], pixels) {
  const [x, y] = shown(place);
  const by = pixels * map.getView().getResolution();
  return under([x + dx * by, y + dy * by]);
}

function onArrow(event) {
  byKeys(true);
  const move = (place) => stepFrom(place, ARROWS[event.key], size(event));
  if (!current?.step?.(move)) {
    putCross(move(here()));
    current?.hover?.(cursor);
  }
  say();
}

async function onEnter() {
  byKeys(true);
  if (!cursor) putCross(here());
  if (current?.enter) await current.enter(here());
  else await current?.click?.(here());
  say();
}

function onCycle(event, by) {
  if (!current?.cycle?.(by, event.key === "Tab")) return false;
  byKeys(true);
  say();
  return true;
}

function zoom(by) {
  map.getView().animate({ zoom: map.getView().getZoom() + by, duration: 150 });
}

const letters = {
  n: (event) => onCycle(event, 1),
  p: (event) => onCycle(event, -1),
  f: () => finish(),
  u: () => undo(),
  y: () => redo(),
  "+": () => zoom(1),
  "=": () => zoom(1),
  "-": () => zoom(-1),
  "?": () => onHelp(),
};

const named = {
  Enter: (event) => (event.target === byId(page.map) ? onEnter() : false),
  Escape: () => cancel(),
  Delete: () => current?.remove?.(),
  Backspace: () => current?.remove?.(),
  " ": (event) => (event.target === byId(page.map) && current?.space ? current.space(here()) : false),
};

/** Up and down go from tool to tool while one of them has the focus. */
function onToolArrow(event) {
  const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
  const all = [...byId("tools").querySelectorAll("button:not(:disabled)")];
  const at = all.indexOf(event.target);
  if (!by || at < 0) return;
  event.preventDefault();
  all[(at + by + all.length) % all.length].focus();
}

function onKey(event) {
  if (event.target.closest("input, select, textarea, dialog")) return;
  let done;
  const onMap = event.target === byId(page.map);
  if (event.ctrlKey || event.metaKey) {
    const key = event.key.toLowerCase();
    if (key === "z") done = event.shiftKey ? redo() : undo();
    else if (key === "y") done = redo();
    else return;
  } else if (event.key in ARROWS) {
    if (!onMap) return;
    done = onArrow(event);
  } else if (event.key === "Tab") {
    done = onMap ? onCycle(event, event.shiftKey ? -1 : 1) : false;
  } else if (event.key in named) done = named[event.key](event);
  else if (event.key.toLowerCase() in letters) done = letters[event.key.toLowerCase()](event);
  else if (byKey.has(event.key.toLowerCase()) && desk.plan) {
    choose(byKey.get(event.key.toLowerCase()).name);
    byId(page.map).focus();
  } else done = false;
  if (done !== false) event.preventDefault();
}

// The pointer.

let pressed = null;

const pointer = () =>
  new ol.interaction.Pointer({
    handleDownEvent: (event) => {
      byKeys(false);
      if (event.originalEvent.button > 0) return false;
      const at = under(event.coordinate);
      cursor = at;
      const held = current?.press?.(at) ?? false;
      pressed = held ? { pixel: event.pixel, moved: false } : null;
      return held;
    },
    handleDragEvent: (event) => {
      if (Math.hypot(event.pixel[0] - pressed.pixel[0], event.pixel[1] - pressed.pixel[1]) > CLICK_PX) pressed.moved = true;
      if (pressed.moved) current?.drag?.(under(event.coordinate));
      cursor = under(event.coordinate);
      say();
    },
    handleUpEvent: (event) => {
      if (pressed.moved) Promise.resolve(current?.drop?.(under(event.coordinate))).then(say);
      else current?.release?.();
      pressed = null;
      return false;
    },
    handleMoveEvent: (event) => {
      if (event.dragging) return;
      cursor = under(event.coordinate);
      current?.hover?.(cursor);
    },
  });

function icon(path) {
  return draw("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, ...path.split("|").map((one) => draw("path", { d: one })));
}

/** A button of the tools with its letter. */
export function toolButton(attributes, label, key, path, act) {
  return make(
    "button",
    { type: "button", class: "tool", title: key ? `${label} (${key.toUpperCase()})` : label, "aria-label": label, "aria-keyshortcuts": key || null, ...attributes, on: { click: act } },
    icon(path),
    key ? make("kbd", { "aria-hidden": "true" }, key.toUpperCase()) : null,
  );
}

function buttons() {
  const all = allTools().map((one) =>
    toolButton({ "data-tool": one.name, "aria-pressed": "false" }, one.label, one.key, one.icon, () => {
      choose(one.name);
      byId(page.map).focus({ preventScroll: true });
    }),
  );
  const rest = [
    toolButton({ id: "undo" }, _("Undo"), "u", "M9 7L4 12l5 5|M4 12h10a5 5 0 0 1 5 5v1", () => undo()),
    toolButton({ id: "redo" }, _("Redo"), "y", "M15 7l5 5-5 5|M20 12H10a5 5 0 0 0-5 5v1", () => redo()),
    toolButton({ id: "help-button" }, _("Keys and help"), "?", "M9 9a3 3 0 1 1 4 2.800c-.8.4-1 .9-1 1.700v.5|M12 17.500v.5", () => onHelp()),
  ];
  replace(byId("tools"), ...all, make("span", { class: "tools-gap" }), ...rest);
}

/** The number of a place for people: degrees with five decimals. */
export function degrees(place) {
  return toDegrees(place).map((value) => value.toFixed(5)).join(", ");
}

/** Put the tools into the page; `help` shows all keys. */
export function startTools(help) {
  onHelp = help;
  buttons();
  map.addInteraction(pointer());
  map.on("click", (event) => {
    if (event.originalEvent.target.closest?.(".callout")) return;
    cursor = under(event.coordinate);
    Promise.resolve(current?.click?.(cursor)).then(say);
  });
  map.on("dblclick", () => finish());
  map.on("postrender", placeCross);
  document.querySelector("section.map").addEventListener("keydown", onKey);
  byId("tools").addEventListener("keydown", onToolArrow);
  byId(page.map).addEventListener("blur", () => byKeys(false));
  byId("hint-finish").addEventListener("click", () => finish());
  byId("hint-cancel").addEventListener("click", () => cancel());
  on("plan busy", () => {
    if (!desk.plan) letGo();
    else if (!current) choose("pick", { quiet: true });
    else if (!current.reading && !edits()) choose("pick", { quiet: true });
    showChosen();
    say();
  });
  on("picked mesh", say);
  showChosen();
}
