// The history: the units of two releases beside each other, with a line between them that is drawn across the map.

import { address, read } from "wardline/api";
import { announce, byId, make, replace } from "wardline/dom";
import { page } from "wardline/page";
import { refused } from "wardline/redraw/desk";
import { fill, line } from "wardline/redraw/ink";
import { leaf, map, showUnits, tileLayer } from "wardline/redraw/view";
import { colour } from "wardline/palette";
import { _, count, day } from "wardline/text";

const ol = window.ol;
const { Style } = ol.style;
const ABOVE = 30;
const KEY_STEP = 0.05;

const state = { releases: [], before: null, after: null, share: 0.5, layers: [] };

/** What of the map is left (or right) of the line. */
function clipped(layer, left) {
  layer.on("prerender", (event) => {
    const pen = event.context;
    const width = pen.canvas.width;
    const at = width * state.share;
    pen.save();
    pen.beginPath();
    pen.rect(left ? 0 : at, 0, left ? at : width - at, pen.canvas.height);
    pen.clip();
  });
  layer.on("postrender", (event) => event.context.restore());
}

function look(level, left) {
  const widths = { 0: 1.9, [leaf]: 0.9 };
  return () => new Style({ fill: level === leaf ? fill(colour("unit")) : undefined, stroke: line(level === leaf ? (left ? "plan-theirs" : "plan-mine") : "top-line", widths[level] ?? 1.3) });
}

async function side(release, left) {
  const found = [];
  for (const level of [leaf, 0]) {
    const layer = await tileLayer(level, { asOf: release.effective_on, order: ABOVE + (level === leaf ? 0 : 1), style: look(level, left) });
    // A class of its own, so that the layer has a canvas of its own to be cut.
    layer.className_ = left ? "history-left" : "history-right";
    clipped(layer, left);
    found.push(layer);
  }
  return found;
}

function clear() {
  for (const layer of state.layers) map.removeLayer(layer);
  state.layers = [];
}

async function show() {
  const [before, after] = [state.releases[state.before], state.releases[state.after]];
  const made = [...(await side(before, true)), ...(await side(after, false))];
  clear();
  state.layers = made;
  for (const layer of made) map.addLayer(layer);
  byId("history-left").textContent = label(before);
  byId("history-right").textContent = label(after);
  announce(_("Left: {before}. Right: {after}.", { before: label(before), after: label(after) }));
}

function label(release) {
  return [day(release.effective_on), release.plan ? release.plan.title : _("release {n}", { n: count(release.number) })].join(" · ");
}

function place() {
  const box = byId("swipe");
  box.style.left = `${state.share * 100}%`;
  box.setAttribute("aria-valuenow", String(Math.round(state.share * 100)));
  map.render();
}

function moveTo(share) {
  state.share = Math.min(0.98, Math.max(0.02, share));
  place();
}

function startSwipe() {
  const box = byId("swipe");
  const area = byId(page.map);
  let held = false;
  box.addEventListener("pointerdown", (event) => {
    held = true;
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
    box.focus();
  });
  box.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { left, width } = area.getBoundingClientRect();
    moveTo((event.clientX - left) / width);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    box.addEventListener(end, () => {
      held = false;
    });
  }
  box.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -KEY_STEP, ArrowRight: KEY_STEP, ArrowDown: -KEY_STEP, ArrowUp: KEY_STEP }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(state.share + by);
  });
}

function slider(id, value, act) {
  const input = byId(id);
  input.max = String(state.releases.length - 1);
  input.value = String(value);
  input.addEventListener("input", () => {
    act(Number(input.value));
    byId(`${id}-text`).textContent = label(state.releases[Number(input.value)]);
  });
  input.addEventListener("change", () => show().catch(refused));
  byId(`${id}-text`).textContent = label(state.releases[value]);
}

async function open() {
  const { items } = await read(address("/api/v1/releases", { layer: page.partition.code }));
  state.releases = items;
  const box = byId("history-choice");
  if (items.length < 2) {
    replace(byId("history-none"), make("p", { class: "soft" }, _("There is one release so far: nothing to compare yet.")));
    box.hidden = true;
    return false;
  }
  box.hidden = false;
  replace(byId("history-none"));
  state.before = items.length - 2;
  state.after = items.length - 1;
  slider("history-before", state.before, (value) => {
    state.before = value;
  });
  slider("history-after", state.after, (value) => {
    state.after = value;
  });
  return true;
}

async function turn(on) {
  if (on && !(await open())) return;
  showUnits(!on);
  byId("swipe").hidden = !on;
  byId("history-left").hidden = !on;
  byId("history-right").hidden = !on;
  if (on) {
    await show();
    place();
  } else clear();
}

/** Show the history while its part of the panel is open. */
export function startHistory() {
  const part = byId("history");
  startSwipe();
  part.addEventListener("toggle", () => turn(part.open).catch(refused));
}
