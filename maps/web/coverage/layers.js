// What else the map can show: each layer has a box to tick, and below it its classes and how many are in each.

import { show } from "wardline/api";
import { byId, make, replace } from "wardline/dom";
import { asked, remember } from "wardline/page";
import { swatch } from "wardline/palette";

/**
 * Watch the boxes; `layers` has for each value {show(when, options), hide(), classes(), kind}, or null where there is
 * nothing of the kind. Returns the function that
 * draws those that are on for {at, period}: the instant at which ages are told, and the days.
 */
export function watchLayers(layers) {
  const boxes = [...document.querySelectorAll("[name=layer]")];
  const on = new Set((asked("layers") || "").split(",").filter((name) => layers[name]));
  let when = null;

  const told = (name) => {
    const { classes, kind } = layers[name];
    const list = byId(`classes-${name}`);
    list.hidden = !on.has(name);
    if (list.hidden) return;
    replace(list, ...classes().map(({ step, label, amount }) => make("li", {}, swatch(step, kind), make("span", {}, label || step.label), make("span", { class: "number" }, amount))));
  };
  const draw = async (name, options) => {
    if (on.has(name)) await layers[name].show(when, options);
    else layers[name].hide();
    told(name);
  };
  for (const box of boxes) {
    if (!layers[box.value]) {
      box.closest(".tick").hidden = true;
      continue;
    }
    box.checked = on.has(box.value);
    box.addEventListener("change", () => {
      if (box.checked) on.add(box.value);
      else on.delete(box.value);
      remember({ layers: [...on].join(",") || null });
      draw(box.value).catch(show);
    });
  }
  return async (wanted, options) => {
    when = wanted;
    await Promise.all([...on].map((name) => draw(name, options)));
  };
}
