// The legend: classes with their samples and how much of the map is in each.

import { byId, make, replace } from "wardline/dom";
import { swatch } from "wardline/palette";

/** Show classes as [{step, label, amount}] under a title; none hides the legend. One may have a `kind` of its own. */
export function legend(title, kind, classes) {
  const place = byId("legend");
  place.hidden = classes.length === 0;
  byId("legend-title").textContent = title;
  replace(
    place.querySelector("ul"),
    ...classes.map(({ step, label, amount, kind: own }) =>
      make("li", {}, swatch(step, own ?? kind), make("span", {}, label || step.label), make("span", { class: "number" }, amount)),
    ),
  );
}
