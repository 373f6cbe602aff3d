// Roads, rivers and tracks on the map, drawn on request; the legend names the kinds that were drawn.

import { byId } from "wardline/dom";
import { map, remember } from "wardline/page";
import { colour, groups } from "wardline/palette";
import { linesLayer } from "wardline/units";

const WIDTHS = { river: 2.2 };
const WIDTH = 1.6;
const DASHES = { hatch: [5, 3], dotted: [1.5, 3] };
const ORDER = 50;

const state = { on: false, layer: null, kinds: new Set(), changed: () => {} };

/** The classes of the lines that are drawn, for the legend. */
export function lineClasses() {
  return state.on ? groups.lines.filter(({ key }) => state.kinds.has(key)).map((step) => ({ step, kind: "line" })) : [];
}

function paint(name, { properties: { kind } }) {
  const step = groups.lines.find(({ key }) => key === kind);
  return { stroke: colour(kind), width: WIDTHS[kind] ?? WIDTH, dash: DASHES[step.pattern] };
}

function noteKinds() {
  const size = state.kinds.size;
  for (const [{ properties }] of state.layer.loaded("lines")) state.kinds.add(properties.kind);
  if (state.kinds.size > size) state.changed();
}

function sayNone() {
  byId("lines-none").hidden = !state.on || !state.layer.loaded("lines").next().done;
}

/** Draw the lines on the ground, or take them off the map; `changed` is called when the legend is another. */
export async function turnLines(on, changed) {
  Object.assign(state, { on, changed });
  byId("lines").checked = on;
  remember({ lines: on ? "1" : "" });
  if (on && !state.layer) {
    const layer = await linesLayer(paint, ORDER);
    state.layer ??= layer.on("tiledrawn", noteKinds).on("load", sayNone);
  }
  if (state.on) state.layer.addTo(map);
  else state.layer?.remove();
  byId("lines-none").hidden = true;
  changed();
}
