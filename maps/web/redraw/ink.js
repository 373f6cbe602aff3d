// Styles of the edited map, from the colours of the one style file: lines, hatches, nodes.

import { colour } from "wardline/palette";

const ol = window.ol;
const { Style, Fill, Stroke, Circle, RegularShape, Text } = ol.style;
const FONT = 'system-ui, "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
const HATCH_PX = 8;

/** A colour with an opacity from 0 to 1. */
export function faded(key, opacity) {
  const part = Math.round(opacity * 255).toString(16).padStart(2, "0");
  return `${colour(key)}${part}`;
}

/** A canvas pattern of diagonals on nothing; `back` turns them the other way, so that two can be told apart. */
export function hatch(key, back = false) {
  const ratio = window.devicePixelRatio || 1;
  const size = Math.round(HATCH_PX * ratio);
  const tile = document.createElement("canvas");
  tile.width = size;
  tile.height = size;
  const pen = tile.getContext("2d");
  pen.strokeStyle = faded(key, 0.55);
  pen.lineWidth = 1.4 * ratio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, back ? 0 : size);
    pen.lineTo(shift + size, back ? size : 0);
  }
  pen.stroke();
  return pen.createPattern(tile, "repeat");
}

export function fill(value) {
  return new Fill({ color: value });
}

export function line(key, width, dash = undefined) {
  return new Stroke({ color: colour(key), width, lineDash: dash, lineCap: dash ? "butt" : "round", lineJoin: "round" });
}

/** A line with a light casing, so that it is seen on any ground. */
export function cased(key, width, dash = undefined) {
  return [new Style({ stroke: new Stroke({ color: faded("casing", 0.85), width: width + 3 }) }), new Style({ stroke: line(key, width, dash) })];
}

export function area(key, { opacity = 0.2, pattern = "", width = 2, dash = undefined } = {}) {
  const found = [new Style({ fill: fill(faded(key, opacity)) })];
  if (pattern) found.push(new Style({ fill: fill(hatch(key, pattern === "back")) }));
  if (width) found.push(...cased(key, width, dash));
  return found;
}

export function dot(key, radius, chosen = false) {
  return new Style({
    image: new Circle({ radius, fill: fill(colour(chosen ? key : "casing")), stroke: new Stroke({ color: colour(chosen ? "casing" : key), width: 2 }) }),
  });
}

export function box(key, radius) {
  return new Style({
    image: new RegularShape({ points: 4, radius, angle: Math.PI / 4, fill: fill(colour("casing")), stroke: new Stroke({ color: colour(key), width: 1.5 }) }),
  });
}

export function star(key, radius) {
  return new Style({
    image: new RegularShape({ points: 4, radius, radius2: radius / 4, angle: Math.PI / 4, fill: fill(colour(key)), stroke: new Stroke({ color: colour("casing"), width: 1.5 }) }),
  });
}

/** The style of a name. */
export function name(text, size, { weight = 500, tint = "label", shift = 0 } = {}) {
  return new Style({
    text: new Text({
      text,
      font: `${weight} ${size}px ${FONT}`,
      offsetY: shift,
      fill: fill(colour(tint)),
      stroke: new Stroke({ color: faded("halo", 0.85), width: 3.5 }),
      overflow: true,
    }),
  });
}
