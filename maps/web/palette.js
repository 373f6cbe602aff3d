// Colours of the one style file, in the theme of the reader; hatches; swatches of legends.

import { draw } from "wardline/dom";
import { page } from "wardline/page";

const dark = window.matchMedia("screen and (prefers-color-scheme: dark)");
const watchers = [];

export const groups = page.style.groups;

export function colour(key) {
  const pair = page.style.colours[key];
  return dark.matches ? pair.dark : pair.light;
}

/** Call when the theme changes, or when the page goes to paper. */
export function onTheme(act) {
  watchers.push(act);
}

// Paper is never dark: a dark page changes its theme when it is printed, a light one does not.
dark.addEventListener("change", () => {
  for (const act of watchers) act();
});

/** The class of a value in a list of classes with `low` and `high`. */
export function classOf(classes, value) {
  return classes.find((step) => step.high === null || value < step.high);
}

/** Empty a canvas by drawing nothing over all of it: one that was cleared while a page is printed hides what is below. */
export function wipe(pen) {
  pen.save();
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.globalCompositeOperation = "copy";
  pen.globalAlpha = 1;
  pen.fillStyle = "rgb(0 0 0 / 0)";
  pen.fillRect(0, 0, pen.canvas.width, pen.canvas.height);
  pen.restore();
}

/** A canvas pattern of diagonal lines, for areas that have no figure. */
export function hatch(context, key, ground, scale = 1) {
  const size = 7 * scale;
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  pen.fillStyle = ground;
  pen.fillRect(0, 0, size, size);
  pen.strokeStyle = colour(key);
  pen.lineWidth = 1.1 * scale;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}

/** A legend's sample of a class: an area, a line or a point; patterns as on the map. */
export function swatch(step, kind = "area") {
  const svg = draw("svg", { class: "swatch", viewBox: "0 0 26 12", "aria-hidden": "true" });
  const tint = `var(--map-${step.key})`;
  if (kind === "point") {
    const hollow = step.pattern === "ring";
    svg.append(draw("circle", { cx: 13, cy: 6, r: hollow ? 4.5 : 5, "stroke-width": hollow ? 2.5 : 0 }));
    svg.lastChild.style.fill = hollow ? "var(--map-casing)" : tint;
    svg.lastChild.style.stroke = tint;
  } else if (kind === "line") {
    const line = draw("path", { d: "M0 6H26", fill: "none", "stroke-width": 6 });
    line.style.stroke = tint;
    if (step.pattern === "thin") line.setAttribute("stroke-width", 3);
    if (step.pattern === "hatch") line.setAttribute("stroke-dasharray", "2.5 2.5");
    if (step.pattern === "dotted") {
      line.setAttribute("stroke-width", 3);
      line.setAttribute("stroke-dasharray", "3 4");
    }
    svg.append(line);
  } else {
    const area = draw("rect", { x: 0.5, y: 0.5, width: 25, height: 11, rx: 2 });
    area.style.fill = tint;
    area.style.stroke = "var(--map-unit-line)";
    svg.append(area);
    if (step.pattern === "hatch") {
      const lines = draw("path", { d: "M4 11L14 1M10 11L20 1M16 11L25 2M1 8L8 1", fill: "none", "stroke-width": 1 });
      lines.style.stroke = "var(--map-parent-line)";
      svg.append(lines);
    }
  }
  return svg;
}
