// Grids by how often they were visited in the period, or by how much of their ground was seen: the leaf units' tiles,
// painted by what the ledger says.

import { ask } from "wardline/api";
import { map, page } from "wardline/page";
import { classOf, colour, groups, onTheme } from "wardline/palette";
import { shift } from "wardline/period";
import { count } from "wardline/text";
import { edge, levelLayer } from "wardline/units";

const ORDER = 2;
const [none, grazed, ...times] = groups.visits;
const [unseen, ...shares] = groups.ground;

function byVisits(unit) {
  if (!unit || unit.state === "none") return none;
  return unit.visits ? classOf(times, unit.visits) : grazed;
}

function byGround(unit) {
  return unit?.seen_percent > 0 ? classOf(shares, unit.seen_percent) : unseen;
}

/** Grids by their visits, null where there are none: {show({period}, options), hide(), classes()}. */
export function gridVisits() {
  return gridLayer("grids", byVisits, groups.visits);
}

/** Grids by the share of their ground that was seen, null where there are none. */
export function gridGround() {
  return gridLayer("ground", byGround, groups.ground);
}

function gridLayer(name, classFor, steps) {
  if (!page.partition) return null;
  const { levels } = page.partition;
  let layer = null;
  let drawnOn = null;
  let known = new Map();
  let asked = 0;

  const paint = (_name, { properties: { code, level } }) => {
    if (level !== levels.length - 1) return null;
    const step = classFor(known.get(code));
    return { ...edge(level, levels.length), fill: colour(step.key), hatch: step.pattern === "hatch" ? "unit-line" : null };
  };
  onTheme(() => layer?.repaint());
  return {
    async show({ period }, options) {
      asked += 1;
      const mine = asked;
      const answer = await ask(name, "/api/v1/coverage/grids", { ...period, layer: page.partition.code }, options);
      const day = shift(period.to, -1);
      const made = layer && drawnOn === day ? layer : await levelLayer(levels.length - 1, day, paint, ORDER);
      if (mine !== asked) return;
      known = new Map(answer.units.map((unit) => [unit.code, unit]));
      if (made === layer) layer.repaint();
      else {
        layer?.remove();
        layer = made.addTo(map);
        drawnOn = day;
      }
    },
    kind: "area",
    hide() {
      asked += 1;
      layer?.remove();
      layer = null;
      known = new Map();
    },
    classes() {
      const units = [...known.values()];
      return steps.map((step) => ({ step, amount: count(units.filter((unit) => classFor(unit) === step).length) }));
    },
  };
}
