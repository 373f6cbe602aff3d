// What people asked for: stops of the service car, and units where more patrols were granted, in the period and soon.

import { ask } from "wardline/api";
import { instantOf } from "wardline/days";
import { map, page } from "wardline/page";
import { groups } from "wardline/palette";
import { shift } from "wardline/period";
import { _, count, day, decimal, instant } from "wardline/text";
import { unitsOf } from "wardline/units";

const L = window.L;
const SOON_DAYS = 30;
const SIGN_PX = 20;
const [car, raised] = groups.asked;

function sign(step) {
  const box = document.createElement("div");
  box.className = `asked-sign asked-${step.key}`;
  return L.divIcon({ html: box, className: "", iconSize: [SIGN_PX, SIGN_PX] });
}

function pin(step, { lat, lon }, title) {
  return L.marker([lat, lon], { icon: sign(step), title, alt: title });
}

function stopPin(one) {
  return pin(car, one, `${car.label}: ${one.place}, ${instant(one.from_at)}`);
}

function rulePin(rule, unit) {
  const often = _("{n} within {days} days until {day}", { n: count(rule.count), days: decimal(rule.within_days, 0), day: rule.to_day ? day(rule.to_day) : "–" });
  return pin(raised, unit, [`${raised.label}: ${unit.name || unit.code}`, often, rule.asked_by, rule.reason].filter(Boolean).join(" · "));
}

/** The units of some codes, by code; the finest level first, and coarser ones only where some are not found. */
async function placesOf(codes) {
  const found = new Map();
  for (let level = page.partition.levels.length - 1; level >= 0 && found.size < codes.size; level -= 1) {
    for (const unit of await unitsOf({ level })) if (codes.has(unit.code)) found.set(unit.code, unit);
  }
  return found;
}

/** The layer: {show({period}, options), hide(), classes()}. */
export function askedFor() {
  const pins = L.layerGroup();
  let amounts = [0, 0];
  let turn = 0;
  return {
    kind: "point",
    async show({ period }, options) {
      turn += 1;
      const mine = turn;
      const until = shift(period.to, SOON_DAYS);
      const [stops, rules] = await Promise.all([
        ask("stops", "/api/v1/stops", { from: instantOf(period.from), to: instantOf(until) }, options),
        ask("rules", "/api/v1/coverage/due/rules", { since: period.from }, options),
      ]);
      const coming = stops.items.filter((one) => one.state !== "cancelled");
      const granted = rules.items.filter((one) => one.source !== "standing" && one.kind === "unit" && one.from_day < until);
      const places = granted.length && page.partition ? await placesOf(new Set(granted.map((one) => one.code))) : new Map();
      if (mine !== turn) return;
      pins.clearLayers();
      for (const one of coming) stopPin(one).addTo(pins);
      for (const one of granted) if (places.has(one.code)) rulePin(one, places.get(one.code)).addTo(pins);
      pins.addTo(map);
      amounts = [coming.length, granted.length];
    },
    hide() {
      turn += 1;
      pins.remove();
      amounts = [0, 0];
    },
    classes() {
      return groups.asked.map((one, place) => ({ step: one, amount: count(amounts[place]) }));
    },
  };
}
