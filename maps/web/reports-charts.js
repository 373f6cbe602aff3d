// Charts of reports: a bar for each month, and two bars for a number before and now.

import { draw } from "wardline/dom";
import { count } from "wardline/text";

const WIDTH = 300;
const HEIGHT = 120;
const TOP = 18;
const BOTTOM = 18;
const FEW = 8;
const ROOM = 140;

/** Bars for [{name, value}], with the value above each where they are few. */
export function bars(title, values) {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: ${values.map((one) => `${one.name} ${count(one.value)}`).join(", ")}` });
  const most = Math.max(...values.map((one) => one.value), 1);
  const wide = WIDTH / values.length;
  const floor = HEIGHT - BOTTOM;
  svg.append(draw("path", { class: "chart-line", d: `M0 ${floor}H${WIDTH}` }));
  values.forEach((one, place) => {
    const high = ((floor - TOP) * one.value) / most;
    const middle = place * wide + wide / 2;
    svg.append(draw("rect", { class: "bar-part", x: place * wide + wide * 0.14, y: floor - high, width: wide * 0.72, height: high, rx: 1 }));
    if (values.length <= FEW || one.value === most) {
      svg.append(draw("text", { class: "chart-text", x: middle, y: floor - high - 5, "text-anchor": "middle" }, count(one.value)));
    }
    if (values.length <= FEW || place === 0 || place === values.length - 1) {
      svg.append(draw("text", { class: "chart-text", x: middle, y: HEIGHT - 3, "text-anchor": "middle" }, one.name));
    }
  });
  return svg;
}

/** A number before above the same number now, on one scale. */
export function pair(before, now) {
  const most = Math.max(before, now, 1);
  return draw(
    "svg",
    { viewBox: `0 0 ${ROOM} 18`, width: ROOM, height: 18, "aria-hidden": "true" },
    draw("rect", { class: "bar-before", x: 0, y: 1, width: Math.max(1, (ROOM * before) / most), height: 7 }),
    draw("rect", { class: "bar-part", x: 0, y: 10, width: Math.max(1, (ROOM * now) / most), height: 7 }),
  );
}
