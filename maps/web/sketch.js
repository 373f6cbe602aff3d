// A small map of areas as SVG: for pages whose point is a list. North is up, and shapes keep their shape.

import { draw, replace } from "wardline/dom";

const WIDTH = 640;
const MARGIN = 8;
const FINE = 0.7;

function ringsOf(geometry) {
  if (geometry.type === "Polygon") return geometry.coordinates;
  if (geometry.type === "MultiPolygon") return geometry.coordinates.flat();
  return [];
}

function frameOf(features, height) {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const one of features) {
    for (const ring of ringsOf(one.geometry)) {
      for (const [lon, lat] of ring) {
        west = Math.min(west, lon);
        east = Math.max(east, lon);
        south = Math.min(south, lat);
        north = Math.max(north, lat);
      }
    }
  }
  const flat = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = Math.min((WIDTH - 2 * MARGIN) / ((east - west) * flat || 1), (height - 2 * MARGIN) / (north - south || 1));
  const left = (WIDTH - (east - west) * flat * scale) / 2;
  const top = (height - (north - south) * scale) / 2;
  return ([lon, lat]) => [left + (lon - west) * flat * scale, top + (north - lat) * scale];
}

/** The path of an area without vertices too near to the one before to be seen. */
function pathOf(geometry, place) {
  const found = [];
  for (const ring of ringsOf(geometry)) {
    let last = null;
    const points = [];
    for (const position of ring) {
      const [x, y] = place(position);
      if (last && Math.abs(x - last[0]) + Math.abs(y - last[1]) < FINE) continue;
      last = [x, y];
      points.push(`${x.toFixed(1)} ${y.toFixed(1)}`);
    }
    if (points.length > 2) found.push(`M${points.join("L")}Z`);
  }
  return found.join("");
}

/**
 * Draw areas into an SVG element. `kind` gives the class of an area, `name` its title, `pick` what a click does;
 * `marks` are points, or lines of places, with a class, drawn above; each may have its own `pick`.
 */
export function sketch(svg, features, { height = 420, kind = () => "", name = () => "", pick = null, marks = [] } = {}) {
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
  if (!features.length) {
    replace(svg);
    return;
  }
  const place = frameOf(features, height);
  const areas = features.map((one) => {
    const code = one.properties.code;
    const area = draw("path", { d: pathOf(one.geometry, place), class: `sketch-area ${kind(code)}`, "data-code": code }, draw("title", {}, name(one)));
    if (pick) {
      area.classList.add("sketch-pick");
      area.addEventListener("click", () => pick(code));
    }
    return area;
  });
  const points = marks.map((one) => {
    const told = { on: one.pick ? { click: one.pick } : {} };
    const title = draw("title", {}, one.name || "");
    if (one.line) {
      const path = one.line.map((at) => place(at).map((value) => value.toFixed(1)).join(" ")).join("L");
      return draw("path", { ...told, d: `M${path}`, class: `sketch-line ${one.kind || ""}` }, title);
    }
    const [x, y] = place([one.lon, one.lat]);
    return draw("circle", { ...told, cx: x.toFixed(1), cy: y.toFixed(1), r: 6, class: `sketch-mark ${one.kind || ""}` }, title);
  });
  replace(svg, ...areas, ...points);
}
